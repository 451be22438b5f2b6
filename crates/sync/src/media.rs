//! Media of recordings: streamed from the tool to the media store, resumed where it broke off, never through the log.

use connector_kit::RecordingSource;
use futures::StreamExt;
use model::{Kind, Media, Record, Recording};
use store::records::{Listing, Save, Stored};

use crate::error::Result;
use crate::pass::Pass;

/// Fetches the files that this connection's recordings still have at the tool. One that fails is tried again in the next
/// pass; what arrived of it is kept.
pub(crate) async fn fetch_media(pass: &mut Pass, source: &dyn RecordingSource) -> Result<()> {
    let prefix = format!("recording:{}:", pass.connection.id);
    let recordings = pass.workspace.list(&Listing::all(Kind::Recording, 200)).await?;
    for stored in recordings {
        let Record::Recording(recording) = &stored.record else { continue };
        let own = pass.workspace.find(&format!("{prefix}{}", recording.file)).await?.contains(&stored.id);
        if own && recording.media == Media::Remote {
            match fetch(pass, source, &stored, recording).await {
                Ok(media) => save(pass, &stored, recording, media).await?,
                Err(error) => {
                    tracing::warn!(recording = %stored.id, %error, "a recording could not be fetched; the next run goes on with it")
                }
            }
        }
    }
    Ok(())
}

async fn fetch(pass: &Pass, source: &dyn RecordingSource, stored: &Stored, recording: &Recording) -> Result<Media> {
    let key = format!("{}/{}", pass.workspace.id(), stored.id);
    let mut upload = pass.hub.media().begin(&key).await?;
    let mut bytes = source.open(&pass.session, recording, upload.offset()).await?;
    while let Some(chunk) = bytes.next().await {
        upload.write(&chunk?).await?;
    }
    let done = upload.finish().await?;
    Ok(Media::Stored { key, bytes: done.bytes, sha256: done.sha256 })
}

async fn save(pass: &mut Pass, stored: &Stored, recording: &Recording, media: Media) -> Result<()> {
    let origin = pass.origin();
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    let save = Save {
        id: stored.id.clone(),
        record: Record::Recording(Recording { media, ..recording.clone() }),
        before: Some(stored.record.fields()),
        keys: Vec::new(),
        deleted: false,
        noted: Vec::new(),
    };
    step.save(vec![save], &origin, Some(&pass.run.id)).await?;
    step.commit().await?;
    Ok(())
}
