//! Parents and children.

use longhaul_tests::Reply;

use super::recipe::{assert_pulls, number};

/// How many records each parent has, on how many pages.
const PAGES: [usize; 3] = [1, 3, 2];

#[test]
fn names_with_slashes() {
    let expected = PAGES.iter().enumerate().flat_map(|(customer, pages)| {
        (0..*pages).map(move |page| format!(r#"{{"id":{page}.50,"customer":"customers/{customer}"}}"#))
    });
    let heading = "Children of parents whose names have slashes";
    assert_pulls(heading, &expected.collect::<Vec<_>>(), |request| {
        let path = request.url.path().strip_prefix("/v1/customers").unwrap();
        if path.is_empty() {
            let customers =
                (0..PAGES.len()).map(|number| format!(r#"{{"resourceName":"customers/{number}"}}"#));
            let customers = customers.collect::<Vec<_>>().join(",");
            return Reply::json(format!(r#"{{"customers":[{customers}]}}"#)).into();
        }
        let customer: usize =
            path.strip_prefix('/').unwrap().strip_suffix("/campaigns").unwrap().parse().unwrap();
        let page = number(request, "pageToken", 0);
        let next = if page + 1 < PAGES[customer] { format!("\"{}\"", page + 1) } else { "null".to_owned() };
        Reply::json(format!(r#"{{"campaigns":[{{"id":{page}.50}}],"nextPageToken":{next}}}"#)).into()
    });
}
