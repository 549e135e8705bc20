//! SHA-512 of one message (FIPS 180-4): `sha2`'s, with the blocks of a long message taken by [`lanes`](super::lanes).

use super::lanes::{LongBlock, LongState, advance_long};
use sha2::block_api::compress512;
use sha2::digest::array::Array;
use sha2::digest::block_api::{
    Block, BlockSizeUser, Buffer, BufferKindUser, Eager, FixedOutputCore, OutputSizeUser, UpdateCore,
};
use sha2::digest::consts::{U64, U128};
use sha2::digest::{HashMarker, Output};

/// The state before the first block (FIPS 180-4, 5.3.5).
const INITIAL: LongState = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

sha2::digest::buffer_fixed!(
    /// SHA-512, as a [`sha2::Digest`]. For what anybody may read: what it held is not wiped.
    pub(crate) struct Sha512(Core);
    impl: BaseFixedTraits Default HashMarker;
);

/// SHA-512 between two pieces of whole blocks.
pub(crate) struct Core {
    state: LongState,
    blocks: u128,
}

impl Default for Core {
    fn default() -> Self {
        Self { state: INITIAL, blocks: 0 }
    }
}

impl HashMarker for Core {}

impl BlockSizeUser for Core {
    type BlockSize = U128;
}

impl BufferKindUser for Core {
    type BufferKind = Eager;
}

impl OutputSizeUser for Core {
    type OutputSize = U64;
}

impl UpdateCore for Core {
    fn update_blocks(&mut self, blocks: &[Block<Self>]) {
        self.blocks = self.blocks.wrapping_add(blocks.len() as u128);
        let blocks: &[LongBlock] = Array::cast_slice_to_core(blocks);
        advance_long(&mut self.state, blocks);
    }
}

impl FixedOutputCore for Core {
    /// A bit, zeros and the length in bits (FIPS 180-4, 5.1.2).
    fn finalize_fixed_core(&mut self, buffer: &mut Buffer<Self>, out: &mut Output<Self>) {
        let bytes = self.blocks.wrapping_mul(128).wrapping_add(buffer.get_pos() as u128);
        buffer.len128_padding_be(bytes.wrapping_mul(8), |block| compress512(&mut self.state, &[block.0]));
        for (to, word) in out.as_chunks_mut().0.iter_mut().zip(self.state) {
            *to = word.to_be_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sha512;
    use proptest::prelude::{ProptestConfig, any, proptest};
    use sha2::Digest as _;

    fn message(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 31 + i / 251 + length) as u8).collect()
    }

    /// Eight blocks are 1,024 bytes: none, one and several times eight, with every rest of blocks and of bytes.
    #[test]
    #[allow(clippy::print_stderr, reason = "says what this processor has not")]
    fn every_length_around_the_edges_of_eight_blocks() {
        #[cfg(target_arch = "x86_64")]
        if !is_x86_feature_detected!("avx512bw") {
            eprintln!("this processor has no AVX-512: SHA-512 in lanes is NOT tested here");
        }
        for length in (0..300).chain((0..40).flat_map(|blocks| (0..4).map(move |more| 126 + 128 * blocks + more))) {
            let message = message(length);
            assert_eq!(Sha512::digest(&message), sha2::Sha512::digest(&message), "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 5_000 }))]
        #[test]
        fn any_bytes_in_any_pieces(seed in any::<u64>(), length in 0..20_000_usize, cuts in proptest::collection::vec(0..20_000_usize, 0..4)) {
            let mut x = seed | 1;
            let random = || {
                x = x.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
                (x >> 56) as u8
            };
            let message: Vec<u8> = std::iter::repeat_with(random).take(length).collect();
            let (mut ours, mut rest, mut cuts) = (Sha512::default(), message.as_slice(), cuts);
            cuts.sort_unstable_by(|a, b| b.cmp(a));
            for cut in cuts {
                let (piece, later) = rest.split_at(cut.min(rest.len()));
                ours.update(piece);
                rest = later;
            }
            ours.update(rest);
            assert_eq!(ours.finalize(), sha2::Sha512::digest(&message));
        }
    }
}
