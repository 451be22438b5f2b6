//! Files of meetings, through the API and through the page.

use axum::body::Body;
use axum::http::Request;

use super::hub::{Part, World, file, text, worlds};

const API: &str = "/api/v1/meetings/import";
const PAGE: &str = "/meetings/upload";
const GOOD: &[u8] = b"WEBVTT\n\n00:00.000 --> 00:04.200\nProject Manager: Shall we begin?\n";

/// Files that cannot be meetings: name, bytes, a word of the refusal.
fn wrong() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let json = |rest: &str| {
        format!(
            "{{\"meeting\":{{\"title\":\"x\",\"when\":{{\"kind\":\"timed\",\"start\":\"2026-01-31T09:00:00Z\",\"end\":\"2026-01-31T09:30:00Z\"}}}}{rest}}}"
        )
    };
    vec![
        ("empty.vtt", Vec::new(), "empty"),
        ("spaces.txt", b" \n\t\n".to_vec(), "empty"),
        ("utf16.vtt", b"\xFF\xFEW\0E\0B\0".to_vec(), "UTF-16"),
        ("utf16be.txt", b"\xFE\xFF\0H\0i".to_vec(), "UTF-16"),
        ("latin.txt", b"Gr\xFC\xDFe an alle".to_vec(), "byte 2"),
        ("cut.txt", "Grü".as_bytes()[..3].to_vec(), "byte 2"),
        ("program.txt", b"MZ\x90\0".to_vec(), "UTF-8"),
        ("archive.txt", b"PK\x03\x04\0\0".to_vec(), "NUL"),
        ("page.pdf", b"%PDF-1.7".to_vec(), "vtt, srt, json and txt"),
        ("nothing", b"Hello".to_vec(), "vtt, srt, json and txt"),
        ("header.vtt", b"WEBVTTX\n\n00:00.000 --> 00:01.000\nx\n".to_vec(), "WEBVTT"),
        ("backwards.vtt", b"WEBVTT\n\n00:05.000 --> 00:04.000\nx\n".to_vec(), "line 3: the cue ends before it starts"),
        ("time.vtt", b"WEBVTT\n\n0:5 --> 0:6\nx\n".to_vec(), "line 3"),
        ("truncated.vtt", b"WEBVTT\n\n00:00.000 --> 00:".to_vec(), "line 3"),
        ("silent.vtt", b"WEBVTT\n\nNOTE nobody\n".to_vec(), "nobody says anything"),
        ("none.srt", b"1\n".to_vec(), "line"),
        ("line.txt", vec![b'a'; (1 << 20) + 1], "line 1 is longer than 1 MB"),
        ("line.vtt", [b"WEBVTT\n\n".to_vec(), vec![b'a'; 2 << 20]].concat(), "line 3"),
        ("half.json", b"{\"meeting_transcripts\":[{\"speaker\":\"A\"".to_vec(), "JSON"),
        ("other.json", b"{\"title\":\"x\"}".to_vec(), "neither"),
        ("list.json", b"[]".to_vec(), "neither"),
        ("deep.json", vec![b'['; 1 << 20], "JSON"),
        ("unknown.json", json(",\"surprise\":1").into_bytes(), "surprise"),
        ("twice.json", json(",\"notes\":[],\"notes\":[]").into_bytes(), "notes"),
        ("number.json", json(",\"transcript\":{\"turns\":[{\"text\":\"a\",\"start_ms\":1e400}]}").into_bytes(), "JSON"),
        ("half-character.json", json(",\"notes\":[{\"body\":\"\\ud800\"}]").into_bytes(), "JSON"),
        ("nul.json", json(",\"notes\":[{\"body\":\"\\u0000\"}]").into_bytes(), "notes[0].body"),
        ("untitled.json", json("").replace("\"x\"", "\" \"").into_bytes(), "meeting.title"),
        ("backwards.json", json("").replace("09:30", "08:30").into_bytes(), "meeting.when"),
    ]
}

#[tokio::test]
async fn b04_b08_b28_a_file_that_cannot_be_a_meeting_is_refused_by_both_doors_and_nothing_is_saved() {
    for world in worlds().await {
        let form_token = world.page(&world.cookie, PAGE).await.form_token();
        let before = world.snapshot().await;
        let long = format!("{}.txt", "n".repeat(300));
        let mut all = wrong();
        all.push((&long, b"Marketing: Hello.".to_vec(), "its name"));
        for (name, bytes, words) in &all {
            let answer = world.upload(API, &[file("good.vtt", GOOD), file(name, bytes)]).await;
            assert_eq!(answer.problem(), (400, "invalid".into(), "file".into()), "{name:.40}: {}", answer.text);
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(words) && detail.contains(name), "{name:.40}: {detail}");
            let answer = world.upload(PAGE, &[text("form_token", &form_token), file(name, bytes)]).await;
            assert_eq!(answer.status.as_u16(), 400, "{name:.40}");
            let shown = answer.text.split_once("id=\"error\">").expect("the page says what is wrong").1;
            assert!(shown.starts_with("<code>file</code>: "), "{name:.40}: {shown:.200}");
        }
        assert_eq!(world.snapshot().await, before, "the good file beside a bad one is not saved either ({})", world.engine);
    }
}

#[tokio::test]
async fn b04_a_hundred_megabytes_of_one_line_are_cut_off() {
    let world = worlds().await.remove(0);
    let form_token = world.page(&world.cookie, PAGE).await.form_token();
    let before = world.snapshot().await;
    let line = vec![b'a'; 100 << 20];
    assert_eq!(world.upload(API, &[file("line.txt", &line)]).await.problem().1, "too_large");
    let answer = world.upload(PAGE, &[text("form_token", &form_token), file("line.txt", &line)]).await;
    assert!(answer.status.as_u16() == 413 && answer.text.contains("64 MB"), "{}", answer.status);
    assert_eq!(world.snapshot().await, before);
}

#[tokio::test]
async fn b28_a_form_that_does_not_fit_is_refused_with_its_part() {
    let world = worlds().await.remove(0);
    let good = || file("good.vtt", GOOD);
    let nameless = Part { name: "file", file: Some(""), bytes: GOOD };
    let cases: [(Vec<Part<'_>>, &str); 9] = [
        (vec![], "file"),
        (vec![nameless], "file"),
        (vec![good(), good()], "file"),
        (vec![good(), text("colour", "red")], "colour"),
        (vec![good(), text("start", "yesterday")], "start"),
        (vec![good(), text("start", "2026-01-31T09:00:00Z"), text("start", "2026-01-31T09:00:00Z")], "start"),
        (vec![good(), text("domain", "a@b.example")], "domain"),
        (vec![good(), text("domain", "a\0b")], "domain"),
        (vec![good(), text("domain", "")], "domain"),
    ];
    let before = world.snapshot().await;
    for (parts, field) in cases {
        let answer = world.upload(API, &parts).await;
        assert_eq!(answer.problem(), (400, "invalid".into(), field.into()), "{}", answer.text);
    }
    let form_token = world.page(&world.cookie, PAGE).await.form_token();
    let token = || text("form_token", &form_token);
    let cases: [(Vec<Part<'_>>, &str); 5] = [
        (vec![token()], "file"),
        (vec![token(), token(), good()], "form_token"),
        (vec![token(), good(), good()], "file"),
        (vec![token(), good(), text("colour", "red")], "colour"),
        (vec![token(), good(), text("start", "yesterday")], "start"),
    ];
    for (parts, field) in cases {
        let answer = world.upload(PAGE, &parts).await;
        assert!(answer.status.as_u16() == 400 && answer.text.contains(&format!("<code>{field}</code>: ")), "{field}: {}", answer.text);
    }
    for kind in ["application/json", "multipart/form-data", "text/vtt"] {
        for path in [API, PAGE] {
            assert_eq!(raw(&world, path, kind, b"--edge\r\n").await, 415, "{kind} {path}");
        }
    }
    let cut = b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nMarketing: He";
    for path in [API, PAGE] {
        assert_eq!(raw(&world, path, "multipart/form-data; boundary=edge", cut).await, 400, "a form that breaks off at {path}");
    }
    assert_eq!(world.snapshot().await, before);
}

async fn raw(world: &World, path: &str, kind: &str, body: &'static [u8]) -> u16 {
    let request = Request::post(path).header("cookie", &world.cookie).header("sec-fetch-site", "same-origin").header("content-type", kind);
    world.send(request.body(Body::from(body)).unwrap()).await.status.as_u16()
}
