//! SOAP 1.1 envelopes: what came is read and held against the schemas, what goes is written and held against them too.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use quick_xml::escape::escape;

use super::{Exchange, TOOL};
use crate::kit::xml::{self, Element};
use crate::kit::xsd::Misfit;
use crate::kit::{Outcome, Side};

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
pub const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const ERRORS: &str = "http://schemas.microsoft.com/exchange/services/2006/errors";
const PATH: &str = "/EWS/Exchange.asmx";

/// A request, read.
pub struct Request {
    pub header: Vec<Element>,
    pub operation: Element,
}

/// An error of the whole request.
#[derive(Clone, Debug)]
pub struct Fault {
    pub code: &'static str,
    pub text: String,
    pub back_off_ms: Option<i64>,
}

impl Fault {
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), back_off_ms: None }
    }
}

/// Reads an envelope, and holds each block of the header and the body's one child against the schemas.
pub fn read(exchange: &Exchange, media_type: &str, body: &[u8]) -> Result<Request, Fault> {
    let checks = &exchange.kit.checks;
    let outcome = if exchange.schemas.is_some() { Outcome::Checked } else { Outcome::Unloaded };
    checks.counted(TOOL, Side::Request, outcome);
    opened(exchange, media_type, body).map_err(|(place, reason)| {
        checks.violation(TOOL, "POST", PATH, Side::Request, &place, &reason);
        Fault::new("ErrorSchemaValidation", format!("The request failed schema validation: {place}: {reason}"))
    })
}

fn opened(exchange: &Exchange, media_type: &str, body: &[u8]) -> Result<Request, Misfit> {
    let wrong = |place: &str, reason: &str| (place.to_owned(), reason.to_owned());
    if media_type != "text/xml" {
        return Err(wrong("Content-Type", "SOAP 1.1 is text/xml"));
    }
    let text = std::str::from_utf8(body).map_err(|_| wrong("body", "it is not UTF-8"))?;
    let root = xml::read(text).map_err(|reason| ("body".to_owned(), reason))?;
    if (root.namespace.as_str(), root.name.as_str()) != (ENVELOPE, "Envelope") {
        return Err(wrong("body", "it is no envelope"));
    }
    let part = |name: &str| root.children.iter().find(|child| child.namespace == ENVELOPE && child.name == name);
    let header = part("Header").map(|header| header.children.clone()).unwrap_or_default();
    let [operation] = part("Body").ok_or_else(|| wrong("Envelope", "it has no body"))?.children.as_slice() else {
        return Err(wrong("Body", "one operation is wanted"));
    };
    if operation.namespace != MESSAGES {
        return Err(wrong("Body", "the operation is of another namespace"));
    }
    if let Some(schemas) = &exchange.schemas {
        header.iter().chain([operation]).try_for_each(|block| schemas.check(block))?;
    }
    Ok(Request { header, operation: operation.clone() })
}

/// The answer to an operation. `body` is its one element, in the prefixes `m` and `t`.
pub fn answer(exchange: &Exchange, body: &str) -> Response {
    let version =
        r#"<t:ServerVersionInfo MajorVersion="15" MinorVersion="2" MajorBuildNumber="1748" MinorBuildNumber="10" Version="V2017_07_11"/>"#;
    let text = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{ENVELOPE}" xmlns:t="{TYPES}" xmlns:m="{MESSAGES}"><s:Header>{version}</s:Header><s:Body>{body}</s:Body></s:Envelope>"#
    );
    let checks = &exchange.kit.checks;
    let judged = match &exchange.schemas {
        None => return (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response(),
        Some(schemas) => xml::read(&text).map_err(|reason| ("body".to_owned(), reason)).and_then(|root| {
            let blocks = root.children.iter().flat_map(|part| &part.children);
            blocks.into_iter().try_for_each(|block| schemas.check(block))
        }),
    };
    checks.counted(TOOL, Side::Response, Outcome::Checked);
    if let Err((place, reason)) = judged {
        checks.violation(TOOL, "POST", PATH, Side::Response, &place, &reason);
    }
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

/// A fault, with status 500 (SOAP 1.1 section 6.2).
pub fn fault(fault: &Fault) -> Response {
    let (code, words) = (fault.code, escape(fault.text.as_str()));
    let values = fault.back_off_ms.map(|ms| format!("<t:MessageXml>{}</t:MessageXml>", back_off(ms))).unwrap_or_default();
    let text = format!(
        r#"<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{ENVELOPE}"><s:Body><s:Fault><faultcode xmlns:a="{TYPES}">a:{code}</faultcode><faultstring xml:lang="en-US">{words}</faultstring><detail><e:ResponseCode xmlns:e="{ERRORS}">{code}</e:ResponseCode><e:Message xmlns:e="{ERRORS}">{words}</e:Message>{}</detail></s:Fault></s:Body></s:Envelope>"#,
        values.replacen("<t:MessageXml>", &format!(r#"<t:MessageXml xmlns:t="{TYPES}">"#), 1)
    );
    (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}

fn back_off(ms: i64) -> String {
    format!(r#"<t:Value Name="BackOffMilliseconds">{ms}</t:Value>"#)
}

/// One response message that worked.
pub fn success(name: &str, inside: &str) -> String {
    format!(
        r#"<m:{name}ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>{inside}</m:{name}ResponseMessage>"#
    )
}

/// One response message that tells an error; `inside` is what the schema wants all the same.
pub fn error(name: &str, fault: &Fault, inside: &str) -> String {
    let values = fault.back_off_ms.map(|ms| format!("<m:MessageXml>{}</m:MessageXml>", back_off(ms))).unwrap_or_default();
    format!(
        r#"<m:{name}ResponseMessage ResponseClass="Error"><m:MessageText>{}</m:MessageText><m:ResponseCode>{}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{values}{inside}</m:{name}ResponseMessage>"#,
        escape(fault.text.as_str()),
        fault.code
    )
}

/// The answer of an operation from its response messages.
pub fn messages(name: &str, messages: &str) -> String {
    format!("<m:{name}Response><m:ResponseMessages>{messages}</m:ResponseMessages></m:{name}Response>")
}

/// A text element of the types' namespace; empty where there is none.
pub fn tag(name: &str, text: Option<&str>) -> String {
    text.map(|text| format!("<t:{name}>{}</t:{name}>", escape(text))).unwrap_or_default()
}
