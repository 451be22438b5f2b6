//! Media of recordings: streamed from the tool to the media store, resumed where it broke off, never through the log.

use connector_kit::RecordingSource;
use futures::StreamExt;
use futures::future::BoxFuture;
use model::{Kind, Media, Record, RecordId, Recording};
use store::records::{Listing, Save, Stored};

use crate::error::Result;
use crate::pass::Pass;

/// Fetches the files that this connection's recordings still have at the tool. One that fails is tried again in the next
/// pass; what arrived of it is kept.
pub(crate) fn fetch_media<'p>(pass: &'p mut Pass, source: &'p dyn RecordingSource) -> BoxFuture<'p, Result<()>> {
    Box::pin(fetch_all(pass, source))
}

async fn fetch_all(pass: &mut Pass, source: &dyn RecordingSource) -> Result<()> {
    let prefix = format!("recording:{}:", pass.connection.id);
    let recordings = pass.workspace.list(&Listing::all(Kind::Recording, 200)).await?;
    for stored in recordings {
        let Record::Recording(recording) = stored.record.clone() else { continue };
        let own = pass.workspace.find(&format!("{prefix}{}", recording.file)).await?.contains(&stored.id);
        if own && recording.media == Media::Remote {
            let id = stored.id.clone();
            match fetch(pass, source, &id, recording.clone()).await {
                Ok(media) => save(pass, stored, Recording { media, ..recording }).await?,
                Err(error) => {
                    tracing::warn!(recording = %id, %error, "a recording could not be fetched; the next run goes on with it");
                }
            }
        }
    }
    Ok(())
}

async fn fetch(pass: &Pass, source: &dyn RecordingSource, id: &RecordId, recording: Recording) -> Result<Media> {
    let key = format!("{}/{}", pass.workspace.id(), id);
    let mut upload = pass.hub.media().begin(&key).await?;
    let mut bytes = source.open(&pass.session, &recording, upload.offset()).await?;
    while let Some(chunk) = bytes.next().await {
        upload.write(&chunk?).await?;
    }
    let done = upload.finish().await?;
    Ok(Media::Stored { key, bytes: done.bytes, sha256: done.sha256 })
}

async fn save(pass: &mut Pass, stored: Stored, recording: Recording) -> Result<()> {
    let origin = pass.origin();
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    let before = Some(stored.record.fields());
    let save = Save { id: stored.id, record: Record::Recording(recording), before, keys: Vec::new(), deleted: false, noted: Vec::new() };
    step.save(vec![save], &origin, Some(&pass.run.id)).await?;
    step.commit().await?;
    Ok(())
}
