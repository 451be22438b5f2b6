//! The six kinds of CRM objects: their names, ids, scopes, default and required properties. Facts from the objects' descriptions; no state.
//! Source: HubSpot/HubSpot-public-api-spec-collection, `PublicApiSpecs/CRM/*/Rollouts/424/v3` (paths, security).

use crate::kit::Need;

/// A kind of CRM object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Contact,
    Company,
    Deal,
    Meeting,
    Note,
    Task,
}

pub const KINDS: [Kind; 6] = [Kind::Contact, Kind::Company, Kind::Deal, Kind::Meeting, Kind::Note, Kind::Task];

const CONTACTS_READ: &[&str] = &["crm.objects.contacts.read"];
const CONTACTS_WRITE: &[&str] = &["crm.objects.contacts.write"];
const COMPANIES_READ: &[&str] = &["crm.objects.companies.read"];
const COMPANIES_WRITE: &[&str] = &["crm.objects.companies.write"];
const DEALS_READ: &[&str] = &["crm.objects.deals.read"];
const DEALS_WRITE: &[&str] = &["crm.objects.deals.write"];

impl Kind {
    /// By the name in a path: plural, singular or type id.
    pub fn named(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| [kind.plural(), kind.singular(), kind.type_id()].contains(&name))
    }

    pub fn plural(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Company => "companies",
            Self::Deal => "deals",
            Self::Meeting => "meetings",
            Self::Note => "notes",
            Self::Task => "tasks",
        }
    }

    pub fn singular(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Deal => "deal",
            Self::Meeting => "meeting",
            Self::Note => "note",
            Self::Task => "task",
        }
    }

    pub fn type_id(self) -> &'static str {
        match self {
            Self::Contact => "0-1",
            Self::Company => "0-2",
            Self::Deal => "0-3",
            Self::Meeting => "0-47",
            Self::Note => "0-46",
            Self::Task => "0-27",
        }
    }

    /// As error messages name it.
    pub fn shouted(self) -> &'static str {
        match self {
            Self::Contact => "CONTACT",
            Self::Company => "COMPANY",
            Self::Deal => "DEAL",
            Self::Meeting => "MEETING_EVENT",
            Self::Note => "NOTE",
            Self::Task => "TASK",
        }
    }

    /// Engagements are guarded by the scopes of contacts: the descriptions of meetings, notes and tasks say so.
    pub fn read(self) -> Need {
        Need::All(match self {
            Self::Company => COMPANIES_READ,
            Self::Deal => DEALS_READ,
            _ => CONTACTS_READ,
        })
    }

    pub fn write(self) -> Need {
        Need::All(match self {
            Self::Company => COMPANIES_WRITE,
            Self::Deal => DEALS_WRITE,
            _ => CONTACTS_WRITE,
        })
    }

    /// Reading property definitions: any scope on the objects or their schemas.
    pub fn read_schema(self) -> Need {
        Need::Any(match self {
            Self::Company => &["crm.schemas.companies.read", "crm.objects.companies.read", "crm.objects.companies.write"],
            Self::Deal => &["crm.schemas.deals.read", "crm.objects.deals.read", "crm.objects.deals.write"],
            _ => &["crm.schemas.contacts.read", "crm.objects.contacts.read", "crm.objects.contacts.write"],
        })
    }

    pub fn write_schema(self) -> Need {
        Need::All(match self {
            Self::Company => &["crm.schemas.companies.write"],
            Self::Deal => &["crm.schemas.deals.write"],
            _ => &["crm.schemas.contacts.write"],
        })
    }

    /// Contacts have no `hs_lastmodifieddate`, the others no `lastmodifieddate`.
    pub fn modified(self) -> &'static str {
        if self == Self::Contact { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }

    pub fn created(self) -> &'static str {
        match self {
            Self::Contact | Self::Company | Self::Deal => "createdate",
            _ => "hs_createdate",
        }
    }

    /// What is answered when no properties are asked for, besides the id and the two dates.
    pub fn defaults(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["email", "firstname", "lastname"],
            Self::Company => &["domain", "name"],
            Self::Deal => &["amount", "closedate", "dealname", "dealstage", "pipeline"],
            _ => &[],
        }
    }

    /// What a new object must have: all of the first, and one of the second.
    pub fn required(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Contact => (&[], &["email", "firstname", "lastname"]),
            Self::Company => (&[], &["name", "domain"]),
            Self::Deal => (&["dealname", "dealstage"], &[]),
            _ => (&["hs_timestamp"], &[]),
        }
    }

    /// What `query` of a search looks into.
    pub fn searched(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["firstname", "lastname", "email", "phone", "company"],
            Self::Company => &["website", "phone", "name", "domain"],
            Self::Deal => &["dealname", "pipeline", "dealstage", "description"],
            Self::Meeting => &["hs_meeting_title", "hs_meeting_body"],
            Self::Note => &["hs_note_body"],
            Self::Task => &["hs_task_body", "hs_task_subject"],
        }
    }

    /// Webhook subscriptions exist for these three only.
    pub fn announces(self) -> bool {
        matches!(self, Self::Contact | Self::Company | Self::Deal)
    }
}
