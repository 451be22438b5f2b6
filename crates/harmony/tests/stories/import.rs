//! `harmony import` by the real binary: files that are no meetings are refused by their names, and nothing of them is saved.

use std::path::Path;
use std::process::{Command, Stdio};

const GOOD: &[u8] = b"WEBVTT\n\n00:00.000 --> 00:04.200\nProject Manager: Shall we begin?\n";

/// Runs a command; whether it succeeded, and all that it said.
fn harmony(data: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harmony"));
    command.current_dir(data).stdin(Stdio::null()).env("HARMONY_LOG", "error").env("HARMONY_DATA_DIR", data.join("data"));
    command
        .env("HARMONY_DATABASE_URL", format!("sqlite://{}", data.join("hub.db").display()))
        .env("HARMONY_PASSWORD", "a long enough password");
    let output = command.args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn b04_b08_files_that_are_no_meetings_are_refused_by_name_and_nothing_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (good, said) = harmony(data, &["setup", "--email", "admin@demo.example"]);
    assert!(good, "{said}");
    let long = vec![b'a'; (1 << 20) + 1];
    let cases: [(&str, &[u8], &str); 9] = [
        ("empty.vtt", b"", "it is empty"),
        ("utf16.vtt", b"\xFF\xFEW\0", "UTF-16"),
        ("latin.txt", b"Gr\xFC\xDFe", "byte 2"),
        ("archive.txt", b"PK\x03\x04\0\0", "NUL"),
        ("backwards.vtt", b"WEBVTT\n\n00:05.000 --> 00:04.000\nx\n", "line 3: the cue ends before it starts"),
        ("half.json", b"{\"meeting\":{", "JSON"),
        ("twice.json", b"{\"meeting\":{},\"meeting\":{}}", "`meeting`: this key is given twice"),
        ("page.pdf", b"%PDF", "vtt, srt, json and txt"),
        ("line.txt", &long, "line 1 is longer"),
    ];
    std::fs::write(data.join("good.vtt"), GOOD).unwrap();
    for (name, bytes, words) in cases {
        std::fs::write(data.join(name), bytes).unwrap();
        let (done, said) = harmony(data, &["import", "good.vtt", name]);
        assert!(!done && said.contains(name) && said.contains(words), "{name}: {said}");
        assert!(!said.contains("created"), "{name}: the good file beside it is not saved either: {said}");
    }
    std::fs::File::create(data.join("huge.txt")).unwrap().set_len(100 << 20).unwrap();
    let copy = data.join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::write(copy.join("good.vtt"), GOOD).unwrap();
    for (second, words) in
        [("huge.txt", "64 MB"), ("none.vtt", "cannot be read"), ("copy", "copy"), ("copy/good.vtt", "two files are called good.vtt")]
    {
        let (done, said) = harmony(data, &["import", "good.vtt", second]);
        assert!(!done && said.contains(words) && !said.contains("created"), "{second}: {said}");
    }
    let (done, said) = harmony(data, &["import", "good.vtt"]);
    assert!(done && said.contains("created good.vtt"), "after all these it is new still: {said}");
    let (done, said) = harmony(data, &["import", "good.vtt"]);
    assert!(done && said.contains("updated good.vtt"), "{said}");
}
