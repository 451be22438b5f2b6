//! What the account's budgets still allow: calls of this day, and points of complexity of this minute.

use connector_kit::{Allowance, ErrorKind, Result, Session};
use cynic::QueryBuilder;
use jiff::tz::TimeZone;

use super::graphql::ask;
use super::query::{Budgets, MinuteBudget};
use super::wire::{Complexity, DailyBudget};

/// A sign-in that may not see the account's calls is told the minute's points alone.
pub(super) async fn left(session: &Session) -> Result<Vec<Allowance>> {
    let budgets = match ask(session, Budgets::build(())).await {
        Ok(budgets) => budgets,
        Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Invalid) => {
            let minute: MinuteBudget = ask(session, MinuteBudget::build(())).await?;
            Budgets { complexity: minute.complexity, platform_api: None }
        }
        Err(error) => return Err(error),
    };
    let today = session.now().to_zoned(TimeZone::UTC).date().to_string();
    let daily = budgets.platform_api.and_then(|api| daily(&api, &today));
    Ok(daily.into_iter().chain(budgets.complexity.as_ref().map(minute)).collect())
}

/// monday.com counts the day's calls now and then; a day that it does not know yet has none.
fn daily(api: &DailyBudget, today: &str) -> Option<Allowance> {
    let limit = u64::try_from(api.daily_limit.as_ref()?.total?).ok()?;
    let days = api.daily_analytics.iter().flat_map(|analytics| analytics.by_day.iter().flatten());
    let used = days.filter(|day| day.day.starts_with(today)).map(|day| u64::try_from(day.usage).unwrap_or_default()).sum();
    Some(Allowance { of: "calls a day", limit: Some(limit), left: Some(limit.saturating_sub(used)) })
}

fn minute(complexity: &Complexity) -> Allowance {
    Allowance { of: "points of complexity this minute", limit: None, left: u64::try_from(complexity.after).ok() }
}
