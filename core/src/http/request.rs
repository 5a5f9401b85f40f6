//! A request and its content.

use std::{borrow::Cow, fmt, sync::Arc};

use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use url::{Url, form_urlencoded};

use crate::{
    http::{query, secret::Secret},
    json::ExactValue,
    object_store::Content,
};

/// An HTTP request. It is copied for each attempt, so that each carries the current token.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: Url,
    /// Header fields. Values that hold a credential are marked sensitive, so that `Debug` does not show them.
    pub headers: HeaderMap,
    /// The content.
    pub body: Body,
    /// Whether it may be sent again.
    pub replay: Replay,
    /// Parameters that hold a credential. They are added to the query only when the request is sent, so that `url` can be
    /// shown and stored.
    pub secret_query: Vec<(String, Secret)>,
    /// What the answer is, if it is a success.
    pub expects: Expects,
    /// The number of the token that it carries; 0 without one.
    pub grant: u64,
}

/// What the answer to a request is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Expects {
    /// Bytes, which are neither unpacked nor converted. They are kept in memory.
    Bytes,
    /// A document that shows where it ends, such as JSON. It is kept in memory.
    #[default]
    Document,
    /// Any number of lines. What does not fit in memory goes to disk, and the answer must say where it ends.
    Lines,
}

/// Whether a request may be sent again if the server may have acted on it already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Replay {
    /// It may be sent any number of times, because it only reads (RFC 9110 §9.2.2 calls it idempotent).
    Harmless,
    /// It changes something, so it is sent again only if the server cannot have acted on it.
    OnlyUnseen,
    /// It takes the next page from a listing whose place the server keeps. If the server may have acted on it, the page is gone,
    /// and the listing starts again.
    FromStart,
}

/// The content of a request.
#[derive(Clone)]
pub enum Body {
    /// No content.
    Empty,
    /// `application/json`. `Debug` does not show it, because it may contain credentials.
    Json(ExactValue),
    /// `application/x-www-form-urlencoded`. `Debug` does not show it, because it may contain credentials.
    Form(Vec<(String, String)>),
    /// Any other text.
    Text {
        /// The text.
        text: String,
        /// The media type.
        content_type: HeaderValue,
    },
    /// Bytes that are read while they are sent. `Debug` shows only how many there are.
    Stream(Arc<dyn Content>),
}

impl Request {
    /// A request without content or header fields that may be sent any number of times.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Body::Empty,
            replay: Replay::Harmless,
            secret_query: Vec::new(),
            expects: Expects::Document,
            grant: 0,
        }
    }

    /// The URL to send it to: `url` with the secret parameters. They replace parameters with the same name.
    pub fn target(&self) -> Cow<'_, Url> {
        let mut target = Cow::Borrowed(&self.url);
        for (name, _) in &self.secret_query {
            query::remove(target.to_mut(), name);
        }
        for (name, value) in &self.secret_query {
            target.to_mut().query_pairs_mut().append_pair(name, value.expose());
        }
        target
    }

    /// Removes everything that may hold a credential: all header fields but those about the content, and the secret
    /// parameters.
    pub(crate) fn drop_credentials(&mut self) {
        let kept = [ACCEPT, CONTENT_TYPE].map(|name| (self.headers.remove(&name), name));
        self.headers = kept.into_iter().filter_map(|(value, name)| Some((name, value?))).collect();
        self.secret_query.clear();
        self.grant = 0;
    }

    /// The credentials of this request: sensitive header values without a scheme such as `Bearer`, and the secret
    /// parameters.
    pub(crate) fn credentials(&self) -> Vec<Secret> {
        let sensitive = self.headers.values().filter(|value| value.is_sensitive());
        let texts = sensitive.filter_map(|value| value.to_str().ok());
        let bare = texts.map(|text| Secret::new(text.rsplit(' ').next().unwrap_or(text)));
        bare.chain(self.secret_query.iter().map(|(_, value)| value.clone())).collect()
    }

    /// `text` with the credentials of this request replaced by `***`, because servers quote what they refuse.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.credentials().iter().fold(text.to_owned(), |text, credential| credential.redact(&text))
    }
}

impl Body {
    /// The media type, or `None` if there is no content.
    pub fn content_type(&self) -> Option<HeaderValue> {
        match self {
            Self::Empty | Self::Stream(_) => None,
            Self::Json(_) => Some(HeaderValue::from_static("application/json")),
            Self::Form(_) => Some(HeaderValue::from_static("application/x-www-form-urlencoded")),
            Self::Text { content_type, .. } => Some(content_type.clone()),
        }
    }

    /// The bytes to send, except those of a stream.
    pub fn encode(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Empty | Self::Stream(_) => Cow::Borrowed(&[]),
            Self::Json(value) => Cow::Owned(value.to_string().into_bytes()),
            Self::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                Cow::Owned(form.extend_pairs(fields).finish().into_bytes())
            }
            Self::Text { text, .. } => Cow::Borrowed(text.as_bytes()),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Json(_) => f.write_str("Json(…)"),
            Self::Form(fields) => write!(f, "Form({} fields)", fields.len()),
            Self::Stream(content) => write!(f, "Stream({} bytes)", content.length()),
            Self::Text { text, content_type } => write!(f, "Text({content_type:?}, {text:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded_but_not_shown() {
        let form = Body::Form(vec![("client_secret".to_owned(), "a b&c=d%é".to_owned())]);
        assert_eq!(&*form.encode(), b"client_secret=a+b%26c%3Dd%25%C3%A9");
        assert_eq!(format!("{form:?}"), "Form(1 fields)");
        assert_eq!(format!("{:?}", Body::Json("s3cret".to_owned().into())), "Json(…)");
    }

    #[test]
    fn a_secret_parameter_is_sent_but_not_shown() {
        let url = "https://api.example/x?a=%20b&api_key=old&c".parse().unwrap();
        let mut request = Request::new(Method::GET, url);
        assert_eq!(*request.target(), request.url);
        request.secret_query = vec![("api_key".to_owned(), Secret::new("k3y&/"))];
        assert_eq!(request.target().as_str(), "https://api.example/x?a=%20b&c&api_key=k3y%26%2F");
        assert!(!format!("{request:?}").contains("k3y"));
        assert_eq!(request.redact("no such key: k3y%26/"), "no such key: ***");
    }
}
