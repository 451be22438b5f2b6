//! The settings form of a connection, the form that connects, and the settings by the API.

use serde_json::{Value, json};

use super::hub::worlds;

#[tokio::test]
async fn b22_a_settings_form_that_does_not_fit_is_refused_with_its_field_and_nothing_is_saved() {
    let cases = [
        ("frequency=often", "frequency"),
        ("frequency=daily&daily_at=25:00", "daily_at"),
        ("frequency=daily", "daily_at"),
        ("backfill_days=-1", "backfill_days"),
        ("backfill_days=4000", "backfill_days"),
        ("backfill_days=1e400", "backfill_days"),
        ("backfill_days=", "backfill_days"),
        ("backfill_days=7&backfill_days=8", "backfill_days"),
        ("transcript=everything", "transcript"),
        ("deletion=burn", "deletion"),
        ("unknown_people=hire", "unknown_people"),
        ("direction:tasks=both", "direction:tasks"),
        ("destination:tasks=%7B%22id%22", "destination:tasks"),
        ("destination:tasks=%7B%22id%22%3A%22a%22%2C%22name%22%3A%22b%22%2C%22x%22%3A1%7D", "destination:tasks"),
        ("on:melodies=on", "on:melodies"),
        ("owner:due=nobody", "owner:due"),
        ("owner:colour=ours", "owner:colour"),
        ("members=nobody", "members"),
        ("members=%00", "members"),
        ("rule.0.of=tasks&rule.0.if=sometimes", "rules"),
        ("rule.0.of=melodies&rule.0.if=always", "rules"),
        ("rule.0.of=tasks&rule.0.if=always&rule.0.then=%7B", "rules"),
        ("rule.0.of=tasks&rule.0.if=has_tag", "rules"),
        ("rule.0.of=notes&rule.0.if=always", "rules"),
        ("rule.0.colour=red", "rule.0.colour"),
        ("rule.1000.of=tasks", "rule.1000.of"),
        ("map.0.of=tasks&map.0.source=horoscope&map.0.target=x", "mapping"),
        ("map.0.of=tasks&map.0.source=title&map.0.target=", "mapping"),
        ("map.0.of=tasks&map.0.source=title&map.0.target=x&map.1.of=tasks&map.1.source=summary&map.1.target=x", "mapping"),
        ("map.0.of=tasks&map.0.source=title&map.0.target=x&map.0.if_present=pray", "mapping"),
        ("colour=red", "colour"),
        ("version=first", "version"),
    ];
    for world in worlds().await {
        let id = world.connected().await;
        let path = format!("/connections/{id}");
        let page = world.page(&world.cookie, &path).await;
        let fitting = format!("form_token={}&version=1&frequency=hourly&backfill_days=30&on:tasks=on", page.form_token());
        let before = world.snapshot().await;
        for (bad, field) in cases {
            let replaced: Vec<&str> = bad.split('&').map(|pair| pair.split('=').next().unwrap()).collect();
            let kept = fitting.split('&').filter(|pair| !replaced.contains(&pair.split('=').next().unwrap()));
            let form = kept.chain(bad.split('&')).collect::<Vec<_>>().join("&");
            let answer = world.form(&path, form).await;
            assert_eq!(answer.status.as_u16(), 400, "{bad} on {}: {}", world.engine, answer.text);
            let named = [format!("Not saved. {field}: "), format!("<code>{field}</code>: ")];
            assert!(named.iter().any(|words| answer.text.contains(words)), "{bad}: {}", answer.text);
        }
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
        assert_eq!(world.form(&path, fitting).await.status.as_u16(), 303, "what fits is saved");
    }
}

#[tokio::test]
async fn b22_settings_by_the_api_that_do_not_fit_are_refused_with_their_field() {
    let mapping = |source: &str, target: &str| json!({ "of": "tasks", "source": source, "target": target });
    let cases: [(Value, &str); 11] = [
        (json!({ "syncs": { "melodies": { "enabled": true } } }), "syncs"),
        (json!({ "syncs": { "notes": { "enabled": true } } }), "syncs"),
        (json!({ "syncs": { "tasks": { "enabled": "yes" } } }), "syncs"),
        (json!({ "syncs": { "tasks": { "enabled": true, "destination": { "id": "1", "name": "x", "colour": "red" } } } }), "syncs"),
        (json!({ "frequency": { "every": "daily", "at": "25:00" } }), "frequency"),
        (json!({ "frequency": { "every": "daily", "at": "09:00", "zone": "UTC" } }), "frequency"),
        (json!({ "backfill_days": 3_651 }), "backfill_days"),
        (json!({ "backfill_days": -1 }), "backfill_days"),
        (json!({ "mapping": [mapping("horoscope", "x")] }), "mapping"),
        (json!({ "mapping": [mapping("title", "x"), mapping("summary", "x")] }), "mapping"),
        (json!({ "rules": [{ "of": "notes", "when": { "if": "always" }, "action": { "then": "skip" } }] }), "rules"),
    ];
    for world in worlds().await {
        let path = format!("/connections/{}/settings", world.connected().await);
        let before = world.snapshot().await;
        for (body, field) in &cases {
            let answer = world.json("PUT", &path, body.to_string()).await;
            let (status, _, named) = answer.problem();
            assert!(status == 400 && named.split(['.', '[']).next() == Some(field), "{body}: {}", answer.text);
        }
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
    }
}

#[tokio::test]
async fn b30_a_connect_form_that_does_not_fit_begins_nothing() {
    for world in worlds().await {
        let path = "/settings/integrations/bell";
        let token = world.page(&world.cookie, path).await.form_token();
        let before = world.snapshot().await;
        for (form, field) in [
            ("auth=magic", "auth"),
            ("auth=oauth&flow=tasks:steal", "flow"),
            ("auth=oauth&field:colour=red", "fields"),
            ("auth=%00", "auth"),
        ] {
            let answer = world.form(&format!("{path}/connect"), format!("form_token={token}&{form}")).await;
            assert_eq!(answer.status.as_u16(), 400, "{form}: {}", answer.text);
            assert!(field == "fields" || answer.text.contains(&format!("<code>{field}</code>: ")), "{form}: {}", answer.text);
        }
        assert_eq!(world.snapshot().await, before, "on {}", world.engine);
    }
}
