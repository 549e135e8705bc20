//! Sixteen or eight messages in the lanes of vector registers: word t of every message is one register.
//!
//! The same code over arrays, left to the compiler to vectorise, came to 2.5 GB/s with AVX-512 and 0.4 with AVX2; this
//! comes to 4.5 and 1.45.

#![allow(clippy::indexing_slicing, reason = "arrays of fixed size, at places known when compiling")]

use super::{Block, K, State};
use std::arch::x86_64::*;
use std::array::from_fn;

/// The compression function over `$n` messages in lockstep, in terms of the operations given.
macro_rules! compress {
    ($name:ident, $features:literal, $n:literal, $vector:ty, $add:ident, $ops:ident) => {
        /// Compresses blocks of every message, as many as the shortest has.
        #[target_feature(enable = $features)]
        pub(super) fn $name(states: &mut [State; $n], blocks: [&[Block]; $n]) {
            let mut state: [$vector; 8] = from_fn(|i| $ops::vector(&from_fn(|lane| states[lane][i])));
            let steps = blocks.iter().map(|b| b.len()).min().unwrap_or_default();
            let mut blocks = blocks.map(|b| b.iter());
            for _ in 0..steps {
                let mut w = $ops::words(from_fn(|lane| blocks[lane].next().unwrap_or(&[0; 64])));
                let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
                for round in 0..4 {
                    for t in 0..16 {
                        let k = $ops::all(K[16 * round + t]);
                        let s1 = $ops::xor3($ops::ror::<6>(e), $ops::ror::<11>(e), $ops::ror::<25>(e));
                        let t1 = $add($add(h, s1), $add($ops::choose(e, f, g), $add(w[t], k)));
                        let s0 = $ops::xor3($ops::ror::<2>(a), $ops::ror::<13>(a), $ops::ror::<22>(a));
                        let t2 = $add(s0, $ops::majority(a, b, c));
                        (h, g, f, e) = (g, f, e, $add(d, t1));
                        (d, c, b, a) = (c, b, a, $add(t1, t2));
                    }
                    if round == 3 {
                        break;
                    }
                    for t in 0..16 {
                        let (x, y) = (w[(t + 1) & 15], w[(t + 14) & 15]);
                        let s0 = $ops::xor3($ops::ror::<7>(x), $ops::ror::<18>(x), $ops::shr::<3>(x));
                        let s1 = $ops::xor3($ops::ror::<17>(y), $ops::ror::<19>(y), $ops::shr::<10>(y));
                        w[t] = $add($add(w[t], s0), $add(w[(t + 9) & 15], s1));
                    }
                }
                for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
                    *old = $add(*old, new);
                }
            }
            for (i, vector) in state.into_iter().enumerate() {
                for (state, word) in states.iter_mut().zip($ops::array(vector)) {
                    state[i] = word;
                }
            }
        }
    };
}

compress!(sixteen, "avx512f,avx512bw", 16, __m512i, _mm512_add_epi32, avx512);
compress!(eight, "avx2", 8, __m256i, _mm256_add_epi32, avx2);

/// Operations on sixteen words.
mod avx512 {
    use super::*;

    /// Defines functions that the processor must have AVX-512 for.
    macro_rules! with_avx512 {
        ($($item:item)*) => { $(#[target_feature(enable = "avx512f,avx512bw")] #[inline] $item)* };
    }

    with_avx512! {
        pub(super) fn vector(words: &[u32; 16]) -> __m512i {
            // SAFETY: 64 bytes are read, and the array has them; no alignment is asked for.
            unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
        }
        pub(super) fn array(vector: __m512i) -> [u32; 16] {
            let mut words = [0; 16];
            // SAFETY: 64 bytes are written, and the array has them; no alignment is asked for.
            unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
            words
        }
        pub(super) fn all(word: u32) -> __m512i {
            _mm512_set1_epi32(word.cast_signed())
        }
        pub(super) fn ror<const BITS: i32>(x: __m512i) -> __m512i {
            _mm512_ror_epi32::<BITS>(x)
        }
        pub(super) fn shr<const BITS: u32>(x: __m512i) -> __m512i {
            _mm512_srli_epi32::<BITS>(x)
        }
        pub(super) fn xor3(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
            _mm512_ternarylogic_epi32::<0x96>(x, y, z)
        }
        pub(super) fn choose(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
            _mm512_ternarylogic_epi32::<0xca>(x, y, z)
        }
        pub(super) fn majority(x: __m512i, y: __m512i, z: __m512i) -> __m512i {
            _mm512_ternarylogic_epi32::<0xe8>(x, y, z)
        }
        /// Sixteen blocks as sixteen registers, of which the t-th holds word t of every block.
        pub(super) fn words(blocks: [&Block; 16]) -> [__m512i; 16] {
            let big_endian = _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203);
            let rows: [__m512i; 16] = from_fn(|i| {
                // SAFETY: 64 bytes are read, and a block has them; no alignment is asked for.
                _mm512_shuffle_epi8(unsafe { _mm512_loadu_si512(blocks[i].as_ptr().cast()) }, big_endian)
            });
            // A transposition by halves: pairs of rows, fours, then the quarters of registers twice.
            let twos: [__m512i; 16] = from_fn(|i| match (rows[i & !1], rows[i | 1]) {
                (x, y) if i & 1 == 0 => _mm512_unpacklo_epi32(x, y),
                (x, y) => _mm512_unpackhi_epi32(x, y),
            });
            let fours: [__m512i; 16] = from_fn(|i| match (twos[(i & !3) + (i >> 1 & 1)], twos[(i & !3) + 2 + (i >> 1 & 1)]) {
                (x, y) if i & 1 == 0 => _mm512_unpacklo_epi64(x, y),
                (x, y) => _mm512_unpackhi_epi64(x, y),
            });
            let eights: [__m512i; 16] = from_fn(|i| match (fours[(i & 8) + (i & 3)], fours[(i & 8) + 4 + (i & 3)]) {
                (x, y) if i & 4 == 0 => _mm512_shuffle_i32x4::<0x88>(x, y),
                (x, y) => _mm512_shuffle_i32x4::<0xdd>(x, y),
            });
            from_fn(|t| match (eights[t & 7], eights[8 + (t & 7)]) {
                (x, y) if t & 8 == 0 => _mm512_shuffle_i32x4::<0x88>(x, y),
                (x, y) => _mm512_shuffle_i32x4::<0xdd>(x, y),
            })
        }
    }
}

/// Operations on eight words.
mod avx2 {
    use super::*;

    /// Defines functions that the processor must have AVX2 for.
    macro_rules! with_avx2 {
        ($($item:item)*) => { $(#[target_feature(enable = "avx2")] #[inline] $item)* };
    }

    with_avx2! {
        pub(super) fn vector(words: &[u32; 8]) -> __m256i {
            // SAFETY: 32 bytes are read, and the array has them; no alignment is asked for.
            unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
        }
        pub(super) fn array(vector: __m256i) -> [u32; 8] {
            let mut words = [0; 8];
            // SAFETY: 32 bytes are written, and the array has them; no alignment is asked for.
            unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), vector) };
            words
        }
        pub(super) fn all(word: u32) -> __m256i {
            _mm256_set1_epi32(word.cast_signed())
        }
        pub(super) fn ror<const BITS: i32>(x: __m256i) -> __m256i {
            let (right, left) = (_mm_cvtsi32_si128(BITS), _mm_cvtsi32_si128(32 - BITS));
            _mm256_or_si256(_mm256_srl_epi32(x, right), _mm256_sll_epi32(x, left))
        }
        pub(super) fn shr<const BITS: i32>(x: __m256i) -> __m256i {
            _mm256_srli_epi32::<BITS>(x)
        }
        pub(super) fn xor3(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
            _mm256_xor_si256(_mm256_xor_si256(x, y), z)
        }
        pub(super) fn choose(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
            _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)))
        }
        pub(super) fn majority(x: __m256i, y: __m256i, z: __m256i) -> __m256i {
            _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
        }
        /// Eight blocks as sixteen registers, of which the t-th holds word t of every block.
        pub(super) fn words(blocks: [&Block; 8]) -> [__m256i; 16] {
            let (first, second) = (half::<0>(blocks), half::<32>(blocks));
            from_fn(|t| if t < 8 { first[t] } else { second[t - 8] })
        }
        /// Eight words of each block, from `AT` on.
        fn half<const AT: usize>(blocks: [&Block; 8]) -> [__m256i; 8] {
            let (low, high) = (0x0405_0607_0001_0203, 0x0c0d_0e0f_0809_0a0b);
            let big_endian = _mm256_set_epi64x(high, low, high, low);
            let rows: [__m256i; 8] = from_fn(|i| {
                const { assert!(AT <= 32) };
                // SAFETY: 32 bytes are read from `AT` on, which is at most 32, and a block has 64; no alignment is asked for.
                _mm256_shuffle_epi8(unsafe { _mm256_loadu_si256(blocks[i].as_ptr().add(AT).cast()) }, big_endian)
            });
            let twos: [__m256i; 8] = from_fn(|i| match (rows[i & !1], rows[i | 1]) {
                (x, y) if i & 1 == 0 => _mm256_unpacklo_epi32(x, y),
                (x, y) => _mm256_unpackhi_epi32(x, y),
            });
            let fours: [__m256i; 8] = from_fn(|i| match (twos[(i & !3) + (i >> 1 & 1)], twos[(i & !3) + 2 + (i >> 1 & 1)]) {
                (x, y) if i & 1 == 0 => _mm256_unpacklo_epi64(x, y),
                (x, y) => _mm256_unpackhi_epi64(x, y),
            });
            from_fn(|t| match (fours[t & 3], fours[4 + (t & 3)]) {
                (x, y) if t < 4 => _mm256_permute2x128_si256::<0x20>(x, y),
                (x, y) => _mm256_permute2x128_si256::<0x31>(x, y),
            })
        }
    }
}
