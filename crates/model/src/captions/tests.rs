//! Caption files, good, bad and hostile (FAULTS.md B08).

use proptest::prelude::*;

use super::*;

fn turn(speaker: Option<&str>, start_ms: u64, end_ms: u64, text: &str) -> Turn {
    Turn { speaker: speaker.map(str::to_owned), start_ms: Some(start_ms), end_ms: Some(end_ms), text: text.to_owned() }
}

fn refused(text: &str) -> (usize, Reason) {
    let error = vtt(text).unwrap_err();
    (error.line, error.reason)
}

#[test]
fn zoom_writes_the_speaker_before_the_words() {
    let text = "WEBVTT\r\n\r\n1\r\n00:00:00.000 --> 00:00:04.200\r\nProject Manager: Shall we begin?\r\n\r\n\
        2\r\n00:00:04.200 --> 01:00:05.000\r\nMarketing: One question: why?\r\n\r\n3\r\n01:00:05.000 --> 01:00:06.000\r\nnobody's words\r\n";
    let expected = [
        turn(Some("Project Manager"), 0, 4_200, "Shall we begin?"),
        turn(Some("Marketing"), 4_200, 3_605_000, "One question: why?"),
        turn(None, 3_605_000, 3_606_000, "nobody's words"),
    ];
    assert_eq!(vtt(text).unwrap().turns, expected);
}

#[test]
fn voice_tags_name_speakers_and_other_markup_is_dropped() {
    let text = "\u{feff}WEBVTT - a title\nKind: captions\nLanguage: en-GB\n\nNOTE a comment\nover two lines\n\nSTYLE\n::cue {}\n\n\
        first\n00:01.000 --> 00:02.500 align:start position:10%\n<v.loud Professor A>It is <i>so</i> &amp; not &#x3c;else&gt;\non two lines</v>\n\n\
        00:03.000 --> 00:04.000\n<v One &amp; Two>Yes.</v> <v Marketing>No, 3 < 4 & so on: <00:03.500>really\n";
    let read = vtt(text).unwrap();
    assert_eq!(read.language.as_deref(), Some("en-GB"));
    let expected = [
        turn(Some("Professor A"), 1_000, 2_500, "It is so & not <else> on two lines"),
        turn(Some("One & Two"), 3_000, 4_000, "Yes."),
        turn(Some("Marketing"), 3_000, 4_000, "No, 3 < 4 & so on: really"),
    ];
    assert_eq!(read.turns, expected);
}

#[test]
fn subrip_has_commas_and_few_tags() {
    let text = "1\n00:00:01,500 --> 00:00:02,000\n<i>We begin</i>, {\\an8}at 3 < 4\n\n2\n0:00:03,000 --> 0:00:04,000\nAnd <end> it; now\n\n3\n00:00:05,000 --> 00:00:05,000\n\n";
    let expected = [turn(None, 1_500, 2_000, "We begin, at 3 < 4"), turn(None, 3_000, 4_000, "And <end> it; now")];
    assert_eq!(srt(text).unwrap().turns, expected);
}

#[test]
fn a_colon_makes_a_speaker_only_where_most_cues_have_one() {
    let cue = |text: &str| format!("00:00.000 --> 00:01.000\n{text}\n\n");
    let few = format!("WEBVTT\n\n{}{}{}", cue("a plain line"), cue("and one more"), cue("I ask: why"));
    assert!(vtt(&few).unwrap().turns.iter().all(|turn| turn.speaker.is_none()));
    let times = format!("WEBVTT\n\n{}", cue("10:30 is fine"));
    assert_eq!(vtt(&times).unwrap().turns[0].text, "10:30 is fine");
}

#[test]
fn the_same_speakers_next_cue_goes_on_with_the_turn() {
    let cue = |text: &str| format!("00:00.000 --> 00:01.000\n<v {text}\n\n");
    let text = format!("WEBVTT\n\n{}{}{}{}", cue("A>One."), cue("A>Two."), cue("B>Three."), cue(&format!("A>{}", "x".repeat(5_000))));
    let long = format!("{text}{}", cue("A>y"));
    let turns = vtt(&long).unwrap().turns;
    assert_eq!(turns[0].text, "One. Two.");
    assert_eq!(turns.len(), 4, "a long turn is long enough");
}

#[test]
fn what_does_not_fit_is_named_with_its_line() {
    for bad in ["", "Hello there\n", "WEBVTTX\n", "\nWEBVTT\n", "webvtt\n"] {
        assert_eq!(refused(bad), (1, Reason::NoHeader), "{bad:?}");
    }
    assert_eq!(srt(" \n\n").unwrap_err(), CaptionError { line: 2, reason: Reason::NoCue });
    assert_eq!(srt("1\nwords\n").unwrap_err(), CaptionError { line: 2, reason: Reason::NoTime });
    assert_eq!(refused("WEBVTT\n00:01.000 --> 00:02.000\nx\n"), (2, Reason::NoBlankLine));
    assert_eq!(refused("WEBVTT\n\n00:01.000 --> 00:02.000\nx\n00:03.000 --> 00:04.000\n"), (5, Reason::NoBlankLine));
    assert_eq!(refused("WEBVTT\n\nonly words\n\n"), (4, Reason::NoTime));
    assert_eq!(refused("WEBVTT\r\rid\rwords\r"), (4, Reason::NoTime));
    assert_eq!(refused("WEBVTT\n\n00:05.000 --> 00:04.999\nx\n"), (3, Reason::EndBeforeStart));
    for bad in [
        "00:60.000",
        "60:00.000",
        "00:01",
        "00:01.0",
        "1:2.000",
        "-00:01.000",
        "00:01.0000",
        "a:01.000",
        "1:00:00:01.000",
        "9999999:00:00.000",
        "00:٠1.000",
    ] {
        assert_eq!(refused(&format!("WEBVTT\n\n{bad} --> 99:59:59.999\nx\n")), (3, Reason::BadTime), "{bad}");
    }
    assert_eq!(
        vtt("WEBVTT\n\n00:05.000 --> 00:04.000\n").unwrap_err().to_string(),
        "line 3: the cue ends before it starts",
        "an error says where and why"
    );
}

#[test]
fn b08_a_hostile_file_is_refused_early() {
    let line = format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{}", "x".repeat(100 << 20));
    assert_eq!(refused(&line), (4, Reason::LineTooLong));
    let many = format!("WEBVTT\n\n{}", "00:00.000 --> 00:01.000\nx\n\n".repeat(1_000_000));
    assert_eq!(refused(&many).1, Reason::TooManyCues);
    let longest = format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{}", "<".repeat(LONGEST_LINE));
    assert_eq!(vtt(&longest).unwrap().turns[0].text.len(), LONGEST_LINE);
    assert_eq!(refused(&format!("{longest}<")).1, Reason::LineTooLong);
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(text in "(WEBVTT\n\n)?[\\PC\n\r\t]{0,300}") {
        let _ = vtt(&text);
        let _ = srt(&text);
    }

    #[test]
    fn whatever_stands_in_a_cue_is_read_or_refused(text in "[<>v/&;a-z #x0-9:.{}\\\\\n-]{0,200}") {
        if let Ok(transcript) = vtt(&format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{text}")) {
            for turn in transcript.turns {
                prop_assert!(!turn.text.is_empty() && turn.text.trim() == turn.text);
            }
        }
        let _ = srt(&format!("1\n00:00:00,000 --> 00:00:01,000\n{text}"));
    }

    #[test]
    fn what_is_written_is_read_back(
        cues in proptest::collection::vec((0_u64..360_000_000, 0_u64..100_000, "[A-Z][a-z]{1,9}", "[a-z]{1,8}( [a-z0-9]{1,8}){0,6}"), 1..20),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
        subrip in any::<bool>(),
    ) {
        let clock = |ms: u64| format!("{:02}:{:02}:{:02}{}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, if subrip { ',' } else { '.' }, ms % 1_000);
        let mut text = if subrip { String::new() } else { format!("WEBVTT{end}{end}") };
        for (index, (start, length, name, words)) in cues.iter().enumerate() {
            let (number, from, to) = (index + 1, clock(*start), clock(start + length));
            let cue = format!("{number}{end}{from} --> {to}{end}{name} {index}: {words}{end}{end}");
            text.push_str(&cue);
        }
        let expected: Vec<Turn> = cues
            .iter()
            .enumerate()
            .map(|(index, (start, length, name, words))| turn(Some(&format!("{name} {index}")), *start, start + length, words))
            .collect();
        prop_assert_eq!(if subrip { srt(&text) } else { vtt(&text) }.unwrap().turns, expected);
    }
}
