//! The workspace: team, people, channels, messages, and the demo organisation it starts with. Knows no HTTP.

use std::collections::BTreeMap;

use crate::kit::Kit;
use crate::people::{Colleague, FORMER, PEOPLE};
use serde_json::Value;

pub(super) struct World {
    pub team: Team,
    pub app: App,
    pub users: Vec<User>,
    pub channels: Vec<Channel>,
    /// By channel and ts. Slack's ts sorts as text, because it always has ten digits before the point and six after.
    messages: BTreeMap<(String, String), Message>,
    last_micros: i64,
    pub subscription: Option<Subscription>,
    /// The app was uninstalled at some time; its tokens from before are those of a removed app.
    pub was_removed: bool,
}

pub(super) struct Team {
    pub id: String,
    pub name: String,
    pub domain: String,
}

/// The installed app with its bot.
pub(super) struct App {
    pub id: String,
    pub name: String,
    pub bot_id: String,
    pub bot_user_id: String,
}

pub(super) struct User {
    pub id: String,
    pub name: String,
    pub real_name: String,
    pub email: String,
    pub deleted: bool,
    pub bot: bool,
}

impl User {
    /// Slackbot counts as no person, though its `is_bot` is false (reference/objects/user-object).
    pub fn is_person(&self) -> bool {
        !self.bot && self.id != SLACKBOT
    }
}

pub(super) const SLACKBOT: &str = "USLACKBOT";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Public,
    Private,
    /// Between the bot and one person.
    Direct,
}

pub(super) struct Channel {
    pub id: String,
    /// Empty for a direct message.
    pub name: String,
    pub kind: Kind,
    pub created: i64,
    pub creator: String,
    pub archived: bool,
    pub general: bool,
    pub purpose: String,
    pub members: Vec<String>,
}

#[derive(Clone)]
pub(super) struct Message {
    pub ts: String,
    pub channel: String,
    pub user: String,
    pub by_app: bool,
    pub text: String,
    pub blocks: Option<Value>,
    pub metadata: Option<Value>,
    /// Set on replies, not on the parent.
    pub thread_ts: Option<String>,
    pub broadcast: bool,
    pub edited_ts: Option<String>,
    /// A deleted parent of replies.
    pub tombstone: bool,
}

/// Where events go.
#[derive(Clone)]
pub(super) struct Subscription {
    pub url: String,
    pub signing_secret: String,
    pub events: Vec<String>,
}

impl World {
    pub(super) fn seeded(kit: &Kit) -> Self {
        let app = App { id: new_id(kit, 'A'), name: "Harmony".into(), bot_id: new_id(kit, 'B'), bot_user_id: new_id(kit, 'U') };
        let mut users: Vec<User> = PEOPLE[..5].iter().map(|one| person(kit, one, false)).collect();
        users.push(person(kit, &FORMER, true));
        let bot = |id: &str, name: &str, bot| User {
            id: id.into(),
            name: name.to_lowercase(),
            real_name: name.into(),
            email: String::new(),
            deleted: false,
            bot,
        };
        users.push(bot(&app.bot_user_id, "Harmony", true));
        users.push(bot(SLACKBOT, "Slackbot", false));
        let mut world = Self {
            team: Team { id: new_id(kit, 'T'), name: "Demo Organisation".into(), domain: "demo-example".into() },
            app,
            users,
            channels: Vec::new(),
            messages: BTreeMap::new(),
            last_micros: 0,
            subscription: None,
            was_removed: false,
        };
        world.seed_channels(kit);
        world
    }

    fn seed_channels(&mut self, kit: &Kit) {
        let seeds: [(&str, Kind, &str, bool); 7] = [
            ("general", Kind::Public, "Announcements for everybody.", false),
            ("random", Kind::Public, "Everything else.", false),
            ("meetings", Kind::Public, "Summaries of meetings.", true),
            ("product-design", Kind::Public, "The remote control project.", true),
            ("sales", Kind::Public, "Customers and deals.", false),
            ("leadership", Kind::Private, "Not for everybody.", false),
            ("old-project", Kind::Public, "Finished.", true),
        ];
        for (name, kind, purpose, with_bot) in seeds {
            let mut members: Vec<String> = self.users.iter().filter(|u| u.is_person() && !u.deleted).map(|u| u.id.clone()).collect();
            if with_bot {
                members.push(self.app.bot_user_id.clone());
            }
            let id = self.add_channel(kit, name, kind, members);
            if let Some(channel) = self.channel_mut(&id) {
                purpose.clone_into(&mut channel.purpose);
                channel.general = name == "general";
                channel.archived = name == "old-project";
            }
        }
    }

    /// A new channel; its first member is the creator.
    pub(super) fn add_channel(&mut self, kit: &Kit, name: &str, kind: Kind, members: Vec<String>) -> String {
        let id = new_id(kit, if kind == Kind::Direct { 'D' } else { 'C' });
        self.channels.push(Channel {
            id: id.clone(),
            name: name.into(),
            kind,
            created: kit.clock.now().as_second(),
            creator: members.first().cloned().unwrap_or_default(),
            archived: false,
            general: false,
            purpose: String::new(),
            members,
        });
        id
    }

    /// The direct message channel of the bot and this person, and whether it was there before.
    pub(super) fn direct(&mut self, kit: &Kit, user: &str) -> (String, bool) {
        let existing = self.channels.iter().find(|c| c.kind == Kind::Direct && c.members.iter().any(|member| member == user));
        if let Some(channel) = existing {
            return (channel.id.clone(), true);
        }
        let members = vec![user.to_owned(), self.app.bot_user_id.clone()];
        (self.add_channel(kit, "", Kind::Direct, members), false)
    }

    /// What the bot can see: public channels, and others it is a member of.
    pub(super) fn visible(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id).filter(|channel| channel.kind == Kind::Public || self.has_bot(channel))
    }

    /// By id or name, for people.
    pub(super) fn find_channel(&self, reference: &str) -> Option<&Channel> {
        let name = reference.trim_start_matches('#');
        self.channels.iter().find(|channel| channel.id == reference || (!channel.name.is_empty() && channel.name == name))
    }

    pub(super) fn channel_mut(&mut self, id: &str) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.id == id)
    }

    pub(super) fn has_bot(&self, channel: &Channel) -> bool {
        channel.members.contains(&self.app.bot_user_id)
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.is_person() && user.email.eq_ignore_ascii_case(email))
    }

    /// A ts that no message has yet, not before `micros`.
    pub(super) fn next_ts(&mut self, micros: i64) -> String {
        self.last_micros = micros.max(self.last_micros + 1);
        format!("{:010}.{:06}", self.last_micros / 1_000_000, self.last_micros % 1_000_000)
    }

    pub(super) fn put(&mut self, message: Message) {
        self.messages.insert((message.channel.clone(), message.ts.clone()), message);
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.get(&(channel.to_owned(), ts.to_owned())).filter(|message| !message.tombstone)
    }

    /// Everything of one channel, oldest first.
    pub(super) fn messages(&self, channel: &str) -> impl DoubleEndedIterator<Item = &Message> {
        let whole = (channel.to_owned(), String::new())..(channel.to_owned(), "~".to_owned());
        self.messages.range(whole).map(|(_, message)| message)
    }

    pub(super) fn replies(&self, channel: &str, parent: &str) -> Vec<&Message> {
        self.messages(channel).filter(|message| message.thread_ts.as_deref() == Some(parent)).collect()
    }

    /// Takes a message away; a parent of replies leaves a tombstone.
    pub(super) fn remove(&mut self, channel: &str, ts: &str) {
        let key = (channel.to_owned(), ts.to_owned());
        if self.replies(channel, ts).is_empty() {
            self.messages.remove(&key);
        } else if let Some(message) = self.messages.get_mut(&key) {
            message.tombstone = true;
            "This message was deleted.".clone_into(&mut message.text);
            message.blocks = None;
            message.metadata = None;
        }
    }
}

fn person(kit: &Kit, one: &Colleague, deleted: bool) -> User {
    User { id: new_id(kit, 'U'), name: one.mailbox.into(), real_name: one.name.into(), email: one.email(), deleted, bot: false }
}

/// An id of Slack's kind: a letter and ten capitals or digits.
pub(super) fn new_id(kit: &Kit, letter: char) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut id = String::from(letter);
    for _ in 0..10 {
        let index = usize::try_from(kit.number(ALPHABET.len() as u64)).unwrap_or(0);
        id.push(char::from(ALPHABET[index]));
    }
    id
}
