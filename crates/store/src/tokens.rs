//! API tokens: `hmy_`, 43 random characters, and a checksum of 6, so that a typing error is told apart without the database.
//! Only the token's hash is stored.

use jiff::{SignedDuration, Timestamp};
use model::{Env, Secret, TokenId, UserId, WorkspaceId};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::{Step, Store, Workspace, instant, millis, on, on_tx, statements, unguessable};

statements! {
    CREATE = "INSERT INTO api_tokens (workspace_id, id, hash, name, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_HASH = "SELECT workspace_id, id, name, user_id, created_at, expires_at, last_used_at FROM api_tokens
        WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)";
    ALL = "SELECT workspace_id, id, name, user_id, created_at, expires_at, last_used_at FROM api_tokens WHERE workspace_id = $1 ORDER BY id";
    USED = "UPDATE api_tokens SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at < $3)";
    REVOKE = "DELETE FROM api_tokens WHERE workspace_id = $1 AND id = $2";
}

/// What every token begins with, so that scanners for leaked secrets find it.
pub const PREFIX: &str = "hmy_";

/// Random characters of a token: 62^43 is just above 2^256.
const RANDOM: usize = 43;

/// Characters of the checksum.
const CHECKSUM: usize = 6;

/// Letters and digits alone: a double click selects the whole token.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How exactly the last use is known.
const LAST_USED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// An API token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiToken {
    #[serde(skip)]
    pub workspace: WorkspaceId,
    pub id: TokenId,
    pub name: String,
    /// Who acts with it.
    pub user: UserId,
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// To the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

/// Whether a text has a token's form and checksum; one that has not was mistyped or cut, and is unknown for certain.
pub fn is_well_formed(text: &str) -> bool {
    let Some(body) = text.strip_prefix(PREFIX).filter(|body| body.is_ascii() && body.len() == RANDOM + CHECKSUM) else {
        return false;
    };
    let (random, sum) = body.split_at(RANDOM);
    random.bytes().all(|byte| ALPHABET.contains(&byte)) && checksum(random) == sum
}

/// A new token's text. Bytes beyond the alphabet are drawn again, so that every character is equally likely.
fn new_text(env: &dyn Env) -> Secret {
    let mut random = String::with_capacity(RANDOM);
    let mut byte = [0_u8];
    while random.len() < RANDOM {
        env.fill(&mut byte);
        if let Some(character) = ALPHABET.get(usize::from(byte[0] & 0b0011_1111)) {
            random.push(char::from(*character));
        }
    }
    let sum = checksum(&random);
    let text = Secret::new(format!("{PREFIX}{random}{sum}"));
    drop(Secret::new(random));
    text
}

/// The first bits of the SHA-256 as six characters: about one mistyped token in 57 billion passes.
fn checksum(random: &str) -> String {
    let digest = Sha256::digest(random.as_bytes());
    let mut number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut sum = String::with_capacity(CHECKSUM);
    for _ in 0..CHECKSUM {
        let digit = usize::try_from(number % 62).expect("a remainder of 62 fits");
        sum.push(char::from(ALPHABET[digit]));
        number /= 62;
    }
    sum
}

#[derive(sqlx::FromRow)]
struct Row {
    workspace_id: String,
    id: String,
    name: String,
    user_id: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl Row {
    fn read(self) -> Result<ApiToken> {
        let bad = |error: &dyn std::fmt::Display| Error::unreadable("API token", error);
        Ok(ApiToken {
            workspace: self.workspace_id.parse().map_err(|error| bad(&error))?,
            id: self.id.parse().map_err(|error| bad(&error))?,
            name: self.name,
            user: self.user_id.parse().map_err(|error| bad(&error))?,
            created_at: instant(self.created_at),
            expires_at: self.expires_at.map(instant),
            last_used_at: self.last_used_at.map(instant),
        })
    }
}

impl Store {
    /// The token with this text; `None` where it is malformed, unknown, revoked or expired.
    pub async fn find_token_across_workspaces(&self, text: &str) -> Result<Option<ApiToken>> {
        if !is_well_formed(text) {
            return Ok(None);
        }
        let (hash, now) = (unguessable::hash(text), millis(self.env().now()));
        let row: Option<Row> = on!(self.db(), |e| sqlx::query_as(BY_HASH).bind(hash).bind(now).fetch_optional(e).await)?;
        row.map(Row::read).transpose()
    }
}

impl Workspace {
    /// Every token, oldest first, expired ones included.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>> {
        let rows: Vec<Row> = on!(self.db(), |e| sqlx::query_as(ALL).bind(self.id.as_str()).fetch_all(e).await)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Notes that a token was used, at most once a minute, so that reading stays free of writing.
    pub async fn token_used(&self, token: &ApiToken) -> Result<()> {
        let now = self.store.env().now();
        if token.last_used_at.is_some_and(|last| now.duration_since(last) < LAST_USED_WITHIN) {
            return Ok(());
        }
        let mut tx = self.db().begin().await?;
        on_tx!(&mut tx, |e| {
            sqlx::query(USED).bind(self.id.as_str()).bind(token.id.as_str()).bind(millis(now)).execute(e).await.map(drop)
        })?;
        tx.commit().await
    }
}

impl Step {
    /// Makes a token; answers it with its text, which is shown once and not kept.
    pub async fn create_token(&mut self, user: &UserId, name: &str, expires_at: Option<Timestamp>) -> Result<(ApiToken, Secret)> {
        let env = self.workspace.store.env();
        let text = new_text(env);
        let token = ApiToken {
            workspace: self.workspace.id.clone(),
            id: TokenId::new(env),
            name: name.trim().to_owned(),
            user: user.clone(),
            created_at: instant(millis(self.at)),
            expires_at: expires_at.map(|at| instant(millis(at))),
            last_used_at: None,
        };
        on_tx!(&mut self.tx, |e| {
            sqlx::query(CREATE)
                .bind(token.workspace.as_str())
                .bind(token.id.as_str())
                .bind(unguessable::hash(text.expose()))
                .bind(&token.name)
                .bind(user.as_str())
                .bind(millis(token.created_at))
                .bind(token.expires_at.map(millis))
                .execute(e)
                .await
                .map(drop)
        })?;
        Ok((token, text))
    }

    /// Revokes a token at once.
    pub async fn revoke_token(&mut self, id: &TokenId) -> Result<()> {
        let workspace = self.workspace_id();
        let gone = on_tx!(&mut self.tx, |e| {
            sqlx::query(REVOKE).bind(workspace).bind(id.as_str()).execute(e).await.map(|done| done.rows_affected())
        })?;
        if gone == 1 { Ok(()) } else { Err(Error::NotFound("the API token")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{self, databases};

    proptest! {
        #[test]
        fn a_typing_error_is_told_apart_offline(at in 0_usize..53, typed in "[ -~]", other in 0_usize..53) {
            let text = new_text(&testing::env()).expose().to_owned();
            prop_assert!(is_well_formed(&text) && text.len() == 53, "{}", text);
            let mut mistyped = text.clone();
            mistyped.replace_range(at..=at, &typed);
            prop_assert_eq!(is_well_formed(&mistyped), mistyped == text);
            let mut swapped: Vec<char> = text.chars().collect();
            swapped.swap(at, other);
            let swapped: String = swapped.into_iter().collect();
            prop_assert_eq!(is_well_formed(&swapped), swapped == text);
            prop_assert!(!is_well_formed(&text[..at]));
        }

        #[test]
        fn any_text_may_be_asked_about(text in "\\PC*") {
            prop_assert!(!is_well_formed(&text));
        }
    }

    #[tokio::test]
    async fn a_token_is_found_by_its_text_until_it_expires_or_is_revoked() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let user = testing::user(&workspace).await;
            let day = SignedDuration::from_hours(24);
            let mut step = workspace.begin().await.unwrap();
            let (ending, ending_text) = step.create_token(&user.id, " export ", Some(store.env().now() + day)).await.unwrap();
            clock.advance(SignedDuration::from_millis(1));
            let (lasting, lasting_text) = step.create_token(&user.id, "import", None).await.unwrap();
            step.commit().await.unwrap();
            assert_eq!(ending.name, "export");
            assert_eq!(
                store.find_token_across_workspaces(ending_text.expose()).await.unwrap(),
                Some(ending.clone()),
                "{}",
                database.engine
            );
            assert_eq!(store.find_token_across_workspaces(new_text(store.env()).expose()).await.unwrap(), None);
            clock.advance(day);
            assert_eq!(store.find_token_across_workspaces(ending_text.expose()).await.unwrap(), None);
            assert_eq!(workspace.tokens().await.unwrap(), [ending, lasting.clone()]);
            let mut step = workspace.begin().await.unwrap();
            step.revoke_token(&lasting.id).await.unwrap();
            assert!(matches!(step.revoke_token(&lasting.id).await, Err(Error::NotFound(_))));
            step.commit().await.unwrap();
            assert_eq!(store.find_token_across_workspaces(lasting_text.expose()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn the_last_use_is_known_to_the_minute() {
        for database in databases().await {
            let (store, clock) = testing::store_and_clock(&database).await;
            let workspace = testing::workspace(&store).await;
            let user = testing::user(&workspace).await;
            let mut step = workspace.begin().await.unwrap();
            let (token, text) = step.create_token(&user.id, "import", None).await.unwrap();
            step.commit().await.unwrap();
            let first = store.env().now();
            workspace.token_used(&token).await.unwrap();
            clock.advance(SignedDuration::from_secs(59));
            let seen = store.find_token_across_workspaces(text.expose()).await.unwrap().unwrap();
            workspace.token_used(&seen).await.unwrap();
            assert_eq!(workspace.tokens().await.unwrap()[0].last_used_at, Some(first), "{}", database.engine);
            clock.advance(SignedDuration::from_secs(1));
            workspace.token_used(&seen).await.unwrap();
            assert_eq!(workspace.tokens().await.unwrap()[0].last_used_at, Some(store.env().now()));
        }
    }
}
