//! Where a value goes in a request.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::PaginationError;
use crate::{
    http::request::{Body, Request},
    json::{
        ExactValue,
        pointer::{InvalidPointer, Pointer},
    },
};

/// Where a value goes in a request. Text with a leading `/` is a JSON pointer into the body; other text names a query parameter.
///
/// ```
/// use longhaul_core::listing::paginate::Parameter;
///
/// assert_eq!("/paging/pageNumber".parse(), Ok(Parameter::Body("/paging/pageNumber".parse().unwrap())));
/// assert_eq!("pageNumber".parse(), Ok(Parameter::Query("pageNumber".to_owned())));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Parameter {
    /// A member of the JSON body, in which missing objects above it are created; or a field of the form, in which an existing
    /// one with this name is replaced.
    Body(Pointer),
    /// A parameter of the query. An existing one with this name is replaced.
    Query(String),
}

impl FromStr for Parameter {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, InvalidPointer> {
        if text.starts_with('/') { text.parse().map(Self::Body) } else { Ok(Self::Query(text.to_owned())) }
    }
}

impl Parameter {
    /// Sets the value at this place in `request`.
    pub(crate) fn set(
        &self,
        request: &mut Request,
        value: impl Into<ExactValue>,
    ) -> Result<(), PaginationError> {
        let value = value.into();
        match self {
            Self::Query(name) => {
                set_parameter(request, name, &value.text());
                Ok(())
            }
            Self::Body(pointer) => {
                if matches!(request.body, Body::Empty) {
                    request.body = Body::Json(Value::Object(Map::new()).into());
                }
                let no_place = || PaginationError::NoPlace { place: pointer.clone() };
                match (&mut request.body, pointer.tokens()) {
                    (Body::Json(body), tokens) => {
                        if !body.replace(pointer, &value, |body| member(body, tokens)) {
                            return Err(no_place());
                        }
                    }
                    (Body::Form(fields), [name]) => {
                        fields.retain(|(field, _)| field != name);
                        fields.push((name.clone(), value.text().into_owned()));
                    }
                    _ => return Err(no_place()),
                }
                Ok(())
            }
        }
    }
}

/// Sets a query parameter. The others are not parsed and written again, because that could change their spelling.
fn set_parameter(request: &mut Request, name: &str, value: &str) {
    let is_other = |pair: &&str| {
        let mut parsed = url::form_urlencoded::parse(pair.as_bytes());
        parsed.next().is_none_or(|(parameter, _)| parameter != name)
    };
    let kept: Vec<_> = request.url.query().unwrap_or_default().split('&').filter(is_other).collect();
    let kept = kept.into_iter().filter(|pair| !pair.is_empty()).map(str::to_owned);
    let set = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let query = kept.chain([set]).collect::<Vec<_>>().join("&");
    request.url.set_query(Some(&query));
}

/// The member at `tokens`. Missing objects are created; other values are not replaced by objects.
fn member<'v>(value: &'v mut Value, tokens: &[String]) -> Option<&'v mut Value> {
    let Some((token, rest)) = tokens.split_first() else { return Some(value) };
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let below = match value {
        Value::Object(members) => members.entry(token).or_insert(Value::Null),
        Value::Array(elements) => elements.get_mut(Pointer::index(token)?)?,
        _ => return None,
    };
    member(below, rest)
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use super::*;

    fn request(url: &str, body: Body) -> Request {
        Request { body, ..Request::new(Method::POST, url.parse().unwrap()) }
    }

    #[test]
    fn a_parameter_is_replaced_and_the_others_are_left_as_they_are() {
        let mut request = request("https://api.example/x?b=%7E1&page=7&c", Body::Empty);
        "page".parse::<Parameter>().unwrap().set(&mut request, json!("a+b/=&é")).unwrap();
        assert_eq!(request.url.as_str(), "https://api.example/x?b=%7E1&c&page=a%2Bb%2F%3D%26%C3%A9");
        "page".parse::<Parameter>().unwrap().set(&mut request, json!(8)).unwrap();
        assert_eq!(request.url.query(), Some("b=%7E1&c&page=8"));
    }

    #[test]
    fn a_field_of_a_form_is_replaced() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let form = Body::Form(vec![field("a", "1"), field("page", "1"), field("b", "2")]);
        let mut request = request("https://api.example/x", form);
        "/page".parse::<Parameter>().unwrap().set(&mut request, json!(2)).unwrap();
        assert_eq!(&*request.body.encode(), b"a=1&b=2&page=2");
        let refused = "/a/b".parse::<Parameter>().unwrap().set(&mut request, json!(2)).unwrap_err();
        assert_eq!(refused.to_string(), "the body of the request has no place for `/a/b`");
    }

    #[test]
    fn a_missing_member_of_the_body_is_created() {
        let place: Parameter = "/paging/pageNumber".parse().unwrap();
        let set = |body| {
            let mut request = request("https://api.example/x", body);
            place.set(&mut request, json!(2)).map(|()| match request.body {
                Body::Json(body) => body.value().clone(),
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(set(Body::Empty), Ok(json!({ "paging": { "pageNumber": 2 } })));
        let body = json!({ "interval": "x", "paging": { "pageSize": 100, "pageNumber": 1 } });
        assert_eq!(
            set(Body::Json(body.into())),
            Ok(json!({ "interval": "x", "paging": { "pageSize": 100, "pageNumber": 2 } }))
        );
        assert_eq!(
            set(Body::Json(json!({ "paging": 7 }).into())).unwrap_err().to_string(),
            "the body of the request has no place for `/paging/pageNumber`"
        );
    }
}
