//! Spoken commitments: a plain, rule-based reading of a transcript (English) for files that bring no action items of their own.
//! Few and certain rather than many: the sentence itself is the text, its turn is the source.

use model::{ActionItem, Person, Transcript, Turn};

/// So many of one meeting at most.
const MOST: usize = 5;
/// Shorter sentences say too little, longer ones are no task.
const WORDS: std::ops::RangeInclusive<usize> = 6..=28;

/// Phrases that commit, strongest first, and whether it is the speaker who commits.
const PHRASES: [(&str, bool); 9] = [
    ("action item", false),
    ("i'll send", true),
    ("i will send", true),
    ("i'll ", true),
    ("i will ", true),
    ("you will have to ", false),
    ("we need to ", false),
    ("we have to ", false),
    ("could you please ", false),
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
    let lower = format!("{} ", sentence.to_lowercase().replace('’', "'"));
    let words = sentence.split_whitespace().count();
    if !WORDS.contains(&words) || sentence.ends_with('?') {
        return None;
    }
    let at = PHRASES.iter().position(|(phrase, _)| lower.starts_with(phrase) || lower.contains(&format!(" {phrase}")))?;
    Some((at, PHRASES[at].1))
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
}
