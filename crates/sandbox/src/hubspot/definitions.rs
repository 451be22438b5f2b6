//! The properties HubSpot itself defines, as far as a meetings hub meets them. How values are held against them is values.rs.

use std::collections::BTreeMap;

use super::{
    kind::Kind,
    schema::{Definition, Maker, Type},
};

type Line = (&'static str, &'static str, Type, &'static [&'static str]);

const NONE: &[&str] = &[];
const LIFECYCLE: &[&str] =
    &["subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"];

const CONTACT: &[Line] = &[
    ("email", "Email", Type::Text, NONE),
    ("firstname", "First Name", Type::Text, NONE),
    ("lastname", "Last Name", Type::Text, NONE),
    ("phone", "Phone Number", Type::Text, NONE),
    ("mobilephone", "Mobile Phone Number", Type::Text, NONE),
    ("company", "Company Name", Type::Text, NONE),
    ("jobtitle", "Job Title", Type::Text, NONE),
    ("website", "Website URL", Type::Text, NONE),
    ("city", "City", Type::Text, NONE),
    ("country", "Country/Region", Type::Text, NONE),
    ("lifecyclestage", "Lifecycle Stage", Type::Choice, LIFECYCLE),
    (
        "hs_lead_status",
        "Lead Status",
        Type::Choice,
        &["NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"],
    ),
];
const COMPANY: &[Line] = &[
    ("name", "Company name", Type::Text, NONE),
    ("domain", "Company Domain Name", Type::Text, NONE),
    ("phone", "Phone Number", Type::Text, NONE),
    ("website", "Website URL", Type::Text, NONE),
    ("city", "City", Type::Text, NONE),
    ("country", "Country/Region", Type::Text, NONE),
    ("description", "Description", Type::Text, NONE),
    ("numberofemployees", "Number of Employees", Type::Number, NONE),
    ("lifecyclestage", "Lifecycle Stage", Type::Choice, LIFECYCLE),
];
const DEAL: &[Line] = &[
    ("dealname", "Deal Name", Type::Text, NONE),
    ("amount", "Amount", Type::Number, NONE),
    ("closedate", "Close Date", Type::Moment, NONE),
    ("dealstage", "Deal Stage", Type::Stage, NONE),
    ("pipeline", "Pipeline", Type::Pipeline, NONE),
    ("description", "Deal Description", Type::Text, NONE),
    ("dealtype", "Deal Type", Type::Choice, &["newbusiness", "existingbusiness"]),
    ("hs_priority", "Priority", Type::Choice, &["low", "medium", "high"]),
];
const MEETING: &[Line] = &[
    ("hs_timestamp", "Activity date", Type::Moment, NONE),
    ("hs_meeting_title", "Meeting name", Type::Text, NONE),
    ("hs_meeting_body", "Meeting description", Type::Text, NONE),
    ("hs_internal_meeting_notes", "Internal meeting notes", Type::Text, NONE),
    ("hs_meeting_external_url", "External url", Type::Text, NONE),
    ("hs_meeting_location", "Meeting location", Type::Text, NONE),
    ("hs_meeting_start_time", "Meeting start time", Type::Moment, NONE),
    ("hs_meeting_end_time", "Meeting end time", Type::Moment, NONE),
    ("hs_meeting_outcome", "Meeting outcome", Type::Choice, &["SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"]),
    ("hs_attachment_ids", "Attached file IDs", Type::Text, NONE),
];
const NOTE: &[Line] = &[
    ("hs_timestamp", "Activity date", Type::Moment, NONE),
    ("hs_note_body", "Note body", Type::Text, NONE),
    ("hs_attachment_ids", "Attached file IDs", Type::Text, NONE),
];
const TASK: &[Line] = &[
    ("hs_timestamp", "Due date", Type::Moment, NONE),
    ("hs_task_subject", "Task Title", Type::Text, NONE),
    ("hs_task_body", "Task Notes", Type::Text, NONE),
    ("hs_task_status", "Task Status", Type::Choice, &["NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"]),
    ("hs_task_priority", "Priority", Type::Choice, &["NONE", "LOW", "MEDIUM", "HIGH"]),
    ("hs_task_type", "Task Type", Type::Choice, &["TODO", "CALL", "EMAIL"]),
    ("hs_attachment_ids", "Attached file IDs", Type::Text, NONE),
];

/// What HubSpot defines for this kind of object, by name.
pub fn of(kind: Kind) -> BTreeMap<String, Definition> {
    let lines = match kind {
        Kind::Contact => CONTACT,
        Kind::Company => COMPANY,
        Kind::Deal => DEAL,
        Kind::Meeting => MEETING,
        Kind::Note => NOTE,
        Kind::Task => TASK,
    };
    let group = group_of(kind);
    let mut all: Vec<Definition> =
        lines.iter().map(|(name, label, kind, options)| Definition::built_in(name, label, *kind, options, group)).collect();
    all.push(Definition::built_in("hubspot_owner_id", "Owner", Type::Owner, NONE, group));
    for (name, label, kind_of_value) in [
        ("hs_object_id", "Record ID", Type::Number),
        (kind.created(), "Create Date", Type::Moment),
        (kind.modified(), "Last Modified Date", Type::Moment),
    ] {
        all.push(Definition { maker: Maker::HubSpotKept, ..Definition::built_in(name, label, kind_of_value, NONE, group) });
    }
    if let Some(email) = all.iter_mut().find(|definition| kind == Kind::Contact && definition.name == "email") {
        email.unique = true;
    }
    all.into_iter().map(|definition| (definition.name.clone(), definition)).collect()
}

/// The group HubSpot's own properties of that kind are in.
pub fn group_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact => "contactinformation",
        Kind::Company => "companyinformation",
        Kind::Deal => "dealinformation",
        Kind::Meeting => "meeting",
        Kind::Note => "note",
        Kind::Task => "task",
    }
}
