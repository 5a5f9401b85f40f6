//! What is pulled: streams with partitions and sinks, as small as possible.

use super::sink::Sink;

/// A record, by its number. A page has one record, or none.
pub(super) type Record = u8;

/// What was in a file before the first pull.
pub(super) const BEFORE: Record = 0;

/// A page without records.
pub(super) const NOTHING: Record = 254;

/// What a power cut may leave of something that was not synced.
pub(super) const JUNK: Record = 255;

/// Records in order: the content of a file or table.
pub(super) type Content = Vec<Record>;

/// The number of a partition in [`Stream::partitions`].
pub(super) type Id = usize;

/// A stream with its sinks.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// All partitions: those of the pull in order, and then the halves of windows.
    pub(super) partitions: Vec<Partition>,
    /// How many of them are not halves.
    pub(super) whole: usize,
    pub(super) sinks: Vec<SinkType>,
    /// Whether records have keys, so that duplicates are dropped.
    pub(super) has_keys: bool,
    /// How many partitions are pulled at once.
    pub(super) workers: usize,
}

/// What one listing has.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    pub(super) pages: Vec<Record>,
    pub(super) ends: Ends,
}

/// How a partition ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ends {
    /// With its last page.
    Complete,
    /// After this many pages, the API does not page any further. The halves of its window replace it.
    TooDeep(usize, [Id; 2]),
    /// After this many pages, its cursor expires, once in each run.
    Expires(usize),
    /// After this many pages, it is gone.
    Gone(usize),
}

/// A type of sink.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SinkType {
    pub(super) kind: Kind,
    /// Whether each partition has a file of its own.
    pub(super) is_own: bool,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Kind {
    /// A file that is renamed once it is complete.
    Replace,
    /// A file with earlier records.
    Append,
    /// A database. It commits records together with the mark, and cannot be rolled back.
    Database,
}

/// One of the files or tables of a sink: the number of the sink, and the partition if each has its own.
pub(super) type Place = (usize, Option<Id>);

impl Stream {
    /// One partition with these pages into one sink.
    pub(super) fn listing(pages: &[Record], kind: Kind) -> Self {
        let sinks = vec![SinkType { kind, is_own: false }];
        Self { sinks, workers: 1, ..Self::default() }.with(pages, Ends::Complete)
    }

    /// Adds a partition.
    pub(super) fn with(mut self, pages: &[Record], ends: Ends) -> Self {
        self = self.with_half(pages, ends);
        self.whole += 1;
        self
    }

    /// Adds half of a window.
    pub(super) fn with_half(mut self, pages: &[Record], ends: Ends) -> Self {
        self.partitions.push(Partition { pages: pages.to_vec(), ends });
        self
    }

    /// Gives a partition these pages instead.
    pub(super) fn with_pages(mut self, id: Id, pages: &[Record]) -> Self {
        self.partitions[id].pages = pages.to_vec();
        self
    }

    /// The places of the sinks that take the records of all partitions.
    pub(super) fn shared(&self) -> impl DoubleEndedIterator<Item = Place> {
        self.numbered(false).map(|sink| (sink, None))
    }

    /// The places of the sinks with files for each partition.
    pub(super) fn own(&self, id: Id) -> impl DoubleEndedIterator<Item = Place> {
        self.numbered(true).map(move |sink| (sink, Some(id)))
    }

    /// Whether partitions are written one after another.
    pub(super) fn is_ordered(&self) -> bool {
        self.has_keys || self.shared().next().is_some()
    }

    /// Whether a partition may have to be rolled back.
    pub(super) fn may_roll_back(&self) -> bool {
        self.partitions.iter().any(|partition| partition.ends != Ends::Complete)
    }

    /// What a partition is replaced by in the end: itself, its halves, or nothing.
    fn leaves(&self, id: Id) -> Vec<Id> {
        match self.partitions[id].ends {
            Ends::Complete | Ends::Expires(_) => vec![id],
            Ends::TooDeep(_, halves) => halves.into_iter().flat_map(|half| self.leaves(half)).collect(),
            Ends::Gone(_) => Vec::new(),
        }
    }

    /// The content of each place after `pulls` complete pulls: every record once in each of them.
    pub(super) fn expected(&self, pulls: usize) -> Vec<(Place, Content)> {
        let leaves: Vec<Id> = (0..self.whole).flat_map(|id| self.leaves(id)).collect();
        let records = |ids: &[Id]| -> Content {
            let pages = ids.iter().flat_map(|id| self.partitions[*id].pages.iter().copied());
            pages.filter(|record| *record != NOTHING).collect()
        };
        let shared = self.shared().map(|place| (place, records(&leaves)));
        let own = leaves.iter().flat_map(|id| self.own(*id).map(|place| (place, records(&[*id]))));
        let after = |(place, pulled): (Place, Content)| {
            let times = if self.kind(place) == Kind::Append { pulls } else { pulls.min(1) };
            (place, self.before(place).unwrap_or_default().into_iter().chain(pulled.repeat(times)).collect())
        };
        shared.chain(own).map(after).collect()
    }

    /// What is at a place before the first pull.
    pub(super) fn before(&self, place: Place) -> Option<Content> {
        // Files of partitions are new.
        (self.kind(place) == Kind::Append && place.1.is_none()).then(|| vec![BEFORE])
    }

    /// A place as it is before the first pull.
    pub(super) fn sink(&self, place: Place) -> Sink {
        Sink::new(self.kind(place), self.before(place))
    }

    /// The number of a place among those of the same pages.
    pub(super) fn index(&self, place: Place) -> usize {
        self.numbered(place.1.is_some()).position(|sink| sink == place.0).unwrap_or(usize::MAX)
    }

    pub(super) fn kind(&self, place: Place) -> Kind {
        self.sinks[place.0].kind
    }

    fn numbered(&self, is_own: bool) -> impl DoubleEndedIterator<Item = usize> {
        let sinks: Vec<usize> =
            (0..self.sinks.len()).filter(|sink| self.sinks[*sink].is_own == is_own).collect();
        sinks.into_iter()
    }
}
