//! The media store: recordings' bytes under keys, in a local folder. Written to a part file first, so that a half file never
//! stands under its final name and a broken transfer goes on where it stopped.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::error::{Error, Result};

/// The largest file that is taken, in bytes: 4 GiB.
pub const LARGEST: u64 = 4 << 30;

/// Where media is kept.
#[derive(Debug, Clone)]
pub struct MediaStore {
    folder: PathBuf,
}

/// A file that was taken whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// A file on its way in.
pub struct Upload {
    part: PathBuf,
    whole: PathBuf,
    file: fs::File,
    hash: Sha256,
    bytes: u64,
}

impl MediaStore {
    /// Opens `file://…`, making the folder.
    pub async fn open(url: &str) -> Result<Self> {
        let path =
            url.strip_prefix("file://").ok_or_else(|| Error::Configuration("the media address must begin with `file://`".to_owned()))?;
        let folder = PathBuf::from(path);
        fs::create_dir_all(&folder).await.map_err(|error| failed(&folder, &error))?;
        Ok(Self { folder })
    }

    /// Begins to take a file, or goes on with what arrived of it before.
    pub async fn begin(&self, key: &str) -> Result<Upload> {
        let whole = self.path(key)?;
        let part = whole.with_extension("part");
        if let Some(folder) = whole.parent() {
            fs::create_dir_all(folder).await.map_err(|error| failed(folder, &error))?;
        }
        let (hash, bytes) = digest(&part).await?;
        let file = fs::OpenOptions::new().create(true).append(true).open(&part).await.map_err(|error| failed(&part, &error))?;
        Ok(Upload { part, whole, file, hash, bytes })
    }

    /// Opens a stored file and tells its length.
    pub async fn read(&self, key: &str) -> Result<(fs::File, u64)> {
        let path = self.path(key)?;
        let file = fs::File::open(&path).await.map_err(|_| Error::NotFound("the recording's file"))?;
        let bytes = file.metadata().await.map_err(|error| failed(&path, &error))?.len();
        Ok((file, bytes))
    }

    /// A key is a path of plain names below the folder.
    fn path(&self, key: &str) -> Result<PathBuf> {
        let plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if key.split('/').all(plain) { Ok(self.folder.join(key)) } else { Err(Error::NotFound("the recording's file")) }
    }
}

impl Upload {
    /// How many bytes are here already.
    pub const fn offset(&self) -> u64 {
        self.bytes
    }

    /// Takes more bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > LARGEST {
            return Err(Error::Configuration(format!("a recording is longer than {} GiB", LARGEST >> 30)));
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await.map_err(|error| failed(&self.part, &error))
    }

    /// Puts the file under its name, durably.
    pub async fn finish(mut self) -> Result<Taken> {
        self.file.flush().await.map_err(|error| failed(&self.part, &error))?;
        self.file.sync_all().await.map_err(|error| failed(&self.part, &error))?;
        fs::rename(&self.part, &self.whole).await.map_err(|error| failed(&self.whole, &error))?;
        Ok(Taken { bytes: self.bytes, sha256: hex::encode(self.hash.finalize()) })
    }
}

async fn digest(part: &Path) -> Result<(Sha256, u64)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let Ok(mut file) = fs::File::open(part).await else { return Ok((hash, bytes)) };
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer).await.map_err(|error| failed(part, &error))?;
        if read == 0 {
            return Ok((hash, bytes));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Error::Configuration(format!("the media store failed at `{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn f70_a_broken_transfer_goes_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let media = MediaStore::open(&format!("file://{}", folder.path().display())).await.unwrap();
        let mut upload = media.begin("wsp_1/rec_1").await.unwrap();
        upload.write(b"first ").await.unwrap();
        upload.file.flush().await.unwrap();
        drop(upload);
        assert!(media.read("wsp_1/rec_1").await.is_err(), "half a file is no file");
        let mut upload = media.begin("wsp_1/rec_1").await.unwrap();
        assert_eq!(upload.offset(), 6);
        upload.write(b"second").await.unwrap();
        let taken = upload.finish().await.unwrap();
        assert_eq!((taken.bytes, taken.sha256), (12, hex::encode(Sha256::digest(b"first second"))));
        assert_eq!(media.read("wsp_1/rec_1").await.unwrap().1, 12);
    }

    #[tokio::test]
    async fn b17_a_key_cannot_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let media = MediaStore::open(&format!("file://{}", folder.path().display())).await.unwrap();
        for bad in ["../x", "a/../../x", "/etc/passwd", "", "a//b", "a/b.part"] {
            assert!(media.begin(bad).await.is_err(), "{bad}");
        }
    }
}
