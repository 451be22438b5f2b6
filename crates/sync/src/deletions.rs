//! Records that were deleted here: by default they are only unlinked at the tool; on request they are deleted there too.

use connector_kit::{Error as ToolError, Sink};
use futures::StreamExt;
use futures::future::BoxFuture;
use model::IntentId;
use model::settings::Deletion;
use store::intents::{Intent, IntentState, Write};
use store::items::{Item, Outcome};
use store::links::Link;

use crate::brake::{self, Loss};
use crate::error::{Error, Result};
use crate::pass::Pass;
use crate::plan::key_of;
use crate::project::Project;
use crate::push::{AT_ONCE, is_about_the_item, refusal};

/// A record that is deleted here and still linked.
pub(crate) struct Deleted {
    pub label: String,
    pub link: Link,
}

/// Whether a record that is deleted here is deleted at the tool as well.
pub(crate) fn reaches_the_tool<T: Project>(pass: &Pass) -> bool {
    T::OURS && pass.settings.deletion == Deletion::Propagate
}

/// Carries the deletions out, all or (when the brake holds them) none.
pub(crate) async fn carry<T: Project>(pass: &mut Pass, sink: &dyn Sink<T>, deleted: Vec<Deleted>) -> Result<()> {
    if deleted.is_empty() {
        return Ok(());
    }
    if !reaches_the_tool::<T>(pass) {
        return unlink(pass, deleted).await;
    }
    let count = pass.run.counts.deleted + u64::try_from(deleted.len()).unwrap_or(u64::MAX);
    brake::hold(pass, Loss::Deletions, count).await?;
    let intents: Vec<Intent> = deleted.iter().map(|one| intent_of(pass, &one.link)).collect();
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    for intent in &intents {
        step.open_intent(intent).await?;
    }
    step.commit().await?;
    let calls: Vec<BoxFuture<'_, connector_kit::Result<()>>> =
        deleted.iter().map(|one| sink.delete(&pass.session, &one.link.remote_id)).collect();
    let answers: Vec<connector_kit::Result<()>> = futures::stream::iter(calls).buffered(AT_ONCE).collect().await;
    save(pass, deleted.into_iter().zip(intents.into_iter().map(|intent| intent.id)).zip(answers).collect()).await
}

/// The tool keeps its object, and it is no longer ours.
async fn unlink(pass: &mut Pass, deleted: Vec<Deleted>) -> Result<()> {
    let (mut links, mut items) = (Vec::new(), Vec::new());
    for one in deleted {
        items.push(item(pass, &one, "Deleted here; kept at the tool, no longer linked."));
        links.push(one.link);
    }
    save_gone(pass, links, items, Vec::new()).await
}

fn intent_of(pass: &Pass, link: &Link) -> Intent {
    Intent {
        id: IntentId::new(pass.hub.env()),
        connection: pass.connection.id.clone(),
        capability: pass.stream.capability,
        record: link.record.clone(),
        run: pass.run.id.clone(),
        operation: Write::Delete,
        key: key_of(pass, &link.record),
        payload_hash: String::new(),
        state: IntentState::Open,
        created: pass.hub.env().now(),
        settled: None,
        detail: String::new(),
    }
}

type Answered = ((Deleted, IntentId), connector_kit::Result<()>);

async fn save(pass: &mut Pass, answered: Vec<Answered>) -> Result<()> {
    let (mut links, mut items, mut settled, mut stop) = (Vec::new(), Vec::new(), Vec::new(), None::<ToolError>);
    for ((one, intent), answer) in answered {
        match answer {
            Ok(()) => {
                settled.push((intent, IntentState::Done, String::new()));
                items.push(item(pass, &one, "Deleted here, and at the tool."));
                links.push(one.link);
            }
            Err(error) => {
                settled.push((intent, IntentState::Failed, error.to_string()));
                // To delete what is there already is harmless to repeat: whatever happened, the next attempt tells.
                if is_about_the_item(error.kind) {
                    items.push(refusal(pass, &one.link.record, &one.label, &error).await?);
                } else {
                    stop = stop.or(Some(error));
                }
            }
        }
    }
    save_gone(pass, links, items, settled).await?;
    stop.map_or(Ok(()), |error| Err(Error::Tool(error)))
}

async fn save_gone(pass: &mut Pass, mut links: Vec<Link>, items: Vec<Item>, settled: Vec<(IntentId, IntentState, String)>) -> Result<()> {
    let mut step = pass.step().await?;
    pass.note_run(&mut step).await?;
    for link in &mut links {
        (link.gone, link.at) = (true, step.at());
    }
    for (intent, state, detail) in &settled {
        step.settle_intent(intent, *state, detail).await?;
    }
    pass.run.counts.deleted += u64::try_from(links.len()).unwrap_or(0);
    step.save_links(&links).await?;
    step.save_items(&items).await?;
    step.progress(&pass.run.id, &pass.run.counts, i64::try_from(pass.session.calls()).unwrap_or(i64::MAX)).await?;
    step.commit().await?;
    Ok(())
}

fn item(pass: &Pass, one: &Deleted, words: &str) -> Item {
    let item = pass.item(one.link.record.to_string(), one.label.clone(), Outcome::Deleted, "deleted_here", words);
    Item { url: one.link.url.clone(), ..item }
}
