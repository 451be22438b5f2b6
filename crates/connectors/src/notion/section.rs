//! The own box on a page: found by our id in its text, written anew beside the old one, which then goes. What stands around it is
//! never touched.

use connector_kit::request::segment;
use connector_kit::{Error, ErrorKind, Result, Session};

use super::places::{all, versioned};
use super::wire::{Block, List, NewBlock, NewChildren};
use super::{blocks, values};

/// The boxes on a page that bear the key, in their order: more than one only after an interruption.
async fn boxes(session: &Session, page: &str, key: &str) -> Result<Vec<String>> {
    let found: Vec<Block> = all(session, &format!("/v1/blocks/{}/children", segment(page))).await?;
    let own = |block: &Block| block.callout.as_ref().is_some_and(|callout| values::plain(&callout.rich_text).contains(key));
    Ok(found.into_iter().filter(own).map(|block| block.id).collect())
}

/// Adds blocks below a page or a block; the id of the first one.
async fn append(session: &Session, parent: &str, children: &[NewBlock], after: Option<&str>) -> Result<Option<String>> {
    let request = session.patch(format!("/v1/blocks/{}/children", segment(parent))).json(&NewChildren { children, after });
    let made: List<Block> = versioned(request).send().await?.parse().map_err(Error::in_doubt)?;
    Ok(made.results.into_iter().next().map(|block| block.id))
}

/// Writes the box anew, where the old one stands; without an old one at the end of the page. An interruption leaves the old one, or
/// both: the next writing then takes both away.
pub(super) async fn replace(session: &Session, page: &str, key: &str, batches: &[Vec<NewBlock>]) -> Result<()> {
    let old = boxes(session, page, key).await?;
    let (first, further) = batches.split_first().map_or((&[][..], &[][..]), |(first, further)| (first.as_slice(), further));
    let own = blocks::own_box(key, first.to_vec());
    let made = append(session, page, &[own], old.last().map(String::as_str)).await?;
    let made = made.ok_or_else(|| Error::protocol("Notion does not tell of the block that it made").in_doubt())?;
    for batch in further {
        append(session, &made, batch, None).await?;
    }
    for id in &old {
        remove(session, id).await?;
    }
    Ok(())
}

/// Adds what one request had no room for to the box that came with a new page.
pub(super) async fn complete(session: &Session, page: &str, key: &str, further: &[Vec<NewBlock>]) -> Result<()> {
    let own = boxes(session, page, key).await?.pop();
    let own = own.ok_or_else(|| Error::protocol("Notion does not show the box that came with the page"))?;
    for batch in further {
        append(session, &own, batch, None).await?;
    }
    Ok(())
}

async fn remove(session: &Session, id: &str) -> Result<()> {
    match versioned(session.delete(format!("/v1/blocks/{}", segment(id)))).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
