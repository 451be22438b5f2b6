//! The objects and fields of the organisation, as `describe` tells them: types, lengths, what may be written, what is required.
//!
//! Names and types: the trimmed schema among the descriptions (a test and `description.rs` hold this table against it); lengths,
//! access and required fields: Salesforce Object Reference, pages of each object. `ContentNote`, `TaskStatus`, `TaskPriority` and
//! `Organization` are not in the trimmed schema: same reference.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Id,
    /// A text of so many characters at most.
    Text(usize),
    Email,
    /// Cannot be filtered by.
    LongText(usize),
    Picklist,
    Number,
    Flag,
    Date,
    DateTime,
    Reference(&'static [&'static str]),
    Base64,
}

/// Who may set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Create,
    Write,
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub kind: Type,
    pub access: Access,
    /// A new record without it is refused.
    pub required: bool,
}

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    pub name: &'static str,
    /// The first three characters of its ids.
    pub prefix: &'static str,
    pub fields: &'static [Field],
    /// Whether it has our external id, once an admin has added it.
    pub external_id: bool,
    /// Whether the API creates, changes and deletes it.
    pub writable: bool,
}

const fn field(name: &'static str, kind: Type, access: Access) -> Field {
    Field { name, kind, access, required: false }
}
const fn write(name: &'static str, kind: Type) -> Field {
    field(name, kind, Access::Write)
}
const fn read(name: &'static str, kind: Type) -> Field {
    field(name, kind, Access::Read)
}
const fn needed(name: &'static str, kind: Type, access: Access) -> Field {
    Field { name, kind, access, required: true }
}

const USER: Type = Type::Reference(&["User"]);
const WHO: Type = Type::Reference(&["Contact", "Lead"]);
const WHAT: Type = Type::Reference(&["Account", "Opportunity"]);

/// What every record has.
pub(super) const SYSTEM: [Field; 7] = [
    read("Id", Type::Id),
    read("IsDeleted", Type::Flag),
    read("CreatedDate", Type::DateTime),
    read("CreatedById", USER),
    read("LastModifiedDate", Type::DateTime),
    read("LastModifiedById", USER),
    read("SystemModstamp", Type::DateTime),
];

/// The external id field that an admin adds for Harmony: Text(50), unique, external id.
pub(super) const EXTERNAL_ID: Field = write("Harmony_Id__c", Type::Text(50));

const fn object(name: &'static str, prefix: &'static str, fields: &'static [Field]) -> Object {
    Object { name, prefix, fields, external_id: false, writable: true }
}
const fn marked(name: &'static str, prefix: &'static str, fields: &'static [Field]) -> Object {
    Object { name, prefix, fields, external_id: true, writable: true }
}
const fn setup(name: &'static str, prefix: &'static str, fields: &'static [Field]) -> Object {
    Object { name, prefix, fields, external_id: false, writable: false }
}

/// All of them.
pub(super) static OBJECTS: [Object; 14] = [
    object("Account", "001", &[needed("Name", Type::Text(255), Access::Write), write("Website", Type::Text(255)), write("OwnerId", USER)]),
    marked(
        "Contact",
        "003",
        &[
            needed("LastName", Type::Text(80), Access::Write),
            write("FirstName", Type::Text(40)),
            read("Name", Type::Text(121)),
            write("Email", Type::Email),
            write("Phone", Type::Text(40)),
            write("Title", Type::Text(128)),
            write("AccountId", Type::Reference(&["Account"])),
            write("Description", Type::LongText(32_000)),
            write("OwnerId", USER),
        ],
    ),
    marked(
        "Lead",
        "00Q",
        &[
            needed("LastName", Type::Text(80), Access::Write),
            write("FirstName", Type::Text(40)),
            read("Name", Type::Text(121)),
            needed("Company", Type::Text(255), Access::Write),
            write("Email", Type::Email),
            write("Phone", Type::Text(40)),
            write("Title", Type::Text(128)),
            write("Status", Type::Picklist),
            read("IsConverted", Type::Flag),
            read("ConvertedContactId", Type::Reference(&["Contact"])),
            write("Description", Type::LongText(32_000)),
            write("OwnerId", USER),
        ],
    ),
    object(
        "Opportunity",
        "006",
        &[
            needed("Name", Type::Text(120), Access::Write),
            needed("StageName", Type::Picklist, Access::Write),
            needed("CloseDate", Type::Date, Access::Write),
            write("AccountId", Type::Reference(&["Account"])),
            write("Amount", Type::Number),
            write("Probability", Type::Number),
            write("NextStep", Type::Text(255)),
            write("Description", Type::LongText(32_000)),
            read("IsClosed", Type::Flag),
            read("IsWon", Type::Flag),
            write("OwnerId", USER),
        ],
    ),
    object(
        "OpportunityContactRole",
        "00K",
        &[
            needed("OpportunityId", Type::Reference(&["Opportunity"]), Access::Create),
            needed("ContactId", Type::Reference(&["Contact"]), Access::Create),
            write("IsPrimary", Type::Flag),
        ],
    ),
    marked(
        "Event",
        "00U",
        &[
            write("Subject", Type::Text(255)),
            write("WhoId", WHO),
            write("WhatId", WHAT),
            write("Location", Type::Text(255)),
            write("IsAllDayEvent", Type::Flag),
            write("StartDateTime", Type::DateTime),
            write("EndDateTime", Type::DateTime),
            write("DurationInMinutes", Type::Number),
            write("Description", Type::LongText(32_000)),
            write("OwnerId", USER),
        ],
    ),
    object(
        "EventRelation",
        "0RE",
        &[
            needed("EventId", Type::Reference(&["Event"]), Access::Create),
            needed("RelationId", Type::Reference(&["Contact", "Lead", "User"]), Access::Create),
            write("Status", Type::Picklist),
        ],
    ),
    marked(
        "Task",
        "00T",
        &[
            write("Subject", Type::Text(255)),
            write("WhoId", WHO),
            write("WhatId", WHAT),
            write("ActivityDate", Type::Date),
            write("Status", Type::Picklist),
            write("Priority", Type::Picklist),
            read("IsHighPriority", Type::Flag),
            read("IsClosed", Type::Flag),
            write("Description", Type::LongText(32_000)),
            write("OwnerId", USER),
        ],
    ),
    object(
        "ContentNote",
        "069",
        &[
            needed("Title", Type::Text(255), Access::Write),
            write("Content", Type::Base64),
            read("TextPreview", Type::Text(255)),
            read("FileType", Type::Text(20)),
            read("OwnerId", USER),
        ],
    ),
    object(
        "ContentDocumentLink",
        "06A",
        &[
            needed("ContentDocumentId", Type::Reference(&["ContentNote"]), Access::Create),
            needed(
                "LinkedEntityId",
                Type::Reference(&["Account", "Contact", "Event", "Lead", "Opportunity", "Task", "User"]),
                Access::Create,
            ),
            needed("ShareType", Type::Picklist, Access::Write),
        ],
    ),
    setup(
        "User",
        "005",
        &[
            read("Username", Type::Text(80)),
            read("Email", Type::Email),
            read("Name", Type::Text(121)),
            read("FirstName", Type::Text(40)),
            read("LastName", Type::Text(80)),
            read("IsActive", Type::Flag),
            read("TimeZoneSidKey", Type::Text(40)),
        ],
    ),
    setup(
        "Organization",
        "00D",
        &[
            read("Name", Type::Text(80)),
            read("IsSandbox", Type::Flag),
            read("OrganizationType", Type::Text(40)),
            read("TimeZoneSidKey", Type::Text(40)),
        ],
    ),
    setup(
        "TaskStatus",
        "01T",
        &[
            read("MasterLabel", Type::Text(255)),
            read("ApiName", Type::Text(255)),
            read("IsClosed", Type::Flag),
            read("IsDefault", Type::Flag),
            read("SortOrder", Type::Number),
        ],
    ),
    setup(
        "TaskPriority",
        "01U",
        &[
            read("MasterLabel", Type::Text(255)),
            read("ApiName", Type::Text(255)),
            read("IsHighPriority", Type::Flag),
            read("IsDefault", Type::Flag),
            read("SortOrder", Type::Number),
        ],
    ),
];

/// The object of that name; names are told apart without regard to case.
pub(super) fn object_of(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name.eq_ignore_ascii_case(name))
}

/// The object that an id belongs to.
pub(super) fn object_by_id(id: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| id.starts_with(object.prefix))
}

impl Object {
    /// The field of that name, whether or not our own was added.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        let own = if self.external_id { std::slice::from_ref(&EXTERNAL_ID) } else { &[] };
        SYSTEM.iter().chain(self.fields.iter()).chain(own).find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The object that a relationship name leads to, and the field that holds its id.
    pub(super) fn parent(&self, relationship: &str) -> Option<(&'static Field, &'static Object)> {
        let field = self.field(&format!("{relationship}Id"))?;
        match field.kind {
            Type::Reference([one]) => Some((field, object_of(one)?)),
            _ => None,
        }
    }
}
