//! The media store: recordings' bytes under keys, in a local folder or in S3-compatible object storage. A file under its key is
//! whole; what broke off goes on where it stopped, also after a restart.

mod bucket;
mod folder;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::error::{Error, Result};

/// The largest file that is taken, in bytes: 4 GiB.
pub const LARGEST: u64 = 4 << 30;

/// Where media is kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MediaStore {
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Folder(folder::Folder),
    Bucket(bucket::Bucket),
}

/// A file that was taken whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// A file on its way in. Dropped before its end: what arrived is gone on with by the next `begin`.
pub struct Upload {
    way: Way,
    largest: u64,
}

enum Way {
    Folder(folder::Upload),
    Bucket(bucket::Upload),
}

impl MediaStore {
    /// Opens `file://…`, making the folder, or `s3://BUCKET/PREFIX`, which is not asked yet. `settings` are for object storage,
    /// named as AWS's own tools name their variables (`AWS_REGION`); those that it does not know are left alone.
    pub async fn open(url: &str, settings: &[(String, String)]) -> Result<Self> {
        let place = if let Some(path) = url.strip_prefix("file://") {
            Place::Folder(folder::Folder::open(path).await?)
        } else if let Some(place) = url.strip_prefix("s3://") {
            Place::Bucket(bucket::Bucket::open(place, settings)?)
        } else {
            return Err(Error::Configuration("the media address must begin with `file://` or `s3://`".to_owned()));
        };
        Ok(Self { place })
    }

    /// Begins to take a file, or goes on with what arrived of it before.
    pub async fn begin(&self, key: &str) -> Result<Upload> {
        let key = plain(key)?;
        let way = match &self.place {
            Place::Folder(folder) => Way::Folder(folder.begin(key).await?),
            Place::Bucket(bucket) => Way::Bucket(bucket.begin(key).await?),
        };
        Ok(Upload { way, largest: LARGEST })
    }

    /// A stored file, piece by piece, and its length.
    pub async fn read(&self, key: &str) -> Result<(BoxStream<'static, Result<Bytes>>, u64)> {
        let key = plain(key)?;
        match &self.place {
            Place::Folder(folder) => folder.read(key).await.map(|(pieces, bytes)| (pieces.boxed(), bytes)),
            Place::Bucket(bucket) => bucket.read(key).await.map(|(pieces, bytes)| (pieces.boxed(), bytes)),
        }
    }
}

impl Upload {
    /// How many bytes are here already. Always less than the whole file has, because tools refuse to send what lies behind its end.
    pub const fn offset(&self) -> u64 {
        match &self.way {
            Way::Folder(upload) => upload.offset(),
            Way::Bucket(upload) => upload.offset(),
        }
    }

    /// Takes more bytes. A file that grows too large is refused, and nothing is kept of it.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.offset() + bytes.len() as u64 > self.largest {
            match &self.way {
                Way::Folder(upload) => upload.give_up().await?,
                Way::Bucket(upload) => upload.give_up().await?,
            }
            return Err(Error::Media(format!("a recording is longer than {} GiB", LARGEST >> 30)));
        }
        match &mut self.way {
            Way::Folder(upload) => upload.write(bytes).await,
            Way::Bucket(upload) => upload.write(bytes).await,
        }
    }

    /// Puts the file under its key, durably.
    pub async fn finish(self) -> Result<Taken> {
        match self.way {
            Way::Folder(upload) => upload.finish().await,
            Way::Bucket(upload) => upload.finish().await,
        }
    }
}

/// A key is a path of plain names.
fn plain(key: &str) -> Result<&str> {
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if key.split('/').all(plain) { Ok(key) } else { Err(Error::NotFound("the recording's file")) }
}

#[cfg(test)]
mod emulated_s3;
#[cfg(test)]
mod tests;
