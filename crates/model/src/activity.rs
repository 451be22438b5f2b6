//! A meeting as a CRM logs it: the activity, whom and what it is associated with, and what it does to a deal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The CRM's ids of what an activity belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Associations {
    /// Normal e-mail address → the CRM's contact id.
    pub contacts: BTreeMap<String, String>,
    /// Company domain → the CRM's company id.
    pub companies: BTreeMap<String, String>,
    pub deals: Vec<Deal>,
}

/// A deal as far as choosing one needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deal {
    pub id: String,
    pub name: String,
    /// The owner's address, where the CRM tells.
    pub owner: Option<String>,
    pub opened: Option<Timestamp>,
    pub closes: Option<Timestamp>,
    pub modified: Option<Timestamp>,
    pub closed: bool,
}

/// A meeting to log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    pub title: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Plain text with line breaks, in which a summary may use Markdown; the connector writes it in the tool's own markup.
    pub body: String,
    pub location: Option<String>,
    pub join_url: Option<String>,
    pub cancelled: bool,
    /// The host's address, to find the activity's owner.
    pub owner: Option<String>,
    pub associations: Associations,
}

/// What a meeting changes on a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DealUpdate {
    /// The CRM's id of the deal.
    pub deal: String,
    /// The CRM's property names and their new values, as the field mapping says.
    pub properties: BTreeMap<String, String>,
}
