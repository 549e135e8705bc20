//! Tiles and entry bundles: a tree as files that never change (C2SP tlog-tiles).

use super::hash::Hash;
use crate::encoding::Malformed;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// The most bytes of an entry: its length is written in 16 bits.
pub const MAX_ENTRY: usize = 65_535;

/// What a file of a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hashes of this level, 0 for those of the leaves.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// One immutable file of a log: a tile of hashes, or a bundle of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: Kind,
    /// Its place among those of its kind.
    pub index: u64,
    /// How many hashes or entries, 1 to 256; fewer than 256 only at the right edge.
    pub width: u16,
}

impl Tile {
    /// The tile of a kind at `index` in a tree of `size` leaves; None if there is none.
    pub fn of(kind: Kind, index: u64, size: u64) -> Option<Self> {
        let level = match kind {
            Kind::Hashes(level) => u32::from(level),
            Kind::Entries => 0,
        };
        let there = size.checked_shr(level.checked_mul(8)?).unwrap_or(0);
        let width = there.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
        let width = u16::try_from(width).ok().filter(|w| *w > 0)?;
        Some(Self { kind, index, width })
    }

    /// Whether it will never grow.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    /// The full tile in its place, which may be there when the partial one was cleared away.
    pub fn full(self) -> Self {
        Self { width: 256, ..self }
    }

    /// Where it lies below a log's prefix: `tile/0/x001/067.p/8`.
    pub fn path(&self) -> String {
        let kind = match self.kind {
            Kind::Hashes(level) => level.to_string(),
            Kind::Entries => "entries".into(),
        };
        let mut parts = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            parts.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        parts.reverse();
        let partial = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{kind}/{}{partial}", parts.join("/"))
    }

    /// Splits its bytes into hashes.
    ///
    /// # Errors
    /// [`Malformed`] if they are not `width` hashes.
    pub fn hashes(&self, bytes: &[u8]) -> Result<Vec<Hash>, Malformed> {
        let bad = || Malformed::new("tile", format!("{} bytes, expected {} hashes of 32", bytes.len(), self.width));
        let hashes: Vec<Hash> =
            bytes.chunks(Hash::WIDTH).map(|c| Hash::from_bytes(c).ok_or_else(bad)).collect::<Result<_, _>>()?;
        if hashes.len() == usize::from(self.width) { Ok(hashes) } else { Err(bad()) }
    }

    /// Splits its bytes into entries.
    ///
    /// # Errors
    /// [`Malformed`] if they are not `width` entries and nothing more.
    pub fn entries<'b>(&self, bytes: &'b [u8]) -> Result<Vec<&'b [u8]>, Malformed> {
        let bad = || Malformed::new("entry bundle", format!("not exactly {} entries", self.width));
        let mut rest = bytes;
        let mut entries = Vec::with_capacity(usize::from(self.width));
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(bad)?;
            entries.push(entry);
            rest = after;
        }
        if rest.is_empty() && entries.len() == usize::from(self.width) { Ok(entries) } else { Err(bad()) }
    }

    /// The part of the full tile's bytes that this one has; None if they do not reach so far.
    pub fn beginning<'b>(&self, full: &'b [u8]) -> Option<&'b [u8]> {
        let width = usize::from(self.width);
        let end = match self.kind {
            Kind::Hashes(_) => width.checked_mul(Hash::WIDTH)?,
            Kind::Entries => (0..width).try_fold(0_usize, |at, _| {
                let length = full.get(at..)?.first_chunk::<2>()?;
                at.checked_add(2)?.checked_add(usize::from(u16::from_be_bytes(*length)))
            })?,
        };
        full.get(..end)
    }

    /// The most bytes it can have.
    pub fn max_bytes(&self) -> usize {
        usize::from(self.width)
            * match self.kind {
                Kind::Hashes(_) => Hash::WIDTH,
                Kind::Entries => 2 + MAX_ENTRY,
            }
    }
}

/// Adds an entry to the bytes of a bundle.
///
/// # Errors
/// [`Malformed`] for one over 65,535 bytes.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), Malformed> {
    let length = u16::try_from(entry.len())
        .map_err(|_| Malformed::new("log entry", format!("{} bytes, the limit is {MAX_ENTRY}", entry.len())))?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Every file of a tree of `new` leaves that a tree of `old` leaves did not have: hashes of all levels, and entries.
pub fn between(old: u64, new: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut add = |kind, (old, new): (u64, u64)| {
        if new > old {
            tiles.extend((old / TILE_WIDTH..=(new - 1) / TILE_WIDTH).filter_map(|index| {
                let width = new.checked_sub(index.checked_mul(TILE_WIDTH)?)?.min(TILE_WIDTH);
                Some(Tile { kind, index, width: u16::try_from(width).ok()? })
            }));
        }
    };
    add(Kind::Entries, (old, new));
    let mut range = (old, new);
    for level in 0..=7 {
        add(Kind::Hashes(level), range);
        range = (range.0 / TILE_WIDTH, range.1 / TILE_WIDTH);
    }
    tiles
}
