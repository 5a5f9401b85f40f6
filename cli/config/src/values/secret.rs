//! Secrets, and where to get them.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use longhaul_core::Secret;
use serde::{
    Deserialize, Deserializer,
    de::{self, value::MapAccessDeserializer},
};

use crate::{error::ConfigError, origin::Origin, trust::Ownership, values::described::described};

/// A secret: the text itself, or where to get it. `Debug` does not show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretSource {
    form: Form,
    key: String,
    origin: Origin,
    ownership: Option<Ownership>,
}

described!(SecretSource, {
    "x-kind": "secret",
    "x-value": "secret",
    "anyOf": [
        { "type": "string" },
        {
            "type": "object",
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                "command": {
                    "description": "A program and its arguments. The secret is what it prints.",
                    "type": "array",
                    "items": { "type": "string" },
                    "minItems": 1,
                    "x-kind": "command",
                },
                "env": { "description": "The environment variable that holds the secret.", "type": "string" },
                "file": {
                    "description": "The file that holds the secret.",
                    "type": "string",
                    "x-kind": "path",
                },
            },
        },
    ],
});

/// Secrets by name, such as headers or form fields.
pub type Secrets = BTreeMap<String, SecretSource>;

#[derive(Clone, Eq, PartialEq)]
enum Form {
    Command(Vec<String>),
    Environment(String),
    File(PathBuf),
    Text(Secret),
}

impl SecretSource {
    /// Gets the secret. Variables are looked up in `environment`.
    ///
    /// One newline at the end of a file or of a command's output is removed. Errors name the key and its origin.
    pub fn resolve(&self, environment: &[(OsString, OsString)]) -> Result<Secret, ConfigError> {
        let text = match &self.form {
            Form::Text(secret) => return Ok(secret.clone()),
            Form::Environment(name) => self.look_up(name, environment)?,
            Form::File(path) => fs::read(path)
                .map_err(|error| self.error(&format!("cannot read `{}`", path.display())).because(error))?,
            Form::Command(line) => self.run(line)?,
        };
        let text = String::from_utf8(text).map_err(|_| self.error("the secret is not UTF-8"))?;
        let text = text.strip_suffix('\n').map_or(&*text, |line| line.strip_suffix('\r').unwrap_or(line));
        if text.is_empty() { Err(self.error("the secret is empty")) } else { Ok(Secret::new(text)) }
    }

    /// A secret that is never sent, in place of one that is not needed.
    pub(crate) fn stand_in() -> Self {
        Self {
            form: Form::Text(Secret::new("x")),
            key: String::new(),
            origin: Origin::Default,
            ownership: None,
        }
    }

    /// Whether the configuration says where to get it, instead of the text.
    pub fn is_hidden(&self) -> bool {
        !matches!(self.form, Form::Text(_))
    }

    /// The text that the configuration has, unless it only says where to get it.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.form {
            Form::Text(secret) => Some(secret.expose()),
            _ => None,
        }
    }

    /// The environment variable that holds it.
    pub(crate) fn variable(&self) -> Option<&str> {
        match &self.form {
            Form::Environment(name) => Some(name),
            _ => None,
        }
    }

    /// The file that holds it.
    pub fn file(&self) -> Option<&Path> {
        match &self.form {
            Form::File(path) => Some(path),
            _ => None,
        }
    }

    /// Whether this is empty text, which no server accepts.
    pub(crate) fn is_empty_text(&self) -> bool {
        matches!(&self.form, Form::Text(secret) if secret.expose().is_empty())
    }

    /// Sets the key and its origin, for the errors of [`resolve`](Self::resolve).
    pub(crate) fn place(&mut self, key: String, origin: Origin, ownership: Option<Ownership>) {
        (self.key, self.origin, self.ownership) = (key, origin, ownership);
    }

    fn look_up(&self, name: &str, environment: &[(OsString, OsString)]) -> Result<Vec<u8>, ConfigError> {
        let found = environment.iter().find(|(candidate, _)| candidate == name);
        let (_, value) =
            found.ok_or_else(|| self.error(&format!("the environment variable `{name}` is not set")))?;
        Ok(value.clone().into_encoded_bytes())
    }

    fn run(&self, line: &[String]) -> Result<Vec<u8>, ConfigError> {
        if let Some(ownership) = self.ownership {
            may_run_commands(ownership, |clause| self.error(clause))?;
        }
        let Some((program, arguments)) = line.split_first() else {
            return Err(self.error("the command is empty"));
        };
        let mut command = Command::new(program);
        // A password manager may ask for its own password.
        command.args(arguments).stdin(Stdio::inherit());
        let output = command
            .output()
            .map_err(|error| self.error(&format!("cannot run `{program}`")).because(error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().map(|line| format!(": {line}")).unwrap_or_default();
        Err(self.error(&format!("`{program}` ended with {}{said}", output.status)))
    }

    fn error(&self, clause: &str) -> ConfigError {
        ConfigError::new(format!("`{}`: {clause}", self.key)).at(&self.key, self.origin.clone())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(_) => f.write_str("Command(***)"),
            Self::Environment(name) => f.debug_tuple("Environment").field(name).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(secret) => f.debug_tuple("Text").field(secret).finish(),
        }
    }
}

/// Checks that nobody else could have written a configuration file that names a command to run. `error` makes an error of a
/// clause.
pub(crate) fn may_run_commands(
    ownership: Ownership,
    error: impl Fn(&str) -> ConfigError,
) -> Result<(), ConfigError> {
    let problem = ownership.problem().map_err(|source| {
        error("cannot determine who can write to the configuration file").because(source)
    })?;
    problem.map_or(Ok(()), |problem| {
        let clause = format!("the configuration file must not run commands, because {problem}");
        Err(error(&clause).with_hint("make yourself its owner and run `chmod go-w` on it"))
    })
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = deserializer.deserialize_any(Visitor)?;
        Ok(Self { form, key: String::new(), origin: Origin::Default, ownership: None })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    command: Option<Vec<String>>,
    env: Option<String>,
    file: Option<PathBuf>,
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Form, E> {
        Ok(Form::Text(Secret::new(text)))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Form, A::Error> {
        match Table::deserialize(MapAccessDeserializer::new(map))? {
            Table { command: Some(line), env: None, file: None } => Ok(Form::Command(line)),
            Table { command: None, env: Some(name), file: None } => Ok(Form::Environment(name)),
            Table { command: None, env: None, file: Some(path) } => Ok(Form::File(path)),
            _ => Err(de::Error::custom("set exactly one of `command`, `env` and `file`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::{Value, json};

    use super::*;

    fn source(form: Value) -> SecretSource {
        let mut source: SecretSource = serde_json::from_value(form).unwrap();
        let origin = Origin::File { path: "longhaul.toml".into(), line: Some(4) };
        source.place("auth.client_secret".into(), origin, None);
        source
    }

    fn refusal(form: Value) -> String {
        let error = source(form).resolve(&[]).unwrap_err();
        assert_eq!(error.where_written().as_deref(), Some("longhaul.toml:4"));
        assert_eq!(error.key(), Some("auth.client_secret"));
        error.to_string()
    }

    #[test]
    fn each_form_gives_the_exact_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        fs::write(&file, " hunter2\n\r\n").unwrap();
        let environment = [("VAULT".into(), "007".into())];
        let resolve = |form| source(form).resolve(&environment).unwrap();
        assert_eq!(resolve(json!("a b ")).expose(), "a b ");
        assert_eq!(resolve(json!({ "env": "VAULT" })).expose(), "007");
        assert_eq!(resolve(json!({ "file": file })).expose(), " hunter2\n");
        assert_eq!(resolve(json!({ "command": ["printf", "%s\\n", "x y"] })).expose(), "x y");
    }

    #[test]
    fn a_secret_that_cannot_be_read_says_why() {
        assert_eq!(
            refusal(json!({ "env": "VAULT" })),
            "`auth.client_secret`: the environment variable `VAULT` is not set"
        );
        assert_eq!(refusal(json!({ "file": "no/such" })), "`auth.client_secret`: cannot read `no/such`");
        assert_eq!(refusal(json!({ "command": ["true"] })), "`auth.client_secret`: the secret is empty");
        assert_eq!(
            refusal(json!({ "command": ["printf", "\\377"] })),
            "`auth.client_secret`: the secret is not UTF-8"
        );
        assert_eq!(refusal(json!({ "command": [] })), "`auth.client_secret`: the command is empty");
        assert_eq!(
            refusal(json!({ "command": ["no-such-program-here"] })),
            "`auth.client_secret`: cannot run `no-such-program-here`"
        );
        assert_eq!(
            refusal(json!({ "command": ["sh", "-c", "echo locked >&2; echo more >&2; exit 3"] })),
            "`auth.client_secret`: `sh` ended with exit status: 3: locked"
        );
    }

    #[test]
    fn a_file_that_others_can_write_to_runs_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let loop_check = tempfile::tempdir().unwrap();
        let loop_check = loop_check.path().join("ran");
        file.as_file().set_permissions(fs::Permissions::from_mode(0o666)).unwrap();
        let mut source = source(json!({ "command": ["touch", loop_check] }));
        let ownership = Ownership::from(&file.as_file().metadata().unwrap());
        source.place("auth.token".into(), Origin::Default, Some(ownership));
        let error = source.resolve(&[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`auth.token`: the configuration file must not run commands, because other users can write to it"
        );
        assert_eq!(error.hint(), Some("make yourself its owner and run `chmod go-w` on it"));
        assert!(!loop_check.exists());
    }

    #[test]
    fn debug_shows_where_a_secret_is_but_not_the_secret() {
        let shown = format!(
            "{:?} {:?}",
            source(json!("hunter2")),
            source(json!({ "command": ["vault", "--pin", "hunter2"] }))
        );
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(format!("{:?}", source(json!({ "env": "VAULT" }))).contains("VAULT"));
    }
}
