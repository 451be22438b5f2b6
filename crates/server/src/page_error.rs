//! An error on its way to a person: the same problem that the API answers, as a page with one next step.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::problem::Problem;

/// The result of a page.
pub type Paged<T = Response> = Result<T, PageError>;

/// A problem that is shown as a page.
#[derive(Debug)]
pub struct PageError(Box<(Problem, Step)>);

/// The one thing to do next.
#[derive(Debug)]
struct Step {
    label: String,
    href: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    problem: &'a Problem,
    step: &'a Step,
}

impl PageError {
    /// With another next step than the front page.
    #[must_use]
    pub fn with_step(mut self, label: &str, href: impl Into<String>) -> Self {
        self.0.1 = Step { label: label.to_owned(), href: href.into() };
        self
    }
}

impl<E: Into<Problem>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(Box::new((error.into(), Step { label: "Go to the overview".to_owned(), href: "/".to_owned() })))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (problem, step) = &*self.0;
        (problem.status(), render(&ErrorPage { problem, step })).into_response()
    }
}

/// A template's page.
pub fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page could not be written; the log of the hub says why.").into_response()
        }
    }
}
