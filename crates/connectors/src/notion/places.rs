//! Where things can go and to whom: the data sources that were shared, the rows in them, the people of the workspace. What all calls
//! share stands here: the version, lists to their end, and why something cannot be reached.

use std::collections::BTreeMap;

use connector_kit::request::segment;
use connector_kit::{Error, ErrorKind, Member, Outbound, Request, Result, Session, TaskBoard, async_trait};
use model::settings::Destination;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::columns::{Columns, MARK};
use super::wire::{Found, List, Page, PageEnd, Query, Row, Search, SearchFilter, Sort, Source, User};
use super::{Notion, map, values};

/// The version whose objects are read and written here.
const VERSION: &str = "2025-09-03";
/// The longest page that Notion gives.
pub(super) const PAGE: u32 = 100;
/// Pages of one list that are read at most.
const MOST_PAGES: usize = 50;

/// A call of the version that is spoken here.
pub(super) fn versioned(request: Request<'_>) -> Request<'_> {
    request.header("notion-version", VERSION)
}

/// The chosen database.
pub(super) fn chosen<T>(item: &Outbound<T>) -> Result<&Destination> {
    item.destination.as_ref().ok_or_else(|| Error::invalid("choose the database that it goes to"))
}

/// What is not there, or was not shared, of a place that was chosen: a right is missing, and nothing is concluded from it.
pub(super) fn out_of_reach(error: Error) -> Error {
    if error.kind == ErrorKind::NotFound { Error { kind: ErrorKind::Forbidden, ..error } } else { error }
}

/// A data source with its columns.
pub(super) async fn source(session: &Session, id: &str) -> Result<Source> {
    let source: Source = versioned(session.get(format!("/v1/data_sources/{}", segment(id)))).fetch().await.map_err(out_of_reach)?;
    if source.in_trash {
        return Err(Error::new(ErrorKind::Forbidden, "the chosen database lies in Notion's trash"));
    }
    Ok(source)
}

/// A page that is there. One that Notion does not show is gone only if its database can still be reached.
pub(super) async fn page(session: &Session, id: &str, place: Option<&Destination>) -> Result<Page> {
    let asked = versioned(session.get(format!("/v1/pages/{}", segment(id)))).fetch::<Page>().await;
    match asked {
        Ok(page) if page.in_trash => Err(Error::new(ErrorKind::NotFound, "it lies in Notion's trash")),
        Err(error) if error.kind == ErrorKind::NotFound => {
            if let Some(place) = place {
                source(session, &place.id).await?;
            }
            Err(error)
        }
        answer => answer,
    }
}

/// A page's own data source.
pub(super) async fn source_of(session: &Session, page: &Page) -> Result<Source> {
    let id = page.parent.as_ref().and_then(|parent| parent.data_source_id.as_deref());
    source(session, id.ok_or_else(|| Error::invalid("the page no longer stands in a database"))?).await
}

/// Makes sure that the database has the column for our id, and answers its columns.
pub(super) async fn with_mark(session: &Session, source: Source) -> Result<Columns> {
    match source.properties.get(MARK).map(|column| column.kind.as_str()) {
        Some("rich_text") => return Ok(source.properties),
        Some(_) => return Err(Error::invalid(format!("the database has a column `{MARK}` that is no text: rename it"))),
        None => {}
    }
    let body = json!({ "properties": { MARK: { "rich_text": {} } } });
    let request = versioned(session.patch(format!("/v1/data_sources/{}", segment(&source.id)))).json(&body).repeatable();
    let source: Source = request.fetch().await.map_err(|error| match error.kind {
        ErrorKind::Forbidden => {
            let words =
                format!("Harmony may not add its column `{MARK}` to the database: add a text column of that name, or give it full access");
            Error { message: words, ..error }
        }
        _ => error,
    })?;
    Ok(source.properties)
}

/// The row that bears our id.
pub(super) async fn marked(session: &Session, place: &Destination, key: &str) -> Result<Option<Page>> {
    let columns = source(session, &place.id).await?.properties;
    if !columns.contains_key(MARK) {
        return Ok(None);
    }
    let query = Query {
        filter: Some(json!({ "property": MARK, "rich_text": { "equals": key } })),
        sorts: [Sort { timestamp: "created_time", direction: "ascending" }],
        start_cursor: None,
        page_size: 1,
        in_trash: false,
    };
    let rows: List<Row> = queried(session, &place.id, &query).await?;
    Ok(rows.results.into_iter().find_map(|row| if let Row::Page(page) = row { Some(*page) } else { None }))
}

/// Rows of a data source.
pub(super) async fn queried(session: &Session, source: &str, query: &Query<'_>) -> Result<List<Row>> {
    let request = session.post(format!("/v1/data_sources/{}/query", segment(source))).json(query).repeatable();
    versioned(request).fetch().await.map_err(out_of_reach)
}

/// Into the trash; what is there already, or is not there at all, is a success.
pub(super) async fn discard(session: &Session, id: &str) -> Result<()> {
    match page(session, id, None).await {
        Ok(_) => {}
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let request = session.patch(format!("/v1/pages/{}", segment(id))).json(&PageEnd { in_trash: true });
    match versioned(request).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The databases to choose from: those that somebody shared.
pub(super) async fn databases(session: &Session) -> Result<Vec<Destination>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let filter = SearchFilter { property: "object", value: "data_source" };
        let body = Search { filter, start_cursor: cursor.as_deref(), page_size: PAGE };
        let page: List<Found> = versioned(session.post("/v1/search").json(&body).repeatable()).fetch().await?;
        for one in page.results {
            if let Found::DataSource(source) = one {
                let title = values::one_line(&values::plain(&source.title));
                found.insert(source.id, if title.is_empty() { "Untitled".to_owned() } else { title });
            }
        }
        let Some(next) = next(page.has_more, page.next_cursor, cursor.as_deref())? else {
            let mut all: Vec<Destination> = found.into_iter().map(|(id, name)| Destination { id, name }).collect();
            all.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.id.cmp(&other.id)));
            return Ok(all);
        };
        cursor = Some(next);
    }
    Err(Error::protocol("Notion's list has no end"))
}

/// Everything on a list by GET.
pub(super) async fn all<T: DeserializeOwned>(session: &Session, path: &str) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let request = session.get(path).query("page_size", &PAGE).query_if("start_cursor", cursor.as_deref());
        let page: List<T> = versioned(request).fetch().await?;
        found.extend(page.results);
        match next(page.has_more, page.next_cursor, cursor.as_deref())? {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
    Err(Error::protocol("Notion's list has no end"))
}

/// Where the next page begins; `None`: this was the last.
pub(super) fn next(has_more: bool, next: Option<String>, before: Option<&str>) -> Result<Option<String>> {
    match next {
        _ if !has_more => Ok(None),
        Some(next) if Some(next.as_str()) != before => Ok(Some(next)),
        _ => Err(Error::protocol("Notion promises a further page and does not say where")),
    }
}

/// The people of the workspace.
pub(super) async fn people(session: &Session) -> Result<Vec<Member>> {
    let users: Vec<User> = all(session, "/v1/users").await.map_err(|error| match error.kind {
        ErrorKind::Forbidden => {
            let words = "the integration may not read the workspace's people: give it the capability to read users with their addresses, \
                         in the integration's settings in Notion";
            Error { message: words.to_owned(), ..error }
        }
        _ => error,
    })?;
    Ok(users.into_iter().filter_map(map::member).collect())
}

#[async_trait]
impl TaskBoard for Notion {
    async fn members(&self, session: &Session) -> Result<Vec<Member>> {
        people(session).await
    }
}
