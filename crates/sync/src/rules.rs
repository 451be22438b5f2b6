//! Rules: which destination a meeting goes to, or that it is left out. Pure.

use model::connection::Capability;
use model::person::normal_email;
use model::settings::{Condition, Destination, Rule, RuleAction};
use model::{Meeting, Settings};

use crate::matching::external_people;

/// What the rules say of one meeting at one capability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Send(Option<Destination>),
    /// Left out, and the rule's number (from 1).
    Skip(usize),
}

/// The first rule that holds decides; without one, the capability's own destination.
pub fn decide(settings: &Settings, capability: Capability, meeting: Option<&Meeting>, own_domains: &[String]) -> Verdict {
    let fallback = settings.syncs.get(&capability).and_then(|sync| sync.destination.clone());
    let hit = settings.rules.iter().enumerate().find(|(_, rule)| rule.of == capability && holds(rule, meeting, own_domains));
    match hit {
        Some((at, Rule { action: RuleAction::Skip, .. })) => Verdict::Skip(at + 1),
        Some((_, Rule { action: RuleAction::Send { to }, .. })) => Verdict::Send(Some(to.clone())),
        None => Verdict::Send(fallback),
    }
}

fn holds(rule: &Rule, meeting: Option<&Meeting>, own_domains: &[String]) -> bool {
    let Some(meeting) = meeting else { return rule.when == Condition::Always };
    match &rule.when {
        Condition::TitleContains { text } => meeting.title.to_lowercase().contains(&text.to_lowercase()),
        Condition::HostIs { email } => {
            meeting.organizer.as_ref().and_then(|host| host.email.as_deref()).is_some_and(|host| normal_email(host) == normal_email(email))
        }
        Condition::Participants { external } => external_people(meeting, own_domains).next().is_some() == *external,
        Condition::HasTag { tag } => meeting.tags.iter().any(|own| own.eq_ignore_ascii_case(tag)),
        Condition::Always => true,
    }
}

#[cfg(test)]
mod tests {
    use model::When;

    use super::*;

    #[test]
    fn the_first_rule_that_holds_decides() {
        let day = jiff::civil::date(2026, 3, 2);
        let meeting = Meeting::new("Board meeting", When::AllDay { first: day, last: day });
        let to = |id: &str| Destination { id: id.into(), name: id.into() };
        let rule = |when, action| Rule { of: Capability::Messages, when, action };
        let mut settings = Settings {
            rules: vec![
                rule(Condition::TitleContains { text: "BOARD".into() }, RuleAction::Skip),
                rule(Condition::Always, RuleAction::Send { to: to("C1") }),
            ],
            ..Settings::default()
        };
        assert_eq!(decide(&settings, Capability::Messages, Some(&meeting), &[]), Verdict::Skip(1));
        assert_eq!(
            decide(&settings, Capability::Tasks, Some(&meeting), &[]),
            Verdict::Send(None),
            "rules of another capability do not count"
        );
        settings.rules.remove(0);
        assert_eq!(decide(&settings, Capability::Messages, Some(&meeting), &[]), Verdict::Send(Some(to("C1"))));
    }
}
