//! SHA-256 of many messages side by side (FIPS 180-4): the compression function over 16, 8 or 2 of them at a time; and SHA-512
//! of one, whose words are worked out side by side.
//!
//! A single message is one long chain of dependent steps, so a processor idles while it waits for each. Messages do not
//! depend on each other: side by side they fill its units. `sha2` is the reference and, without such units, the way.
//! This module is the only one with `unsafe`: instructions that a processor need not have, and loads into registers.

// Its addresses fill a register.
#[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
mod long;
#[cfg(target_arch = "x86_64")]
mod pair;
#[cfg(target_arch = "x86_64")]
mod wide;

use sha2::block_api::{compress256, compress512};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::__cpuid;
#[cfg(target_arch = "x86_64")]
use std::sync::OnceLock;

/// What goes through the compression function at a time.
pub(super) type Block = [u8; 64];

/// What SHA-256 knows between two blocks.
pub(super) type State = [u32; 8];

/// What goes through SHA-512's compression function at a time.
pub(super) type LongBlock = [u8; 128];

/// What SHA-512 knows between two blocks.
pub(super) type LongState = [u64; 8];

/// Takes blocks of one message into the state of its SHA-512. A build that is not optimised leaves it to `sha2`, as with `Lanes`,
/// but for the tests of it.
pub(super) fn advance_long(state: &mut LongState, blocks: &[LongBlock]) {
    #[cfg(all(target_arch = "x86_64", target_pointer_width = "64"))]
    if cfg!(any(test, not(debug_assertions))) && blocks.len() >= long::WIDTH && long::is_here() {
        let (eights, rest) = blocks.as_chunks();
        // SAFETY: `is_here` says that the processor has the instructions.
        unsafe { long::compress(state, eights) };
        return compress512(state, rest);
    }
    compress512(state, blocks);
}

/// How many messages are hashed side by side. A value says that this processor can: there is no other way to get one.
///
/// ```
/// use vouchsafe::artifact::Lanes;
/// assert_eq!(Lanes::of(1).map(Lanes::width), Some(1), "one after the other goes everywhere");
/// assert_eq!(Lanes::of(3), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes(Width);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// AVX-512; what is left over goes the way of `Two` where that is possible.
    Sixteen,
    /// AVX2.
    Eight,
    /// The SHA extensions, two messages interleaved: more do not fit into the registers.
    Two,
    /// `sha2`, one message after the other.
    One,
}

impl Width {
    /// All there are, fastest first.
    fn all() -> [Self; 4] {
        if takes_halves() {
            return [Self::Two, Self::Sixteen, Self::Eight, Self::One];
        }
        [Self::Sixteen, Self::Two, Self::Eight, Self::One]
    }

    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        match self {
            Self::Sixteen => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw"),
            Self::Eight => is_x86_feature_detected!("avx2"),
            Self::Two => sha_extensions(),
            Self::One => true,
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        self == Self::One
    }
}

#[cfg(target_arch = "x86_64")]
fn sha_extensions() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3")
}

/// Whether this processor does what is asked of a register of AVX-512 in two halves, as AMD's of family 25 do: two lanes by the SHA
/// extensions are faster there than sixteen. It is asked once: a virtual machine takes some microseconds to answer.
#[cfg(target_arch = "x86_64")]
fn takes_halves() -> bool {
    static TAKES_HALVES: OnceLock<bool> = OnceLock::new();
    *TAKES_HALVES.get_or_init(|| {
        if !is_x86_feature_detected!("sse4a") || !is_x86_feature_detected!("avx512f") {
            return false;
        }
        #[allow(unused_unsafe, reason = "older compilers want it")]
        // SAFETY: every processor of 64 bits has the instruction, and leaf 1 of it.
        let told = unsafe { __cpuid(1) }.eax;
        let (family, extended) = (told >> 8 & 0xf, told >> 20 & 0xff);
        family + if family == 0xf { extended } else { 0 } == 25
    })
}
#[cfg(not(target_arch = "x86_64"))]
fn takes_halves() -> bool {
    false
}

impl Lanes {
    /// One after the other, which goes everywhere.
    pub const ONE: Self = Self(Width::One);

    /// The fastest of this processor: 16 with AVX-512 that is not done in halves, else 2 with the SHA extensions, else 8 with AVX2,
    /// else 1. Two by the extensions measured twice as fast as eight without. A build that is not optimised takes one, which `sha2` is
    /// optimised for in every profile of ours; the others are slow there.
    pub fn best() -> Self {
        let fastest = if cfg!(debug_assertions) { None } else { Self::here().next() };
        fastest.unwrap_or(Self::ONE)
    }
    /// All that this processor has, fastest first.
    pub fn here() -> impl Iterator<Item = Self> {
        Width::all().into_iter().filter(|w| w.is_here()).map(Self)
    }
    /// So many side by side: 16, 8, 2 or 1; None if this processor cannot.
    pub fn of(width: usize) -> Option<Self> {
        Self::here().find(|l| l.width() == width)
    }
    /// How many side by side.
    pub fn width(self) -> usize {
        match self.0 {
            Width::Sixteen => 16,
            Width::Eight => 8,
            Width::Two => 2,
            Width::One => 1,
        }
    }
    /// Takes every stream to its end. Streams may differ in length; a lane that comes free takes the next one.
    pub(super) fn advance(self, streams: &mut [Stream<'_>]) {
        // To ask the processor what it can do takes longer than to hash a small file.
        #[cfg(target_arch = "x86_64")]
        if self != Self::ONE && streams.len() > 1 {
            self.side_by_side(streams);
        }
        for stream in streams {
            compress256(stream.state, std::mem::take(&mut stream.blocks));
        }
    }
    #[cfg(target_arch = "x86_64")]
    fn side_by_side(self, streams: &mut [Stream<'_>]) {
        let pairs = sha_extensions();
        if self.0 == Width::Sixteen {
            // Below ten, five pairs take less time than sixteen lanes with some of them idle.
            let least = if pairs { 10 } else { 2 };
            // SAFETY: a `Lanes` of this width is made only where the processor has the instructions.
            lockstep(streams, least, |states, blocks| unsafe { wide::sixteen(states, blocks) });
        }
        if self.0 == Width::Eight {
            // SAFETY: as above.
            lockstep(streams, 2, |states, blocks| unsafe { wide::eight(states, blocks) });
        }
        if pairs && matches!(self.0, Width::Sixteen | Width::Two) {
            // SAFETY: `pairs` says that the processor has them.
            lockstep(streams, 2, |states, blocks| unsafe { pair::two(states, blocks) });
        }
    }
}

/// Blocks of one message, and the state they go into.
pub(super) struct Stream<'a> {
    pub(super) state: &'a mut State,
    pub(super) blocks: &'a [Block],
}

/// Takes streams `N` at a time through `kernel`, as far as the shortest of them goes, until fewer than `least` are left.
#[cfg(target_arch = "x86_64")]
fn lockstep<const N: usize>(streams: &mut [Stream<'_>], least: usize, kernel: impl Fn(&mut [State; N], [&[Block]; N])) {
    let mut waiting = streams.iter_mut().filter(|s| !s.blocks.is_empty());
    let mut seats: [Option<&mut Stream<'_>>; N] = std::array::from_fn(|_| None);
    loop {
        for seat in &mut seats {
            if seat.as_ref().is_none_or(|s| s.blocks.is_empty()) {
                *seat = waiting.next();
            }
        }
        let taken = || seats.iter().flatten();
        let steps = taken().map(|s| s.blocks.len()).min().unwrap_or_default();
        // An empty seat goes along with the first stream's blocks, into a state that nobody looks at.
        let Some(idle) = taken().next().map(|s| s.blocks) else { break };
        if taken().count() < least {
            break;
        }
        let mut states = seats.each_ref().map(|s| s.as_ref().map_or([0; 8], |s| *s.state));
        let blocks = seats.each_ref().map(|s| s.as_ref().map_or(idle, |s| s.blocks));
        let (now, later) = split(blocks, steps);
        kernel(&mut states, now);
        for ((seat, state), rest) in seats.iter_mut().zip(states).zip(later) {
            if let Some(stream) = seat {
                *stream.state = state;
                stream.blocks = rest;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn split<const N: usize>(blocks: [&[Block]; N], at: usize) -> ([&[Block]; N], [&[Block]; N]) {
    let halves = blocks.map(|b| b.split_at_checked(at).unwrap_or((b, &[])));
    (halves.map(|h| h.0), halves.map(|h| h.1))
}

/// The constants of FIPS 180-4, 4.2.2.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];
