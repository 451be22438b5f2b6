//! Media in a local folder. Written to a part file first, so that a half file never stands under its final name.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use super::Taken;
use crate::error::{Error, Result};

#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

pub(super) struct Upload {
    part: PathBuf,
    whole: PathBuf,
    pub(super) file: fs::File,
    hash: Sha256,
    bytes: u64,
}

impl Folder {
    pub(super) async fn open(path: &str) -> Result<Self> {
        let path = PathBuf::from(path);
        fs::create_dir_all(&path).await.map_err(|error| failed(&path, &error))?;
        Ok(Self { path })
    }

    pub(super) async fn begin(&self, key: &str) -> Result<Upload> {
        let whole = self.path.join(key);
        let part = whole.with_extension("part");
        if let Some(folder) = whole.parent() {
            fs::create_dir_all(folder).await.map_err(|error| failed(folder, &error))?;
        }
        let file = fs::OpenOptions::new().create(true).append(true).open(&part).await.map_err(|error| failed(&part, &error))?;
        let arrived = file.metadata().await.map_err(|error| failed(&part, &error))?.len();
        // The last byte is asked for again: it may be the last of the whole file, and a range behind that would be refused.
        file.set_len(arrived.saturating_sub(1)).await.map_err(|error| failed(&part, &error))?;
        let (hash, bytes) = digest(&part).await?;
        Ok(Upload { part, whole, file, hash, bytes })
    }

    pub(super) async fn read(&self, key: &str) -> Result<(impl Stream<Item = Result<Bytes>> + Send + use<>, u64)> {
        let path = self.path.join(key);
        let file = fs::File::open(&path).await.map_err(|_| Error::NotFound("the recording's file"))?;
        let bytes = file.metadata().await.map_err(|error| failed(&path, &error))?.len();
        let pieces = ReaderStream::new(file).map(move |piece| piece.map_err(|error| failed(&path, &error)));
        Ok((pieces, bytes))
    }
}

impl Upload {
    pub(super) const fn offset(&self) -> u64 {
        self.bytes
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
        self.file.write_all(bytes).await.map_err(|error| failed(&self.part, &error))
    }

    /// Leaves nothing behind.
    pub(super) async fn give_up(&self) -> Result<()> {
        fs::remove_file(&self.part).await.map_err(|error| failed(&self.part, &error))
    }

    pub(super) async fn finish(mut self) -> Result<Taken> {
        self.file.flush().await.map_err(|error| failed(&self.part, &error))?;
        self.file.sync_all().await.map_err(|error| failed(&self.part, &error))?;
        fs::rename(&self.part, &self.whole).await.map_err(|error| failed(&self.whole, &error))?;
        Ok(Taken { bytes: self.bytes, sha256: hex::encode(self.hash.finalize()) })
    }
}

async fn digest(part: &Path) -> Result<(Sha256, u64)> {
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut file = fs::File::open(part).await.map_err(|error| failed(part, &error))?;
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
    Error::Media(format!("`{name}`: {error}"))
}
