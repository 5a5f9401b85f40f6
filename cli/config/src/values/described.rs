//! What the JSON Schema says about the types of values.

/// Implements `JsonSchema` for a type of values, with the keywords of its schema.
///
/// Besides the keywords of JSON Schema there are `x-value`, the name that users know such values by, and `x-kind`, the
/// `Kind` of a value whose `type` does not tell it.
macro_rules! described {
    ($value:ty, $schema:tt) => {
        impl schemars::JsonSchema for $value {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($value).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

pub(crate) use described;
