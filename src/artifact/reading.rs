//! Artifacts while they are read, many of them side by side: bytes go in as they come, measurements come out.

use super::digest::{Algorithm, Digest};
use super::lanes::{Block, Lanes, State, Stream};
use super::measured::Measured;
use super::sha512::Sha512;
use sha2::Digest as _;
use sha2::block_api::compress256;

/// The state before the first block (FIPS 180-4, 5.3.3).
const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// One artifact of which some bytes have been seen.
///
/// ```
/// use vouchsafe::artifact::{Algorithm, Lanes, Reading};
/// let [mut a, mut b] = [(); 2].map(|()| Reading::new(&[Algorithm::Sha256]));
/// Reading::feed(Lanes::best(), &mut [(&mut a, b"ab"), (&mut b, b"")]);
/// Reading::feed(Lanes::best(), &mut [(&mut a, b"c")]);
/// let measured = Reading::finish_all(Lanes::best(), vec![a, b]);
/// assert!(measured[0].sha256().unwrap().hex().starts_with("ba7816bf"));
/// assert!(measured[1].sha256().unwrap().hex().starts_with("e3b0c442"));
/// ```
#[derive(Debug)]
pub struct Reading {
    sha256: Option<Chain>,
    /// Elsewhere, for it is large and few ask for it.
    sha512: Option<Box<Sha512>>,
    length: u64,
}

/// SHA-256 between two pieces: the state, and what did not fill a block.
#[derive(Debug)]
struct Chain {
    state: State,
    rest: Block,
    held: usize,
}

impl Reading {
    /// Nothing seen yet; each of `algorithms` will be measured.
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let chain = || Chain { state: INITIAL, rest: [0; 64], held: 0 };
        Self {
            sha256: algorithms.contains(&Algorithm::Sha256).then(chain),
            sha512: algorithms.contains(&Algorithm::Sha512).then(Box::default),
            length: 0,
        }
    }

    /// How many bytes have been seen.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds the bytes that come next, to each artifact its own. Any lengths are right; whole blocks of 64 bytes, and
    /// many artifacts at a time, are fast.
    pub fn feed(lanes: Lanes, pieces: &mut [(&mut Self, &[u8])]) {
        let mut streams = Vec::with_capacity(pieces.len());
        for (reading, bytes) in pieces {
            reading.length = reading.length.saturating_add(bytes.len() as u64);
            if let Some(hash) = &mut reading.sha512 {
                hash.update(&**bytes);
            }
            streams.extend(reading.sha256.as_mut().map(|chain| chain.take(bytes)));
        }
        lanes.advance(&mut streams);
    }

    /// As [`Reading::feed`], for an artifact by itself.
    pub fn take(&mut self, bytes: &[u8]) {
        Self::feed(Lanes::ONE, &mut [(self, bytes)]);
    }

    /// As [`Reading::finish_all`], for an artifact by itself.
    pub fn finish(mut self) -> Measured {
        let end = self.end();
        if let Some(chain) = &mut self.sha256 {
            compress256(&mut chain.state, end.blocks());
        }
        self.measured()
    }

    /// Their digests, in the order given.
    pub fn finish_all(lanes: Lanes, mut readings: Vec<Self>) -> Vec<Measured> {
        let ends: Vec<End> = readings.iter().map(Self::end).collect();
        let chains = readings.iter_mut().zip(&ends).filter_map(|(r, end)| Some((r.sha256.as_mut()?, end.blocks())));
        let mut streams: Vec<_> = chains.map(|(chain, blocks)| Stream { state: &mut chain.state, blocks }).collect();
        lanes.advance(&mut streams);
        readings.into_iter().map(Self::measured).collect()
    }

    /// What is left over, a bit, zeros and the length in bits (FIPS 180-4, 5.1.1).
    fn end(&self) -> End {
        let held = self.sha256.as_ref().and_then(|c| c.rest.get(..c.held)).unwrap_or_default();
        let length = self.length.wrapping_mul(8).to_be_bytes();
        let mut end = End { bytes: [0; 128], blocks: if held.len() < 56 { 1 } else { 2 } };
        end.bytes.iter_mut().zip(held).for_each(|(to, from)| *to = *from);
        end.bytes.iter_mut().skip(held.len()).take(1).for_each(|byte| *byte = 0x80);
        let last = end.bytes.iter_mut().take(64 * end.blocks).rev();
        last.zip(length.iter().rev()).for_each(|(to, from)| *to = *from);
        end
    }

    fn measured(self) -> Measured {
        let sha256 = self.sha256.map(|c| c.state.map(u32::to_be_bytes));
        let sha256 = sha256.and_then(|bytes| Digest::new(Algorithm::Sha256, bytes.as_flattened()).ok());
        let sha512 = self.sha512.and_then(|hash| Digest::new(Algorithm::Sha512, &hash.finalize()).ok());
        Measured::of_bytes(sha256, sha512, self.length)
    }
}

/// The last one or two blocks of a message.
struct End {
    bytes: [u8; 128],
    blocks: usize,
}

impl End {
    fn blocks(&self) -> &[Block] {
        self.bytes.as_chunks().0.get(..self.blocks).unwrap_or_default()
    }
}

impl Chain {
    /// Takes in what comes next: the whole blocks of it are left to be run, the rest is held back.
    fn take<'a>(&'a mut self, bytes: &'a [u8]) -> Stream<'a> {
        let mut bytes = bytes;
        if self.held > 0 {
            let (now, later) = bytes.split_at_checked(64 - self.held).unwrap_or((bytes, &[]));
            self.hold(now);
            bytes = later;
        }
        if self.held == 64 {
            compress256(&mut self.state, &[self.rest]);
            self.held = 0;
        }
        let (blocks, rest) = bytes.as_chunks();
        self.hold(rest);
        Stream { state: &mut self.state, blocks }
    }
    /// Adds to what is held back; there is room for it.
    fn hold(&mut self, bytes: &[u8]) {
        self.rest.iter_mut().skip(self.held).zip(bytes).for_each(|(to, from)| *to = *from);
        self.held = self.held.saturating_add(bytes.len()).min(64);
    }
}
