//! The derive macro `JsonSchema`, without effect.
//!
//! Only tests derive the schema of the configuration. Everything else is built with this macro in place of that of
//! `schemars`, and so without `schemars`.

use proc_macro::TokenStream;

/// Derives nothing.
#[proc_macro_derive(JsonSchema, attributes(schemars))]
pub fn json_schema(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
