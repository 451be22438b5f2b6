//! Zoom's webhooks: signed `v0`, validated address, the payload of each event. <https://developers.zoom.us/docs/api/webhooks/>

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Zoom;
use super::meetings::summary_json;
use super::recordings::second;
use super::world::{Meeting, Subscription};
use crate::kit::{Account, Delivery, Outgoing, hmac_sha256_hex};

/// Three more attempts: after 5 minutes, then 30, then 90.
const RETRIES: &[i64] = &[300, 1_800, 5_400];

/// A download token in a webhook lives a day.
const DOWNLOAD_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// What can be told of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    MeetingEnded,
    RecordingCompleted,
    TranscriptCompleted,
    SummaryCompleted,
}

impl Event {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        [Self::MeetingEnded, Self::RecordingCompleted, Self::TranscriptCompleted, Self::SummaryCompleted]
            .into_iter()
            .find(|event| event.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::MeetingEnded => "meeting.ended",
            Self::RecordingCompleted => "recording.completed",
            Self::TranscriptCompleted => "recording.transcript_completed",
            Self::SummaryCompleted => "meeting.summary_completed",
        }
    }
}

impl Zoom {
    /// Queues an event; false when nobody has subscribed, the address failed its validation, or there is nothing to tell.
    pub(super) fn fire(&self, event: Event, meeting: &Meeting) -> bool {
        let object = match event {
            Event::MeetingEnded => Some(ended_json(meeting)),
            Event::RecordingCompleted | Event::TranscriptCompleted => Some(self.recorded_json(event, meeting)),
            Event::SummaryCompleted => summary_json(meeting),
        };
        let Some(object) = object else {
            return false;
        };
        let mut body = json!({
            "event": event.name(),
            "event_ts": self.kit.clock.now_ms(),
            "payload": { "account_id": meeting.host.tenant, "object": object },
        });
        if matches!(event, Event::RecordingCompleted | Event::TranscriptCompleted) {
            body["download_token"] = json!(self.download_token(&meeting.uuid, DOWNLOAD_TOKEN_LIFE));
        }
        self.queue(event.name(), &body)
    }

    /// Tells that somebody removed the app. The receiver must delete that person's data.
    pub(super) fn fire_deauthorized(&self, account: &Account) -> bool {
        let now = self.kit.clock.now();
        let body = json!({
            "event": "app_deauthorized",
            "event_ts": now.as_millisecond(),
            "payload": {
                "account_id": account.tenant,
                "user_id": account.id,
                "signature": hmac_sha256_hex(account.tenant.as_bytes(), account.id.as_bytes()),
                "deauthorization_time": now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
                "client_id": "harmony-sandbox",
            },
        });
        self.queue("app_deauthorized", &body)
    }

    /// The recording with its host; the transcript's event carries the transcript alone.
    fn recorded_json(&self, event: Event, meeting: &Meeting) -> Value {
        let mut object = self.recording(meeting);
        object["host_email"] = json!(meeting.host.email);
        object["timezone"] = json!("UTC");
        object["type"] = json!(2);
        object["share_url"] = json!(format!("{}/rec/share/{}", self.kit.base(super::ID), hex::encode(&meeting.uuid)));
        if event == Event::TranscriptCompleted
            && let Some(files) = object["recording_files"].as_array_mut()
        {
            files.retain(|file| file["file_type"] == "TRANSCRIPT");
        }
        object
    }

    fn queue(&self, event: &str, body: &Value) -> bool {
        let Some(subscription) = self.world().subscription.clone().filter(|one| one.valid) else {
            return false;
        };
        let body = body.to_string().into_bytes();
        self.kit.webhooks.queue(Delivery {
            tool: super::ID,
            event: event.to_owned(),
            url: subscription.url.clone(),
            compose: Arc::new(move |attempt| sign(&subscription.secret, attempt.at.as_second(), body.clone())),
            retry_after_seconds: RETRIES,
            retry_on: |status| status.is_none_or(|status| status >= 500),
        });
        true
    }

    /// `endpoint.url_validation`: the receiver proves that it knows the secret. Remembers the outcome.
    pub(super) async fn validate(&self, subscription: Subscription) -> bool {
        let plain = self.kit.token("");
        let body = json!({
            "event": "endpoint.url_validation",
            "event_ts": self.kit.clock.now_ms(),
            "payload": { "plainToken": plain },
        });
        let at = self.kit.clock.now().as_second();
        let outgoing = sign(&subscription.secret, at, body.to_string().into_bytes());
        let wanted = json!({ "plainToken": plain, "encryptedToken": hmac_sha256_hex(subscription.secret.as_bytes(), plain.as_bytes()) });
        let answer = self.kit.webhooks.ask(&subscription.url, outgoing).await;
        let valid = answer.is_ok_and(|answer| {
            answer.status == 200 && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|answered| answered == wanted)
        });
        self.world().subscription = Some(Subscription { valid, ..subscription });
        valid
    }
}

/// `x-zm-signature: v0=` and the HMAC of `v0:{timestamp}:{body}`.
fn sign(secret: &str, at: i64, body: Vec<u8>) -> Outgoing {
    let mut message = format!("v0:{at}:").into_bytes();
    message.extend(&body);
    let signature = format!("v0={}", hmac_sha256_hex(secret.as_bytes(), &message));
    Outgoing {
        headers: vec![
            ("content-type".into(), "application/json; charset=utf-8".into()),
            ("x-zm-request-timestamp".into(), at.to_string()),
            ("x-zm-signature".into(), signature),
        ],
        body,
    }
}

fn ended_json(meeting: &Meeting) -> Value {
    json!({
        "id": meeting.id.to_string(),
        "uuid": meeting.uuid,
        "host_id": meeting.host.id,
        "topic": meeting.topic,
        "type": 2,
        "start_time": second(meeting.start),
        "end_time": second(meeting.end()),
        "timezone": "UTC",
        "duration": meeting.minutes(),
    })
}
