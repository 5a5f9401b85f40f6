//! The content of a request: `body`, `form`, or `text` with `content_type`.

use http::HeaderValue;

use crate::{
    sections::{
        job::{Cancel, Submit},
        stream::Stream,
    },
    values::{body::Body, query::Query},
};

/// The content of a request, as it is configured. The tables of requests have these keys themselves.
#[derive(Clone, Copy, Debug)]
pub struct Content<'c> {
    /// JSON.
    pub body: Option<&'c Body>,
    /// The fields of a form.
    pub form: Option<&'c Query>,
    /// Any other text.
    pub text: Option<&'c String>,
    /// The media type of the text.
    pub content_type: Option<&'c HeaderValue>,
}

impl Content<'_> {
    /// Whether there is any.
    pub fn is_some(&self) -> bool {
        self.body.is_some() || self.form.is_some() || self.text.is_some()
    }
}

impl Stream {
    /// The content of the first request.
    pub fn content(&self) -> Content<'_> {
        let Self { body, form, text, content_type, .. } = self;
        Content {
            body: body.as_ref(),
            form: form.as_ref(),
            text: text.as_ref(),
            content_type: content_type.as_ref(),
        }
    }
}

impl Submit {
    /// The content of the request.
    pub fn content(&self) -> Content<'_> {
        let Self { body, form, text, content_type, .. } = self;
        Content {
            body: body.as_ref(),
            form: form.as_ref(),
            text: text.as_ref(),
            content_type: content_type.as_ref(),
        }
    }
}

impl Cancel {
    /// The content of the request.
    pub fn content(&self) -> Content<'_> {
        let Self { body, form, text, content_type, .. } = self;
        Content {
            body: body.as_ref(),
            form: form.as_ref(),
            text: text.as_ref(),
            content_type: content_type.as_ref(),
        }
    }
}
