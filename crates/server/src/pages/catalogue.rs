//! The catalogue: what is connected, and what can be, by category and by name.

use askama::Template;
use axum::Router;
use axum::routing::get;
use connector_kit::manifest::Category;

use super::overview::{ConnectionView, visible};
use super::{Frame, Visit, words};
use crate::app::App;
use crate::page_error::Paged;

struct Card {
    href: String,
    name: &'static str,
    purpose: &'static str,
    scope: &'static str,
    connected: usize,
    category: Category,
}

struct Group {
    label: &'static str,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage<'a> {
    page: &'a Frame,
    q: &'a str,
    active: Vec<ConnectionView>,
    groups: Vec<Group>,
}

/// `/settings/integrations`.
pub fn router() -> Router<App> {
    Router::new().route("/settings/integrations", get(catalogue))
}

async fn catalogue(visit: Visit) -> Paged {
    let q = visit.query.text("q");
    let wanted = q.to_lowercase();
    let fits = |text: &str| text.to_lowercase().contains(&wanted);
    let active: Vec<ConnectionView> =
        visible(&visit).await?.into_iter().map(|(_, view)| view).filter(|view| fits(view.tool) || fits(&view.account)).collect();
    let mut groups: Vec<Group> = Vec::new();
    let mut cards: Vec<Card> = Vec::new();
    for connector in visit.app.hub().connectors() {
        let manifest = connector.manifest();
        if fits(manifest.name) || fits(manifest.category.label()) {
            let connected = active.iter().filter(|view| view.tool == manifest.name).count();
            cards.push(Card {
                href: format!("/settings/integrations/{}", manifest.id),
                name: manifest.name,
                purpose: manifest.purpose,
                scope: words::scope(manifest.scope),
                connected,
                category: manifest.category,
            });
        }
    }
    cards.sort_by_key(|card| (card.category, card.name));
    for card in cards {
        match groups.last_mut().filter(|group| group.label == card.category.label()) {
            Some(group) => group.cards.push(card),
            None => groups.push(Group { label: card.category.label(), cards: vec![card] }),
        }
    }
    Ok(visit.show(&CataloguePage { page: &visit.page, q, active, groups }))
}
