//! One HubSpot account: its objects, properties, owners, pipelines and associations, and every change to them. Knows no HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    definitions,
    hooks::{Hooks, Source},
    kind::{KINDS, Kind},
    links::Links,
    records::{Table, Values},
    schema::{Definition, Maker},
    seed,
};

/// Somebody to whom records can belong.
#[derive(Clone, Debug)]
pub struct Owner {
    pub id: u64,
    pub user_id: u64,
    pub email: String,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub id: String,
    pub label: String,
    pub probability: &'static str,
}

#[derive(Clone, Debug)]
pub struct Pipeline {
    pub id: String,
    pub label: String,
    pub stages: Vec<Stage>,
}

pub struct Portal {
    /// The hub id.
    pub id: String,
    tables: BTreeMap<Kind, Table>,
    schemas: BTreeMap<Kind, BTreeMap<String, Definition>>,
    pub groups: BTreeMap<Kind, BTreeSet<String>>,
    pub links: Links,
    pub owners: Vec<Owner>,
    pub pipelines: Vec<Pipeline>,
    pub hooks: Hooks,
    /// How long search lags behind.
    pub lag_ms: i64,
    /// Optional scopes this account has no right to: they are left out of a consent in silence.
    pub withheld: BTreeSet<String>,
    last_id: u64,
}

impl Portal {
    pub fn new(id: &str, now_ms: i64) -> Self {
        let mut portal = Self {
            id: id.to_owned(),
            tables: KINDS.into_iter().map(|kind| (kind, Table::default())).collect(),
            schemas: KINDS.into_iter().map(|kind| (kind, definitions::of(kind))).collect(),
            groups: KINDS.into_iter().map(|kind| (kind, BTreeSet::from([definitions::group_of(kind).to_owned()]))).collect(),
            links: Links::default(),
            owners: seed::owners(),
            pipelines: seed::pipelines(),
            hooks: Hooks::default(),
            lag_ms: 5_000,
            withheld: BTreeSet::new(),
            last_id: 1_000,
        };
        portal.table_mut(Kind::Contact).keep_unique("email");
        seed::records(&mut portal, now_ms);
        portal
    }

    pub fn table(&self, kind: Kind) -> &Table {
        &self.tables[&kind]
    }

    fn table_mut(&mut self, kind: Kind) -> &mut Table {
        self.tables.entry(kind).or_default()
    }

    /// A property that is defined and not archived.
    pub fn definition(&self, kind: Kind, name: &str) -> Option<&Definition> {
        self.schemas[&kind].get(name).filter(|definition| !definition.archived)
    }

    pub fn definitions(&self, kind: Kind, archived: bool) -> impl Iterator<Item = &Definition> {
        self.schemas[&kind].values().filter(move |definition| definition.archived == archived)
    }

    /// Adds a property. The name is free.
    pub fn define(&mut self, kind: Kind, definition: Definition) {
        if definition.unique {
            self.table_mut(kind).keep_unique(&definition.name);
        }
        self.schemas.entry(kind).or_default().insert(definition.name.clone(), definition);
    }

    /// Archives a property a person or app made; false when there is none.
    pub fn archive_definition(&mut self, kind: Kind, name: &str) -> bool {
        let held = self.schemas.entry(kind).or_default().get_mut(name);
        let Some(definition) = held.filter(|definition| !definition.archived && definition.maker == Maker::App) else { return false };
        definition.archived = true;
        true
    }

    pub fn create(&mut self, kind: Kind, values: Values, now_ms: i64, source: Source) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        let set: Vec<(Arc<str>, String)> =
            values.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (Arc::clone(name), value.clone())).collect();
        self.table_mut(kind).insert(id, values, now_ms);
        self.hooks.created(kind, id, &set, now_ms, source);
        id
    }

    pub fn update(&mut self, kind: Kind, id: u64, values: &Values, now_ms: i64, source: Source) -> bool {
        let lag_ms = self.lag_ms;
        let changes = self.table_mut(kind).update(id, values, now_ms, lag_ms);
        self.hooks.changed(kind, id, &changes, now_ms, source);
        !changes.is_empty()
    }

    /// Archives a record and its associations.
    pub fn archive(&mut self, kind: Kind, id: u64, now_ms: i64, source: Source) -> bool {
        if !self.table_mut(kind).archive(id, now_ms) {
            return false;
        }
        self.links.forget((kind, id));
        self.hooks.deleted(kind, id, now_ms, source);
        true
    }

    /// Many contacts at once, without webhooks: an account that was full already.
    pub fn fill(&mut self, count: u64, now_ms: i64) {
        let names = ["email", "firstname", "lastname", "company", "lifecyclestage"].map(Arc::<str>::from);
        for number in 1..=count {
            self.last_id += 1;
            let id = self.last_id;
            let texts = [
                format!("contact.{id}@customers.example"),
                format!("Contact {number}"),
                format!("Number {id}"),
                format!("Customer {}", id % 500),
                "customer".to_owned(),
            ];
            let values = names.iter().map(Arc::clone).zip(texts).collect();
            self.table_mut(Kind::Contact).insert(id, values, now_ms);
        }
    }

    /// A live record by id, or by a unique property's value.
    pub fn find(&self, kind: Kind, id_property: Option<&str>, id: &str) -> Option<u64> {
        match id_property {
            None | Some("hs_object_id") => {
                let id = id.parse().ok()?;
                self.table(kind).live(id).map(|record| record.id)
            }
            Some(name) => self.table(kind).holder(name, id),
        }
    }

    pub fn owner(&self, id: &str) -> Option<&Owner> {
        self.owners.iter().find(|owner| owner.id.to_string() == id)
    }

    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.pipelines.iter().flat_map(|pipeline| &pipeline.stages)
    }

    pub fn pipeline_ids(&self) -> String {
        self.pipelines.iter().map(|pipeline| pipeline.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    pub fn stage_ids(&self) -> String {
        self.stages().map(|stage| stage.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// What is wrong when a stage is not one of the pipeline given with it.
    pub fn misplaced_stage(&self, pipeline: Option<&String>, stage: Option<&String>) -> Option<String> {
        let (pipeline, stage) = (pipeline.filter(|id| !id.is_empty())?, stage.filter(|id| !id.is_empty())?);
        let own = self.pipelines.iter().find(|own| own.id == *pipeline)?;
        let fits = own.stages.iter().any(|known| known.id == *stage);
        (!fits).then(|| format!("Stage ID \"{stage}\" is not valid for pipeline \"{pipeline}\""))
    }
}
