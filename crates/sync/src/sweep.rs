//! After everything was read anew because the tool lost the cursor: what is linked and did not come is asked for one by one,
//! because absence is not deletion (FAULTS.md F39).

use connector_kit::Source;
use futures::StreamExt;
use futures::future::BoxFuture;
use model::Capability;
use model::settings::Destination;
use store::links::Link;

use crate::error::Result;
use crate::pass::{Ended, Pass};
use crate::places::Places;
use crate::pull::{Absorb, unlink};
use crate::push::AT_ONCE;

/// Objects asked for between two steps.
const SOME: u32 = 50;
/// Such rounds of one pass; then the others have their turn.
const ROUNDS: usize = 20;

/// Asks for what was not seen, and ends the sweep when all of it is answered.
pub(crate) async fn sweep<T: Absorb>(
    pass: &mut Pass,
    source: &dyn Source<T>,
    places: &mut Places,
    destination: Option<&Destination>,
) -> Result<Ended> {
    let Some(from) = places.at(destination).sweep_from else { return Ok(Ended::InStep) };
    // What is older than the backfill's bound is not read, so it cannot be missed.
    let oldest = match pass.stream.capability {
        Capability::Calendar | Capability::Recordings => pass.since().as_millisecond(),
        _ => i64::MIN,
    };
    for _ in 0..ROUNDS {
        let place = destination.map(|destination| destination.id.as_str());
        let unseen = pass.workspace.unseen_links(&pass.stream, place, from, oldest, SOME).await?;
        if unseen.is_empty() {
            places.at(destination).sweep_from = None;
            let text = places.write();
            let mut step = pass.step().await?;
            step.advance(&pass.stream, Some(&text), pass.stream.place_seq).await?;
            step.commit().await?;
            pass.stream.place = Some(text);
            return Ok(Ended::InStep);
        }
        let asked: Vec<BoxFuture<'_, connector_kit::Result<bool>>> =
            unseen.iter().map(|link| source.is_gone(&pass.session, &link.remote_id, destination)).collect();
        let answers: Vec<_> = futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
        settle(pass, unseen, answers).await?;
    }
    Ok(Ended::More)
}

async fn settle(pass: &mut Pass, asked: Vec<Link>, answers: Vec<connector_kit::Result<bool>>) -> Result<()> {
    let (mut gone, mut there) = (Vec::new(), Vec::new());
    for (link, answer) in asked.into_iter().zip(answers) {
        if answer? { &mut gone } else { &mut there }.push(link.remote_id);
    }
    let mut step = pass.step().await?;
    step.touch_links(&pass.stream, &there.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    if unlink(pass, &mut step, &gone).await? {
        step.progress(&pass.run.id, &pass.run.counts, i64::try_from(pass.session.calls()).unwrap_or(i64::MAX)).await?;
    }
    step.commit().await?;
    Ok(())
}
