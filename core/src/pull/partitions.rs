//! All partitions of a pull, in order, without a list of them.

use crate::{
    partition::PartitionId,
    pull::{
        definition::Pull,
        each::{Each, Fields},
        window::Windows,
    },
    sink::Variables,
    state::{Parent, Parents, StateError},
};

/// All partitions of a pull, in order: each window of each parent.
#[derive(Clone, Debug)]
pub(super) struct Partitions<'a> {
    pull: &'a Pull<'a>,
    /// How many windows each parent has.
    windows: u64,
}

/// What the requests and records of a partition need from its parent.
#[derive(Debug, Default)]
pub(super) struct Child {
    /// The values of the placeholders in its requests.
    pub(super) variables: Variables,
    /// The fields of the parent that each record gets.
    pub(super) fields: Option<Fields>,
}

impl<'a> Partitions<'a> {
    pub(super) fn of(pull: &'a Pull<'a>) -> Self {
        Self { pull, windows: pull.windows.as_ref().map_or(1, |windows| windows.len() as u64) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.pull.parents.map_or(1, Parents::len).saturating_mul(self.windows)
    }

    /// The partition with this number, counted from 0.
    pub(super) fn id(&self, number: u64) -> PartitionId {
        let window = self.pull.windows.as_ref().and_then(|all| {
            let index = usize::try_from(number.checked_rem(self.windows)?).ok()?;
            all.get(index).copied()
        });
        PartitionId { parent: self.pull.parents.and(number.checked_div(self.windows)), window }
    }

    /// What the requests of a partition need.
    pub(super) fn child(&self, id: PartitionId) -> Result<Child, StateError> {
        let variables = match (&self.pull.source.windows, id.window) {
            (Some(windows), Some(window)) => windows.in_requests(&self.pull.variables, &window),
            _ => self.pull.variables.clone(),
        };
        let Some(parent) = self.parent(id)? else { return Ok(Child { variables, fields: None }) };
        Ok(Child { variables: Each::in_requests(variables, &parent), fields: Fields::new(&parent.fields) })
    }

    /// The values of the placeholders in the paths of a partition's own files.
    pub(super) fn in_file_names(&self, id: PartitionId) -> Result<Variables, StateError> {
        let variables = match id.window {
            Some(window) => Windows::in_file_names(&self.pull.variables, &window),
            None => self.pull.variables.clone(),
        };
        let variables = variables.with("partition", id.in_file_names());
        Ok(match self.parent(id)? {
            Some(parent) => Each::in_file_names(variables, &parent),
            None => variables,
        })
    }

    fn parent(&self, id: PartitionId) -> Result<Option<Parent>, StateError> {
        self.pull.parents.zip(id.parent).map(|(parents, index)| parents.get(index)).transpose()
    }
}
