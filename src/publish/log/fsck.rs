//! Everything of a log hashed again: entries, tiles of all levels, root, head, what is public, and the index.

use super::blobs::{Blobs, Head};
use super::edge::{bytes, complete, wrong};
use super::error::Error;
use super::publishing::Known;
use super::sequencer::{Committed, Reader};
use super::writer::{Log, Memory};
use crate::encoding::{Class, Explain, Malformed};
use crate::transparency::{
    Checkpoint, Code, Frontier, Hash, Kind, Refusal, TILE_WIDTH, Tile, Tiles as _, Tree, only_grew, signed_checkpoint,
};
use jiff::Timestamp;

/// What was looked at, and every fault.
#[derive(Debug)]
pub struct Fsck {
    /// How many entries the head has; None if it cannot be read.
    pub size: Option<u64>,
    /// How many files were read.
    pub files: u64,
    /// Each fault; none is a log that is whole.
    pub findings: Vec<Finding>,
}

/// A fault of a log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// Something contradicts what was committed, or cannot be read.
    #[error(transparent)]
    Wrong(#[from] Error),
    /// Committed entries are not published.
    #[error("{committed} entries are committed, and {published} published")]
    Unpublished {
        /// In the head.
        committed: u64,
        /// In the public checkpoint.
        published: u64,
    },
    /// The index leads elsewhere.
    #[error("the index says that entry {place} is elsewhere, or another one")]
    Index {
        /// Which entry.
        place: u64,
    },
}

impl Explain for Finding {
    fn code(&self) -> &'static str {
        match self {
            Self::Wrong(e) => e.code(),
            Self::Unpublished { .. } => "log-unpublished",
            Self::Index { .. } => "log-index-wrong",
        }
    }
    fn class(&self) -> Class {
        match self {
            Self::Wrong(e) => e.class(),
            Self::Unpublished { .. } | Self::Index { .. } => Class::Undecided,
        }
    }
    fn expected(&self) -> String {
        match self {
            Self::Wrong(e) => e.expected(),
            Self::Unpublished { committed, .. } => committed.to_string(),
            Self::Index { place } => place.to_string(),
        }
    }
    fn got(&self) -> String {
        match self {
            Self::Wrong(e) => e.got(),
            Self::Unpublished { published, .. } => published.to_string(),
            Self::Index { .. } => "another place, or none".into(),
        }
    }
    fn next(&self) -> String {
        match self {
            Self::Wrong(e) => e.next(),
            Self::Unpublished { .. } => {
                "vouchsafe log append, with any attestation, asks the witnesses and publishes".into()
            }
            Self::Index { .. } => "remove state/index.sqlite; it is made anew from the tiles".into(),
        }
    }
}

impl<B: Blobs, H: Head> Log<B, H> {
    /// Looks at everything. An interrupted commit is finished first.
    ///
    /// # Errors
    /// Of the lock alone; whatever else fails is a finding.
    pub fn fsck(&self) -> Result<Fsck, Error> {
        let mut memory = self.remembered()?;
        let _held = self.sequencer.head.lock()?;
        let mut report = Fsck { size: None, files: 0, findings: Vec::new() };
        let committed = match self.sequencer.recover().or_else(|error| {
            report.findings.push(error.into());
            self.sequencer.committed()
        }) {
            Ok(committed) => committed,
            // Without a head there is nothing to compare with; what is wrong with it was said.
            Err(_) => return Ok(report),
        };
        let at = &committed.checkpoint;
        report.size = Some(at.size);
        let leaves = report.tiles(&self.sequencer.reader(), at);
        self.look_at_public(&committed, &mut report);
        report.index(&mut memory, &leaves, at);
        Ok(report)
    }

    fn look_at_public(&self, committed: &Committed, report: &mut Fsck) {
        let at = &committed.checkpoint;
        let published = match self.sequencer.published() {
            Ok(None) => return report.published(0, at.size, &Known::read(&self.sequencer.state)),
            Ok(Some(note)) => note,
            Err(error) => return report.once(error),
        };
        report.files += 1;
        let old = match signed_checkpoint(&published, self.key()) {
            Ok(old) => old,
            Err(refusal) => return report.once(refusal.into()),
        };
        let reader = self.sequencer.reader();
        let grew = || -> Result<(), Error> {
            let tree = Tree::new(&reader, at.size);
            let proof = if old.size < at.size { tree.consistency(old.size)? } else { Vec::new() };
            Ok(only_grew(&old, at, &proof)?)
        };
        if let Err(error) = grew() {
            return report.once(error);
        }
        report.published(old.size, at.size, &Known::read(&self.sequencer.state));
        if let Some(Err(refusal)) = self.policy().map(|policy| policy.trust(&published, Timestamp::MAX)) {
            report.once(refusal.into());
        }
    }
}

impl Fsck {
    /// Adds a finding, unless finishing what was interrupted has failed over the same.
    fn once(&mut self, error: Error) {
        let told = self.findings.iter().any(|f| f.code() == error.code() && f.got() == error.got());
        if !told {
            self.findings.push(error.into());
        }
    }

    fn published(&mut self, published: u64, committed: u64, known: &Known) {
        if published < known.published {
            let expected = format!("at least {} entries, as published before", known.published);
            let refusal = Refusal::new(Code::LogRolledBack, "public checkpoint", expected, published.to_string());
            self.once(refusal.into());
        } else if published < committed {
            self.findings.push(Finding::Unpublished { committed, published });
        }
    }

    /// Entries to leaves, leaves to tiles, tiles to the root.
    fn tiles<B: Blobs>(&mut self, reader: &Reader<'_, B>, at: &Checkpoint) -> Vec<Hash> {
        let (mut all, mut row) = (Vec::new(), Vec::new());
        let mut index = 0;
        while let Some(tile) = Tile::of(Kind::Entries, index, at.size) {
            let leaves = self.leaves(reader, tile, at.size);
            if tile.is_full() {
                row.push(complete(&leaves));
            }
            all.extend(leaves);
            index += 1;
        }
        for level in 1..8_u8 {
            let mut above = Vec::new();
            for (index, hashes) in (0_u64..).zip(row.chunks(usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX))) {
                let Some(tile) = Tile::of(Kind::Hashes(level), index, at.size) else { break };
                self.expect(reader, tile, hashes);
                if tile.is_full() {
                    above.push(complete(hashes));
                }
            }
            row = above;
        }
        let mut tree = Frontier::default();
        all.iter().for_each(|leaf| tree.append(*leaf));
        if tree.root() != at.root {
            self.findings.push(Error::from(wrong("the entries", format!("root {}", at.root), tree.root())).into());
        }
        all
    }

    /// The leaves of a bundle. Where entries and hashes disagree, the tile above says which of them was changed.
    fn leaves<B: Blobs>(&mut self, reader: &Reader<'_, B>, tile: Tile, size: u64) -> Vec<Hash> {
        let hashes = Tile { kind: Kind::Hashes(0), ..tile };
        let of_entries =
            self.read(reader, tile, |bytes| Ok(tile.entries(bytes)?.into_iter().map(Hash::leaf).collect()));
        let of_hashes = self.read(reader, hashes, |bytes| hashes.hashes(bytes));
        let (entries, hashed) = match (of_entries, of_hashes) {
            (Some(entries), Some(hashed)) if entries == hashed => return entries,
            (Some(entries), Some(hashed)) => (entries, hashed),
            (one, other) => return one.or(other).unwrap_or_default(),
        };
        let above = parent(reader, tile, size);
        let disagree = |tile: Tile| Error::from(wrong(&tile.path(), "the hashes of the entries".into(), "others"));
        if above != Some(complete(&entries)) {
            self.findings.push(disagree(tile).into());
        }
        if above == Some(complete(&hashed)) {
            return hashed;
        }
        self.findings.push(disagree(hashes).into());
        entries
    }

    fn read<B: Blobs>(
        &mut self,
        reader: &Reader<'_, B>,
        tile: Tile,
        parse: impl FnOnce(&[u8]) -> Result<Vec<Hash>, Malformed>,
    ) -> Option<Vec<Hash>> {
        self.files += 1;
        let read = reader.tile(tile).and_then(|bytes| {
            parse(&bytes).map_err(|e| wrong(&tile.path(), format!("a well-formed {}", e.what), e.why).into())
        });
        read.map_err(|error| self.findings.push(error.into())).ok()
    }

    fn expect<B: Blobs>(&mut self, reader: &Reader<'_, B>, tile: Tile, hashes: &[Hash]) {
        self.files += 1;
        match reader.tile(tile) {
            Ok(there) if there == bytes(hashes) => {}
            Ok(_) => {
                let error = Error::from(wrong(&tile.path(), "the hashes of the tiles below".into(), "others"));
                self.findings.push(error.into());
            }
            Err(error) => self.findings.push(error.into()),
        }
    }

    /// An index may be behind, and is not looked at then; what it says has to be right.
    fn index(&mut self, memory: &mut Memory, leaves: &[Hash], at: &Checkpoint) {
        if !self.findings.is_empty() || !memory.index.is_at(at) {
            return;
        }
        match memory.index.places(leaves) {
            Err(error) => self.findings.push(error.into()),
            Ok(places) => {
                let wrong = (0_u64..).zip(places).filter(|(place, found)| *found != Some(*place));
                self.findings.extend(wrong.map(|(place, _)| Finding::Index { place }));
            }
        }
    }
}

/// The hash of a full tile, as the tile above has it.
fn parent<B: Blobs>(reader: &Reader<'_, B>, tile: Tile, size: u64) -> Option<Hash> {
    let above = Tile::of(Kind::Hashes(1), tile.index / TILE_WIDTH, size).filter(|_| tile.is_full())?;
    let hashes = above.hashes(&reader.tile(above).ok()?).ok()?;
    hashes.get(usize::try_from(tile.index % TILE_WIDTH).ok()?).copied()
}
