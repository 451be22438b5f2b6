//! Media in S3-compatible object storage. A file goes up in parts, of which one is in memory at a time. Beside it stands a note
//! of what is there already, so that any process can go on; it goes when the file is whole.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStoreExt, PutPayload};
use serde::{Deserialize, Serialize};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use super::Taken;
use crate::error::{Error, Result};

/// Bytes of a part: S3 takes 5 MiB or more, and 10,000 parts; some of its kin want all of the same length.
pub(super) const PART: usize = 8 << 20;
/// Time to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// Silence after which a transfer counts as broken.
const SILENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(super) struct Bucket {
    storage: Arc<AmazonS3>,
    prefix: Path,
}

/// Without the storage's own, which holds the key.
impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// What is there of an unfinished file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    /// The storage's name of the upload.
    upload: String,
    /// The storage's names of the parts, each of `PART` bytes.
    parts: Vec<String>,
    /// The state of the hash over them, in hexadecimal.
    hash: String,
}

pub(super) struct Upload {
    bucket: Bucket,
    file: Path,
    note: Path,
    /// The storage's name of it.
    id: String,
    parts: Vec<PartId>,
    /// Over the parts.
    hash: Sha256,
    /// What came after the last part.
    rest: Vec<u8>,
}

impl Bucket {
    pub(super) fn open(place: &str, settings: &[(String, String)]) -> Result<Self> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(Error::Configuration("the media address needs a bucket, as `s3://BUCKET/PREFIX`".to_owned()));
        }
        let prefix = Path::parse(prefix.trim_end_matches('/'))
            .map_err(|_| Error::Configuration("the prefix in the media address has a part that no name may have".to_owned()))?;
        // No limit for a whole transfer: recordings are large. Not every storage knows how to delete in bulk.
        let patience = ClientOptions::new().with_timeout_disabled().with_connect_timeout(CONNECT).with_read_timeout(SILENCE);
        let mut builder = AmazonS3Builder::new().with_client_options(patience).with_config(AmazonS3ConfigKey::DisableBulkDelete, "true");
        for (name, value) in settings {
            if let Ok(known) = name.to_ascii_lowercase().parse() {
                builder = builder.with_config(known, value);
            }
        }
        let storage = builder.with_bucket_name(bucket).build();
        let storage = storage.map_err(|error| Error::Configuration(format!("the settings of the object storage do not fit: {error}")))?;
        Ok(Self { storage: Arc::new(storage), prefix })
    }

    fn path(&self, key: &str) -> Path {
        key.split('/').fold(self.prefix.clone(), Path::join)
    }

    pub(super) async fn begin(&self, key: &str) -> Result<Upload> {
        // No key has a dot, so a note is never taken for a file.
        let (file, note) = (self.path(key), self.path(&format!("{key}.upload")));
        if let Some((known, hash)) = self.noted(&note).await? {
            let parts = known.parts.into_iter().map(|content_id| PartId { content_id }).collect();
            return Ok(Upload { bucket: self.clone(), file, note, id: known.upload, parts, hash, rest: Vec::new() });
        }
        let id = self.storage.create_multipart(&file).await.map_err(failed)?;
        let upload = Upload { bucket: self.clone(), file, note, id, parts: Vec::new(), hash: Sha256::new(), rest: Vec::new() };
        if let Err(error) = upload.write_down().await {
            upload.give_up().await?;
            return Err(error);
        }
        Ok(upload)
    }

    /// What is noted of an unfinished file; nothing where the note is of another version.
    async fn noted(&self, note: &Path) -> Result<Option<(Note, Sha256)>> {
        let found = match self.storage.get(note).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(failed)?.bytes().await.map_err(failed)?,
        };
        let known: Option<Note> = serde_json::from_slice(&found).ok();
        Ok(known.and_then(|known| {
            let state: SerializedState<Sha256> = hex::decode(&known.hash).ok()?.as_slice().try_into().ok()?;
            Some((known, Sha256::deserialize(&state).ok()?))
        }))
    }

    pub(super) async fn read(&self, key: &str) -> Result<(impl Stream<Item = Result<Bytes>> + Send + use<>, u64)> {
        let found = match self.storage.get(&self.path(key)).await {
            Err(object_store::Error::NotFound { .. }) => return Err(Error::NotFound("the recording's file")),
            found => found.map_err(failed)?,
        };
        let bytes = found.meta.size;
        Ok((found.into_stream().map_err(failed), bytes))
    }
}

impl Upload {
    pub(super) const fn offset(&self) -> u64 {
        (self.parts.len() * PART + self.rest.len()) as u64
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.rest.extend_from_slice(bytes);
        // A whole part goes up only when there is something behind it, so that it is never the last.
        while self.rest.len() > PART {
            let behind = self.rest.split_off(PART);
            let part = std::mem::replace(&mut self.rest, behind);
            self.put(part).await?;
            self.write_down().await?;
        }
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<Taken> {
        let bytes = self.offset();
        let last = std::mem::take(&mut self.rest);
        self.put(last).await?;
        let done = self.bucket.storage.complete_multipart(&self.file, &self.id, std::mem::take(&mut self.parts)).await;
        self.or_forget(done).await?;
        self.bucket.storage.delete(&self.note).await.map_err(failed)?;
        Ok(Taken { bytes, sha256: hex::encode(self.hash.finalize()) })
    }

    async fn put(&mut self, part: Vec<u8>) -> Result<()> {
        self.hash.update(&part);
        let put = self.bucket.storage.put_part(&self.file, &self.id, self.parts.len(), PutPayload::from(part)).await;
        let part = self.or_forget(put).await?;
        self.parts.push(part);
        Ok(())
    }

    /// Where the storage no longer knows the upload (its owner lets it drop unfinished ones after some days, or another process
    /// ended this one), the note is worth nothing: the next try begins anew.
    async fn or_forget<T>(&self, result: object_store::Result<T>) -> Result<T> {
        if let Err(object_store::Error::NotFound { .. }) = &result {
            self.bucket.storage.delete(&self.note).await.map_err(failed)?;
        }
        result.map_err(failed)
    }

    async fn write_down(&self) -> Result<()> {
        let note = Note {
            upload: self.id.clone(),
            parts: self.parts.iter().map(|part| part.content_id.clone()).collect(),
            hash: hex::encode(self.hash.serialize()),
        };
        let text = serde_json::to_vec(&note).map_err(|error| Error::unreadable("note of an upload", error))?;
        self.bucket.storage.put(&self.note, PutPayload::from(text)).await.map_err(failed)?;
        Ok(())
    }

    /// Leaves nothing behind.
    pub(super) async fn give_up(&self) -> Result<()> {
        let storage = &self.bucket.storage;
        storage.abort_multipart(&self.file, &self.id).await.map_err(failed)?;
        storage.delete(&self.note).await.map_err(failed)
    }
}

/// In our words: the storage's own may quote the request, with its key's name and signature.
fn failed(error: object_store::Error) -> Error {
    Error::Media(match error {
        object_store::Error::NotFound { path, .. } => format!("the object storage has no `{path}`, or no such bucket"),
        object_store::Error::PermissionDenied { .. } => "the object storage does not allow it; look at the key and its rights".to_owned(),
        object_store::Error::Unauthenticated { .. } => "the object storage does not know the key".to_owned(),
        _ => "the object storage failed, or cannot be reached".to_owned(),
    })
}
