//! The connectors: one folder per tool, and the one list of them. Nothing here knows the store or the engine.
#![forbid(unsafe_code)]

mod asana;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod emulator;
mod exchange;
mod google;
mod google_calendar;
mod google_meet;
mod hubspot;
mod join_link;
mod linear;
mod microsoft;
mod microsoft_365;
mod monday;
mod notion;
#[cfg(test)]
mod part_of_schema;
mod plain_text;
mod salesforce;
mod slack;
mod talkdesk;
mod zoom;

use std::sync::Arc;

use connector_kit::Connector;

/// Every built-in tool, in the order of the catalogue.
pub fn all() -> Vec<Arc<dyn Connector>> {
    vec![
        Arc::new(google_calendar::GoogleCalendar),
        Arc::new(microsoft_365::Microsoft365),
        Arc::new(exchange::Exchange),
        Arc::new(salesforce::Salesforce),
        Arc::new(hubspot::HubSpot),
        Arc::new(slack::Slack),
        Arc::new(linear::Linear),
        Arc::new(notion::Notion),
        Arc::new(asana::Asana),
        Arc::new(monday::Monday),
        Arc::new(zoom::Zoom),
        Arc::new(google_meet::GoogleMeet),
        Arc::new(talkdesk::Talkdesk),
    ]
}
