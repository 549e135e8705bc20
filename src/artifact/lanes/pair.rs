//! Two messages interleaved with the SHA extensions: while one waits for an instruction, the other has one to run.

#![allow(clippy::indexing_slicing, reason = "arrays of fixed size, at places known when compiling")]

use super::{Block, K, State};
use std::arch::x86_64::*;
use std::array::from_fn;

/// Compresses blocks of both messages, as many as the shorter has.
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub(super) fn two(states: &mut [State; 2], blocks: [&[Block]; 2]) {
    // The instructions want the state as (a, b, e, f) and (c, d, g, h), highest word first.
    let mut abef = states.map(|[a, b, _, _, e, f, _, _]| words([f, e, b, a]));
    let mut cdgh = states.map(|[_, _, c, d, _, _, g, h]| words([h, g, d, c]));
    let [first, second] = blocks;
    for pair in first.iter().zip(second) {
        let before = (abef, cdgh);
        let mut w: [[__m128i; 4]; 2] = [quarters(pair.0), quarters(pair.1)];
        for four in 0..16 {
            let k = words(from_fn(|i| K[4 * four + i]));
            for lane in 0..2 {
                let next = if four < 4 {
                    w[lane][four]
                } else {
                    let [w0, w1, w2, w3] = w[lane];
                    let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8::<4>(w3, w2));
                    let next = _mm_sha256msg2_epu32(sum, w3);
                    w[lane] = [w1, w2, w3, next];
                    next
                };
                let wk = _mm_add_epi32(next, k);
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], wk);
                abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32::<0x0e>(wk));
            }
        }
        abef = from_fn(|lane| _mm_add_epi32(abef[lane], before.0[lane]));
        cdgh = from_fn(|lane| _mm_add_epi32(cdgh[lane], before.1[lane]));
    }
    for ((state, abef), cdgh) in states.iter_mut().zip(abef).zip(cdgh) {
        let ([f, e, b, a], [h, g, d, c]) = (array(abef), array(cdgh));
        *state = [a, b, c, d, e, f, g, h];
    }
}

/// The sixteen words of a block, four to a register.
#[target_feature(enable = "ssse3")]
#[inline]
fn quarters(block: &Block) -> [__m128i; 4] {
    let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    from_fn(|i| {
        // SAFETY: i is below 4, so 16 bytes from 16 * i on are inside the 64 of a block; no alignment is asked for.
        _mm_shuffle_epi8(unsafe { _mm_loadu_si128(block.as_ptr().add(16 * i).cast()) }, big_endian)
    })
}

#[target_feature(enable = "sse2")]
#[inline]
fn words([w0, w1, w2, w3]: [u32; 4]) -> __m128i {
    _mm_set_epi32(w3.cast_signed(), w2.cast_signed(), w1.cast_signed(), w0.cast_signed())
}

#[target_feature(enable = "sse4.1")]
#[inline]
fn array(x: __m128i) -> [u32; 4] {
    [_mm_extract_epi32::<0>(x), _mm_extract_epi32::<1>(x), _mm_extract_epi32::<2>(x), _mm_extract_epi32::<3>(x)]
        .map(i32::cast_unsigned)
}
