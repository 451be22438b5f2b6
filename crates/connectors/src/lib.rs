//! The connectors: one folder per tool, and the one list of them. Nothing here knows the store or the engine.
#![forbid(unsafe_code)]

mod asana;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod emulator;
mod exchange;
mod google_calendar;
mod hubspot;
mod join_link;
mod linear;
mod slack;
mod talkdesk;
mod zoom;

use std::sync::Arc;

use connector_kit::Connector;

/// Every built-in tool, in the order of the catalogue.
pub fn all() -> Vec<Arc<dyn Connector>> {
    vec![
        Arc::new(google_calendar::GoogleCalendar),
        Arc::new(exchange::Exchange),
        Arc::new(hubspot::HubSpot),
        Arc::new(slack::Slack),
        Arc::new(linear::Linear),
        Arc::new(asana::Asana),
        Arc::new(zoom::Zoom),
        Arc::new(talkdesk::Talkdesk),
    ]
}
