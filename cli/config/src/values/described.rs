//! What the JSON Schema says about types that do not derive it.

/// Implements `JsonSchema`: with the keywords of the schema, or `as` another type has it. Only tests derive the schema.
///
/// Besides the keywords of JSON Schema there are `x-value`, the name that users know such values by, and `x-kind`, the
/// `Kind` of a value whose `type` does not tell it.
macro_rules! described {
    ($value:ty, $schema:tt) => {
        $crate::values::described::described!($value, |_| schemars::json_schema!($schema));
    };
    ($value:ty as $other:ty) => {
        $crate::values::described::described!($value, <$other as schemars::JsonSchema>::json_schema);
    };
    ($value:ty, $json_schema:expr) => {
        #[cfg(test)]
        impl schemars::JsonSchema for $value {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($value).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let json_schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema = $json_schema;
                json_schema(generator)
            }
        }
    };
}

pub(crate) use described;
