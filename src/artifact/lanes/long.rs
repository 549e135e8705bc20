//! SHA-512 of one long message (FIPS 180-4): its blocks' words side by side, its rounds one after the other.
//!
//! The rounds are a chain in which each step waits for the one before, but what they take in is not: the words of eight blocks
//! are worked out in the lanes of vector registers, between the rounds of the eight blocks before, where those units are
//! idle. Rounds as the compiler puts them took a sixth longer than these, and the whole as long as `sha2`.

#![allow(clippy::indexing_slicing, reason = "arrays of fixed size, at places that loops of fixed length count")]

use super::{LongBlock, LongState};
use std::arch::asm;
use std::arch::x86_64::*;
use std::array::from_fn;

/// So many blocks' words are worked out at a time.
pub(super) const WIDTH: usize = 8;

/// The words of eight blocks that rounds take in, each with its constant added: lane b is of block b.
type Words = [__m512i; 80];

/// Whether this processor has the instructions.
pub(super) fn is_here() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
}

/// Takes eight blocks at a time into the state.
#[target_feature(enable = "avx512f,avx512bw,bmi1,bmi2")]
pub(super) fn compress(state: &mut LongState, eights: &[[LongBlock; WIDTH]]) {
    let Some(first) = eights.first() else { return };
    let mut schedule = Schedule { words: [_mm512_setzero_si512(); 96] };
    let mut both = [[_mm512_setzero_si512(); 80]; 2];
    let [mut now, mut next] = both.each_mut();
    schedule.load(first);
    for (n, words) in now.iter_mut().enumerate() {
        *words = schedule.step(n);
    }
    for after in eights.iter().skip(1) {
        schedule.load(after);
        for block in 0..WIDTH {
            rounds(state, now, block, |n| next[10 * block + n] = schedule.step(10 * block + n));
        }
        std::mem::swap(&mut now, &mut next);
    }
    for block in 0..WIDTH {
        rounds(state, now, block, |_| {});
    }
}

/// The words of eight blocks as they come about, each from those before it.
struct Schedule {
    words: [__m512i; 96],
}

impl Schedule {
    /// Takes the first sixteen words from the blocks.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn load(&mut self, blocks: &[LongBlock; WIDTH]) {
        let big_endian = _mm512_set4_epi32(0x0809_0a0b, 0x0c0d_0e0f, 0x0001_0203, 0x0405_0607);
        for half in 0..2 {
            let rows: [__m512i; WIDTH] = from_fn(|i| {
                let (halves, _) = blocks[i].as_chunks::<64>();
                // SAFETY: 64 bytes are read, and half a block has them; no alignment is asked for.
                _mm512_shuffle_epi8(unsafe { _mm512_loadu_si512(halves[half].as_ptr().cast()) }, big_endian)
            });
            // A transposition by halves: pairs of rows, then the quarters of registers twice.
            let twos: [__m512i; WIDTH] = from_fn(|i| match (rows[i & !1], rows[i | 1]) {
                (x, y) if i & 1 == 0 => _mm512_unpacklo_epi64(x, y),
                (x, y) => _mm512_unpackhi_epi64(x, y),
            });
            let fours: [__m512i; WIDTH] = from_fn(|i| match (twos[(i & 4) + (i & 1)], twos[(i & 4) + 2 + (i & 1)]) {
                (x, y) if i & 2 == 0 => _mm512_shuffle_i64x2::<0x88>(x, y),
                (x, y) => _mm512_shuffle_i64x2::<0xdd>(x, y),
            });
            for t in 0..WIDTH {
                let (x, y) = (fours[t & 3], fours[4 + (t & 3)]);
                self.words[8 * half + t] =
                    if t & 4 == 0 { _mm512_shuffle_i64x2::<0x88>(x, y) } else { _mm512_shuffle_i64x2::<0xdd>(x, y) };
            }
        }
    }
    /// Word n with its constant, and word n + 16 for later (FIPS 180-4, 6.4.2, step 1).
    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn step(&mut self, n: usize) -> __m512i {
        let w: &mut [__m512i; 17] = match self.words.get_mut(n..).and_then(|w| w.first_chunk_mut()) {
            Some(w) => w,
            // Not reached: n is below 80.
            None => return _mm512_setzero_si512(),
        };
        let (x, y) = (w[1], w[14]);
        let ror = (_mm512_ror_epi64::<1>(x), _mm512_ror_epi64::<8>(x));
        let s0 = _mm512_ternarylogic_epi64::<0x96>(ror.0, ror.1, _mm512_srli_epi64::<7>(x));
        let ror = (_mm512_ror_epi64::<19>(y), _mm512_ror_epi64::<61>(y));
        let s1 = _mm512_ternarylogic_epi64::<0x96>(ror.0, ror.1, _mm512_srli_epi64::<6>(y));
        w[16] = _mm512_add_epi64(_mm512_add_epi64(w[0], s0), _mm512_add_epi64(w[9], s1));
        _mm512_add_epi64(w[0], _mm512_set1_epi64(K[n].cast_signed()))
    }
}

/// One round (FIPS 180-4, 6.4.2, step 3) on the registers named, with word `$t` of those at `wk`; `$bc` holds b ^ c, and `$ab`
/// will hold a ^ b, which is that of the next round. What is e afterwards stands in `$d`, and what is a in `$h`.
macro_rules! round {
    ($a:literal $b:literal $c:literal $d:literal $e:literal $f:literal $g:literal $h:literal, $bc:literal $ab:literal, $t:literal) => {
        concat!(
            concat!("add {", $h, "}, [{wk} + 64 * ", $t, "]\n"),
            // h += S1(e) + Ch(e, f, g)
            concat!("rorx {s}, {", $e, "}, 41\n"),
            concat!("rorx {r}, {", $e, "}, 18\n"),
            concat!("andn {", $ab, "}, {", $e, "}, {", $g, "}\n"),
            "xor {s}, {r}\n",
            concat!("rorx {r}, {", $e, "}, 14\n"),
            concat!("add {", $h, "}, {", $ab, "}\n"),
            concat!("mov {", $ab, "}, {", $e, "}\n"),
            concat!("and {", $ab, "}, {", $f, "}\n"),
            "xor {s}, {r}\n",
            concat!("add {", $h, "}, {", $ab, "}\n"),
            concat!("add {", $h, "}, {s}\n"),
            concat!("add {", $d, "}, {", $h, "}\n"),
            // h += S0(a) + Maj(a, b, c), the majority as ((a ^ b) & (b ^ c)) ^ b
            concat!("rorx {s}, {", $a, "}, 39\n"),
            concat!("rorx {r}, {", $a, "}, 34\n"),
            concat!("mov {", $ab, "}, {", $a, "}\n"),
            concat!("xor {", $ab, "}, {", $b, "}\n"),
            "xor {s}, {r}\n",
            concat!("rorx {r}, {", $a, "}, 28\n"),
            concat!("and {", $bc, "}, {", $ab, "}\n"),
            "xor {s}, {r}\n",
            concat!("xor {", $bc, "}, {", $b, "}\n"),
            concat!("add {", $h, "}, {s}\n"),
            concat!("add {", $h, "}, {", $bc, "}\n"),
        )
    };
}

/// Takes one of eight blocks into the state; `beside` is called before every eighth round, ten times, with which it is.
#[target_feature(enable = "bmi1,bmi2")]
#[inline]
fn rounds(state: &mut LongState, words: &Words, block: usize, mut beside: impl FnMut(usize)) {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    let mut bc = b ^ c;
    for (n, eight) in words.as_chunks::<8>().0.iter().enumerate() {
        beside(n);
        let wk = eight.as_ptr().cast::<u64>().wrapping_add(block % WIDTH);
        // The first of the eight words read lies at most 56 bytes after the beginning of eight registers of 64 bytes, the others 64
        // bytes after one another. Nothing is written but the registers named, and no stack is used.
        // SAFETY: all that is read is inside of `eight`.
        unsafe {
            asm!(
                round!("a" "b" "c" "d" "e" "f" "g" "h", "x" "y", 0),
                round!("h" "a" "b" "c" "d" "e" "f" "g", "y" "x", 1),
                round!("g" "h" "a" "b" "c" "d" "e" "f", "x" "y", 2),
                round!("f" "g" "h" "a" "b" "c" "d" "e", "y" "x", 3),
                round!("e" "f" "g" "h" "a" "b" "c" "d", "x" "y", 4),
                round!("d" "e" "f" "g" "h" "a" "b" "c", "y" "x", 5),
                round!("c" "d" "e" "f" "g" "h" "a" "b", "x" "y", 6),
                round!("b" "c" "d" "e" "f" "g" "h" "a", "y" "x", 7),
                a = inout(reg) a, b = inout(reg) b, c = inout(reg) c, d = inout(reg) d,
                e = inout(reg) e, f = inout(reg) f, g = inout(reg) g, h = inout(reg) h,
                x = inout(reg) bc, y = out(reg) _, s = out(reg) _, r = out(reg) _, wk = in(reg) wk,
                options(pure, readonly, nostack)
            );
        }
    }
    for (old, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *old = old.wrapping_add(new);
    }
}

/// The constants of FIPS 180-4, 4.2.3.
#[rustfmt::skip]
const K: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];
