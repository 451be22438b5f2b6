//! What Notion holds: people, databases with their data sources, pages with typed values, blocks in their order, the webhook
//! subscription. Knows no HTTP.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// What an integration may do; set in its settings, not asked of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Capability {
    ReadContent,
    InsertContent,
    UpdateContent,
    ReadUsers,
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub workspace: String,
    pub workspace_name: String,
    pub bot: String,
    pub capabilities: BTreeSet<Capability>,
    pub users: Vec<User>,
    pub sources: Vec<Source>,
    pub pages: Vec<Page>,
    pub blocks: BTreeMap<String, Block>,
    /// The ids below a page or a block, in their order.
    pub children: BTreeMap<String, Vec<String>>,
    pub subscription: Option<Subscription>,
}

#[derive(Clone, Debug)]
pub(super) struct User {
    pub id: String,
    pub name: String,
    pub email: String,
}

/// A data source: the table of a database. Each database here has one.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub id: String,
    pub database: String,
    pub title: String,
    pub properties: Vec<Property>,
    /// Whether somebody gave the integration access to the database.
    pub shared: bool,
    pub trashed: bool,
    pub created: Timestamp,
    pub edited: Timestamp,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Property {
    pub id: String,
    pub name: String,
    /// `title`, `date`, `status`, …
    pub kind: String,
    /// What stands under the kind's name: options, groups.
    pub config: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Page {
    pub id: String,
    pub source: String,
    /// By the property's id: what stands under the kind's name in a page object.
    pub values: BTreeMap<String, Value>,
    pub trashed: bool,
    pub created: Timestamp,
    pub edited: Timestamp,
    /// Who made it and who edited it last: a person, or the bot.
    pub created_by: String,
    pub edited_by: String,
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    pub id: String,
    /// A page or another block.
    pub parent: String,
    pub kind: String,
    /// What stands under the kind's name.
    pub content: Value,
    pub created: Timestamp,
    pub edited: Timestamp,
    pub by: String,
}

/// A subscription of the integration's settings: events go out once its token was brought back.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub id: String,
    pub url: String,
    pub token: String,
    pub verified: bool,
}

impl World {
    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// By id or, for the control routes, by title.
    pub(super) fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == name || source.title == name)
    }

    pub(super) fn source_mut(&mut self, id: &str) -> Option<&mut Source> {
        self.sources.iter_mut().find(|source| source.id == id)
    }

    /// A data source as the integration sees it.
    pub(super) fn shared_source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == dashed(id) && source.shared && !source.trashed)
    }

    pub(super) fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == dashed(id))
    }

    pub(super) fn page_mut(&mut self, id: &str) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.id == id)
    }

    /// A page as the integration sees it, in the trash or not.
    pub(super) fn shared_page(&self, id: &str) -> Option<&Page> {
        self.page(id).filter(|page| self.shared_source(&page.source).is_some())
    }

    pub(super) fn below(&self, parent: &str) -> impl Iterator<Item = &Block> {
        self.children.get(parent).into_iter().flatten().filter_map(|id| self.blocks.get(id))
    }

    /// The page that a block stands on.
    pub(super) fn page_of(&self, block: &str) -> Option<&Page> {
        let mut at = block;
        loop {
            match self.blocks.get(at) {
                Some(block) => at = &block.parent,
                None => return self.page(at),
            }
        }
    }

    /// Takes a block and all below it away.
    pub(super) fn remove_block(&mut self, id: &str) {
        if let Some(block) = self.blocks.remove(id)
            && let Some(siblings) = self.children.get_mut(&block.parent)
        {
            siblings.retain(|sibling| sibling != id);
        }
        for below in self.children.remove(id).unwrap_or_default() {
            self.remove_block(&below);
        }
    }
}

impl Source {
    /// By name or id, as in a request.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name || property.id == name)
    }
}

/// An id with its dashes: both forms are taken.
pub(super) fn dashed(id: &str) -> String {
    id.parse::<uuid::Uuid>().map_or_else(|_| id.to_owned(), |id| id.to_string())
}
