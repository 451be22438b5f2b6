//! The control API from the other side: what tests and the demo send to `/_sandbox`.

use serde_json::Value;

use crate::person::Stuck;

/// A hand on a running sandbox.
#[derive(Clone, Debug)]
pub struct Steering {
    base: String,
    client: reqwest::Client,
}

impl Steering {
    /// Of the sandbox at this public address.
    pub fn of(public_url: &url::Url) -> Self {
        let base = format!("{}/_sandbox", public_url.as_str().trim_end_matches('/'));
        Self { base, client: reqwest::Client::builder().no_proxy().build().unwrap_or_default() }
    }

    /// Reads, as JSON.
    ///
    /// # Errors
    /// The sandbox cannot be reached, or refuses.
    pub async fn get(&self, path: &str) -> Result<Value, Stuck> {
        answer(self.client.get(format!("{}{path}", self.base))).await
    }

    /// Does, and reads the answer (null where there is none).
    ///
    /// # Errors
    /// The sandbox cannot be reached, or refuses.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Stuck> {
        answer(self.client.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Changes a part.
    ///
    /// # Errors
    /// The sandbox cannot be reached, or refuses.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, Stuck> {
        answer(self.client.patch(format!("{}{path}", self.base)).json(body)).await
    }

    /// Sets.
    ///
    /// # Errors
    /// The sandbox cannot be reached, or refuses.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Stuck> {
        answer(self.client.put(format!("{}{path}", self.base)).json(body)).await
    }

    /// Takes away.
    ///
    /// # Errors
    /// The sandbox cannot be reached, or refuses.
    pub async fn delete(&self, path: &str) -> Result<Value, Stuck> {
        answer(self.client.delete(format!("{}{path}", self.base))).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value, Stuck> {
    let unreachable = |error: reqwest::Error| Stuck::Unreachable(error.to_string());
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let text = response.text().await.map_err(unreachable)?;
    if status.is_success() {
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    } else {
        Err(Stuck::Refused { status: status.as_u16(), page: text })
    }
}
