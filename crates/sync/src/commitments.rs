//! Spoken commitments: a plain, rule-based reading of a transcript (English) for files that bring no action items of their own.
//! Few and certain rather than many: the sentence itself is the text, its turn is the source.

use model::{ActionItem, Person, Transcript, Turn};

/// So many of one meeting at most.
const MOST: usize = 5;
/// Shorter sentences say too little, longer ones are no task.
const WORDS: std::ops::RangeInclusive<usize> = 6..=28;

/// Phrases that commit, strongest first, and whether it is the speaker who commits.
const PHRASES: [(&str, bool); 9] = [
    ("i'll", true),
    ("i will", true),
    ("i am going to", true),
    ("i'm going to", true),
    ("could you please", false),
    ("you will have to", false),
    ("you have to", false),
    ("we need to", false),
    ("we have to", false),
];

/// Words between such a phrase and what is promised.
const FILLERS: [&str; 14] =
    ["just", "also", "then", "uh", "um", "try", "to", "and", "actually", "definitely", "probably", "still", "go", "really"];

/// What is promised to be done after the meeting. Talk is full of promises for the next minute ("I'll go back to the slide").
const TASKS: [&str; 41] = [
    "send",
    "write",
    "prepare",
    "email",
    "mail",
    "draft",
    "circulate",
    "share",
    "distribute",
    "follow up",
    "get back to",
    "look into",
    "find out",
    "check with",
    "check whether",
    "make sure",
    "make a summary",
    "make a note",
    "put together",
    "work on",
    "work out",
    "set up",
    "schedule",
    "arrange",
    "organise",
    "organize",
    "contact",
    "call",
    "ask",
    "order",
    "book",
    "finish",
    "complete",
    "update",
    "fix",
    "investigate",
    "research",
    "report",
    "provide",
    "come up with",
    "talk to",
];

/// The commitments in a transcript, in the order in which they were spoken.
pub fn commitments(transcript: &Transcript) -> Vec<ActionItem> {
    let mut found: Vec<(usize, usize, ActionItem)> = Vec::new();
    for (at, turn) in transcript.turns.iter().enumerate() {
        for sentence in sentences(&turn.text) {
            if let Some((strength, by_speaker)) = strength(&sentence)
                && !found.iter().any(|(_, _, known)| known.text == sentence)
            {
                found.push((strength, at, item(sentence, at, turn, by_speaker)));
            }
        }
    }
    found.sort_by_key(|(strength, at, _)| (*strength, *at));
    found.truncate(MOST);
    found.sort_by_key(|(_, at, _)| *at);
    found.into_iter().map(|(_, _, item)| item).collect()
}

fn item(text: String, at: usize, turn: &Turn, by_speaker: bool) -> ActionItem {
    let owner = turn.speaker.clone().filter(|_| by_speaker).map(|name| Person { name: Some(name), ..Person::default() });
    ActionItem { text, owner, source_turn: u32::try_from(at).ok(), ..ActionItem::default() }
}

fn strength(sentence: &str) -> Option<(usize, bool)> {
    let lower = sentence.to_lowercase().replace('’', "'");
    let words = sentence.split_whitespace().count();
    if !WORDS.contains(&words) || sentence.ends_with('?') {
        return None;
    }
    let words: Vec<&str> =
        lower.split(|letter: char| !(letter.is_alphanumeric() || letter == '\'')).filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    if text.contains("action item") {
        return Some((0, false));
    }
    PHRASES.iter().enumerate().find_map(|(at, (phrase, by_speaker))| {
        let rest = after(&text, phrase)?;
        let promised = rest.split(' ').skip_while(|word| FILLERS.contains(word)).collect::<Vec<_>>().join(" ");
        let is_task = TASKS.iter().any(|task| promised.strip_prefix(task).is_some_and(|rest| rest.starts_with(' ')));
        is_task.then_some((at + 1, *by_speaker))
    })
}

/// What follows a phrase of whole words.
fn after<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    let mut from = 0;
    while let Some(at) = text[from..].find(phrase).map(|at| from + at) {
        let (before, rest) = (&text[..at], &text[at + phrase.len()..]);
        if (before.is_empty() || before.ends_with(' ')) && rest.starts_with(' ') {
            return Some(rest.trim_start());
        }
        from = at + phrase.len();
    }
    None
}

/// The sentences of a turn, without the marks of transcribers (`{vocalsound}`, `<laugh>`), spaced as one writes.
fn sentences(text: &str) -> Vec<String> {
    let clean = without_marks(text);
    let mut all = Vec::new();
    let mut start = 0;
    for (at, letter) in clean.char_indices() {
        if matches!(letter, '.' | '?' | '!') {
            all.push(spaced(&clean[start..at + letter.len_utf8()]));
            start = at + letter.len_utf8();
        }
    }
    all.push(spaced(&clean[start..]));
    all.retain(|sentence| !sentence.is_empty());
    all
}

fn without_marks(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut depth = 0_u32;
    for letter in text.chars() {
        match letter {
            '{' | '<' => depth += 1,
            '}' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => clean.push(letter),
            _ => {}
        }
    }
    clean
}

fn spaced(sentence: &str) -> String {
    let mut text = String::with_capacity(sentence.len());
    for word in sentence.split_whitespace() {
        if !(text.is_empty() || word.chars().all(|letter| matches!(letter, '.' | ',' | '?' | '!' | ';' | ':'))) {
            text.push(' ');
        }
        text.push_str(word);
    }
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_the_speakers_and_points_at_its_turn() {
        let turn = |speaker: &str, text: &str| Turn { speaker: Some(speaker.into()), text: text.into(), ..Turn::default() };
        let transcript = Transcript {
            turns: vec![
                turn("Marketing", "Uh yeah . What will we need to do about the {vocalsound} price now , really ?"),
                turn("Project Manager", "Okay . I'll send you the minutes {gap} of this meeting tomorrow . Thanks ."),
                turn("Marketing", "We need to find out what the <laugh> remote costs to make ."),
            ],
            ..Transcript::default()
        };
        let items = commitments(&transcript);
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].text, "I'll send you the minutes of this meeting tomorrow.");
        assert_eq!(items[0].owner.as_ref().and_then(|owner| owner.name.as_deref()), Some("Project Manager"));
        assert_eq!((items[0].source_turn, items[1].source_turn), (Some(1), Some(2)));
        assert_eq!(items[1].owner, None, "who is meant by `we` is not guessed");
    }

    #[test]
    fn what_is_promised_for_the_next_minute_is_no_task() {
        for talk in [
            "I'll have a Big Mac, please, and a cola.",
            "But I'll just draw a different kind of dog.",
            "Okay, I'll take a vote by show of hands.",
            "I'll move on to my question to the next member.",
            "We have to think about that one some more.",
            "That tells you something about how many we have to sell on an international scale.",
            "I will not be sending you the minutes.",
        ] {
            assert_eq!(strength(talk), None, "{talk}");
        }
        for (task, by_speaker) in [
            ("Um, I'll just try to find out what the chip costs.", true),
            ("And then I will also put together a list of requirements.", true),
            ("So we need to come up with a price by Friday.", false),
            ("Could you please send us the figures of last month?", false),
        ] {
            let task = task.trim_end_matches('?');
            assert_eq!(strength(task).map(|(_, own)| own), Some(by_speaker), "{task}");
        }
    }
}
