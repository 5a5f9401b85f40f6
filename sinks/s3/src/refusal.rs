//! What a store says about a request that it refuses.

use http::{HeaderMap, StatusCode};
use longhaul_core::{
    client::Answer,
    object_store::{StoreError, StoreErrorKind},
};

use crate::xml::Element;

/// The answer to a request that the store refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(crate) code: Option<String>,
    message: Option<String>,
    /// The region in which the bucket is.
    region: Option<String>,
    /// The time of the store.
    date: Option<String>,
}

/// What was asked for, to say what is wrong with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) bucket: &'a str,
    /// The URL of the store.
    pub(crate) store: &'a str,
    pub(crate) region: &'a str,
    /// The name of the permission that it needs.
    pub(crate) permission: &'static str,
}

impl Refusal {
    /// Reads an answer whose status is an error.
    pub(crate) fn read(answer: &Answer) -> Self {
        let response = &answer.response;
        Self::of(response.status, &response.headers, Element::read(&response.body).as_ref())
    }

    /// Reads an error in a document.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, document: Option<&Element>) -> Self {
        let text = |name| document.and_then(|document| document.word(name)).map(str::to_owned);
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status,
            code: text("Code"),
            message: text("Message"),
            region: text("Region").or_else(|| header("x-amz-bucket-region")),
            date: header("date"),
        }
    }

    /// A credential that is not valid any more.
    pub(crate) fn expired(status: StatusCode) -> Self {
        let code = Some("ExpiredToken".to_owned());
        Self { status, code, message: None, region: None, date: None }
    }

    /// Whether the credentials are valid, but may not do this. Some stores cannot do it at all.
    pub(crate) fn is_denied(&self) -> bool {
        let codes = ["AccessDenied", "AllAccessDisabled", "NotImplemented", "MethodNotAllowed"];
        self.code.as_deref().is_some_and(|code| codes.contains(&code)) && !self.is_wrong_clock()
    }

    /// Whether the clocks differ too much. Amazon and `MinIO` have no code for it if the signature is in the query.
    fn is_wrong_clock(&self) -> bool {
        let said = ["Request has expired", "Request is not yet valid", "Request is not valid yet"];
        let message = self.message.as_deref().unwrap_or_default();
        self.code.as_deref() == Some("RequestTimeTooSkewed")
            || said.iter().any(|text| message.starts_with(text))
    }

    /// Whether the store may not know a header of the request.
    pub(crate) fn may_be_for_a_header(&self) -> bool {
        [StatusCode::BAD_REQUEST, StatusCode::NOT_IMPLEMENTED].contains(&self.status)
    }

    /// Whether there is no such object.
    pub(crate) fn is_absent(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Whether there is no such object in the bucket, which exists.
    pub(crate) fn is_no_such_key(&self) -> bool {
        self.is_absent() && self.code.as_deref().is_none_or(|code| code == "NoSuchKey")
    }

    /// The error for the user. `now` is the time of this machine.
    pub(crate) fn error(&self, asked: Asked<'_>, now: &str) -> StoreError {
        let Asked { bucket, store, region, permission } = asked;
        let code = self.code.as_deref().unwrap_or_default();
        let kind = match code {
            "NoSuchUpload" => StoreErrorKind::NoSuchUpload,
            "InvalidPart" | "InvalidPartOrder" => StoreErrorKind::InvalidPart,
            "PreconditionFailed" | "NoSuchKey" => StoreErrorKind::Conflict,
            _ => StoreErrorKind::Other,
        };
        let clause = match (code, self.status.as_u16()) {
            ("PreconditionFailed", _) => {
                return StoreError::new(kind, "another run has written it in the meantime");
            }
            ("NoSuchKey", _) => return StoreError::new(kind, "it was removed in the meantime"),
            ("NoSuchBucket", _) => {
                format!("there is no bucket `{bucket}` at {store} (create it, or correct its name)")
            }
            ("NoSuchUpload", _) => "the store does not have the upload any more".to_owned(),
            ("InvalidAccessKeyId", _) => {
                format!("{store} does not know the access key (correct it, or `endpoint`)")
            }
            ("SignatureDoesNotMatch", _) => "the secret key does not belong to the access key".to_owned(),
            ("ExpiredToken" | "TokenRefreshRequired" | "RequestExpired", _) => {
                "the session token has expired (get a new one)".to_owned()
            }
            ("InvalidToken", _) => "the session token does not belong to the access key".to_owned(),
            _ if self.is_wrong_clock() => {
                let there = self.date.as_deref().unwrap_or("another time");
                format!(
                    "the clock of this machine is wrong: here it is {now}, and at {store} {there} (set the clock)"
                )
            }
            ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "TemporaryRedirect" | "Redirect", _)
            | ("", 301 | 307) => match self.region.as_deref().filter(|found| *found != region) {
                Some(found) => format!(
                    "the bucket `{bucket}` is in the region `{found}`, not in `{region}` (set `stores.s3.region`)"
                ),
                None => format!("the bucket `{bucket}` is not at {store} (set `stores.s3.endpoint`)"),
            },
            ("AccessDenied" | "AllAccessDisabled", _) | ("", 403) => {
                format!(
                    "access to the bucket `{bucket}` is denied (the credentials need the permission `{permission}`)"
                )
            }
            _ => return StoreError::new(kind, format!("{store} refuses the request")).because(self.clone()),
        };
        let error = StoreError::new(kind, clause);
        if self.message.is_some() { error.because(self.clone()) } else { error }
    }
}

impl std::error::Error for Refusal {}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the store answered {}", self.status.as_u16())?;
        let one_line = |text: &String| {
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect::<String>()
        };
        match (self.code.as_ref().map(one_line), self.message.as_ref().map(one_line)) {
            (Some(code), Some(message)) => write!(f, ": `{code}`: {message}"),
            (Some(text), None) | (None, Some(text)) => write!(f, ": {text}"),
            (None, None) => Ok(()),
        }
    }
}
