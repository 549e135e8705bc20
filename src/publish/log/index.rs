//! Which leaf is where: a cache in SQLite, so that an entry that is logged already is not logged again. Made anew from
//! the tiles when it is missing, behind or damaged; nothing in it is believed that the tiles do not bear out.

use super::error::Error;
use crate::encoding::Malformed;
use crate::transparency::{Checkpoint, Hash, Kind, TILE_WIDTH, Tile, Tiles, Tree, is_consistent};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use std::path::{Path, PathBuf};

/// Synced when SQLite folds its log back, so a loss of power leaves an older index, never a damaged one.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;";
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS leaf (hash BLOB PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tree (only INTEGER PRIMARY KEY CHECK (only = 0), size INTEGER NOT NULL, root BLOB NOT NULL);";

/// The index, open.
#[derive(Debug)]
pub(super) struct Index {
    path: Option<PathBuf>,
    database: Connection,
}

type Sql<T> = Result<T, rusqlite::Error>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Index(error.to_string())
    }
}

impl Index {
    /// The index in a file; a new one if that is none.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let database = connect(path).or_else(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                remove(path);
                connect(path)
            }
            _ => Err(error),
        })?;
        Ok(Self { path: Some(path.to_owned()), database })
    }

    /// One that is gone afterwards.
    pub(super) fn in_memory() -> Result<Self, Error> {
        let database = Connection::open_in_memory()?;
        database.execute_batch(TABLES)?;
        Ok(Self { path: None, database })
    }

    /// Throws it away.
    fn renew(&mut self) -> Result<(), Error> {
        *self = match self.path.take() {
            None => Self::in_memory()?,
            Some(path) => {
                self.database = Connection::open_in_memory()?;
                remove(&path);
                Self::open(&path)?
            }
        };
        Ok(())
    }

    /// Brings it to a checkpoint. One that does not belong to the tree, or fails, is made anew, once.
    pub(super) fn reach<T: Tiles<Error = Error>>(&mut self, tiles: &T, at: &Checkpoint) -> Result<(), Error> {
        match self.catch_up(tiles, at) {
            Ok(true) => Ok(()),
            Ok(false) | Err(Error::Index(_)) => {
                self.renew()?;
                self.catch_up(tiles, at).map(|_| ())
            }
            Err(e) => Err(e),
        }
    }

    /// False if what it holds is of another tree.
    fn catch_up<T: Tiles<Error = Error>>(&mut self, tiles: &T, at: &Checkpoint) -> Result<bool, Error> {
        let (size, root) = self.tree()?;
        if (size, root) == (at.size, at.root) {
            return Ok(true);
        }
        if size >= at.size {
            return Ok(false);
        }
        let proof = Tree::new(tiles, at.size).consistency(size)?;
        if !is_consistent((size, root), (at.size, at.root), &proof) {
            return Ok(false);
        }
        let mut index = size / TILE_WIDTH;
        while let Some(tile) = Tile::of(Kind::Hashes(0), index, at.size) {
            let first = index.saturating_mul(TILE_WIDTH);
            let leaves = tile.hashes(&tiles.tile(tile)?)?;
            let new: Vec<(Hash, u64)> = leaves.into_iter().zip(first..).filter(|(_, place)| *place >= size).collect();
            self.insert(&new)?;
            index = index.saturating_add(1);
        }
        self.set_tree(at)?;
        Ok(true)
    }

    /// Whether it was brought to this checkpoint.
    pub(super) fn is_at(&self, at: &Checkpoint) -> bool {
        self.tree().is_ok_and(|known| known == (at.size, at.root))
    }

    fn tree(&self) -> Result<(u64, Hash), Error> {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0).map(place_of)?, row.get::<_, Vec<u8>>(1)?));
        let found = self.database.query_row("SELECT size, root FROM tree", [], row).optional()?;
        let (size, root) = found.unwrap_or((0, Hash::of_nothing().as_bytes().to_vec()));
        Ok((size, Hash::from_bytes(&root).ok_or_else(|| Malformed::new("index", "a root that is no hash"))?))
    }

    fn set_tree(&self, at: &Checkpoint) -> Result<(), Error> {
        let set = "INSERT OR REPLACE INTO tree VALUES (0, ?1, ?2)";
        self.database.execute(set, params![integer(at.size), at.root.as_bytes()])?;
        Ok(())
    }

    /// Adds leaves. Of two equal ones the first stays.
    fn insert(&mut self, leaves: &[(Hash, u64)]) -> Sql<()> {
        let batch = self.database.transaction()?;
        {
            let mut insert = batch.prepare("INSERT OR IGNORE INTO leaf VALUES (?1, ?2)")?;
            for (hash, place) in leaves {
                insert.execute(params![hash.as_bytes(), integer(*place)])?;
            }
        }
        batch.commit()
    }

    /// Notes what was committed just now, from the size it knew to this one.
    pub(super) fn add(&mut self, leaves: &[(Hash, u64)], at: &Checkpoint) -> Result<(), Error> {
        self.insert(leaves)?;
        self.set_tree(at)
    }

    /// Where leaves are, those that are there.
    pub(super) fn places(&self, leaves: &[Hash]) -> Result<Vec<Option<u64>>, Error> {
        let mut find = self.database.prepare("SELECT place FROM leaf WHERE hash = ?1")?;
        let mut place =
            |leaf: &Hash| find.query_row(params![leaf.as_bytes()], |row| row.get(0).map(place_of)).optional();
        Ok(leaves.iter().map(&mut place).collect::<Sql<_>>()?)
    }

    /// Where leaves are in the tree of a checkpoint it was brought to, as the tiles bear out. An index that says
    /// otherwise is made anew.
    pub(super) fn find<T: Tiles<Error = Error>>(
        &mut self,
        leaves: &[Hash],
        tiles: &T,
        at: &Checkpoint,
    ) -> Result<Vec<Option<u64>>, Error> {
        let tree = Tree::new(tiles, at.size);
        let is_there = |(leaf, place): (&Hash, &Option<u64>)| match *place {
            Some(place) => Ok(place < at.size && tree.leaf(place)? == *leaf),
            None => Ok::<_, Error>(true),
        };
        match self.places(leaves) {
            Ok(places) => {
                let good = leaves.iter().zip(&places).map(is_there).collect::<Result<Vec<_>, _>>()?;
                if good.into_iter().all(|g| g) {
                    return Ok(places);
                }
            }
            Err(Error::Index(_)) => {}
            Err(e) => return Err(e),
        }
        self.renew()?;
        self.reach(tiles, at)?;
        self.places(leaves)
    }
}

/// As SQLite holds it; no log has 2^63 leaves.
fn integer(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// What is no place leads nowhere, and is found out by the tiles.
fn place_of(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(u64::MAX)
}

fn connect(path: &Path) -> Sql<Connection> {
    let database = Connection::open(path)?;
    database.execute_batch(SETTINGS)?;
    database.execute_batch(TABLES)?;
    Ok(database)
}

fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = std::fs::remove_file(name);
    }
}
