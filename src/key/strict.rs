//! Strict verification of Ed25519 signatures, without a square root for each.
//!
//! A signature is strictly good if plain verification without the cofactor takes it (RFC 8032, section 5.1.7, the second of
//! its two equations) and neither the key nor R is of small order. `ed25519_dalek`'s `verify_strict` finds the order of R by
//! decompressing it, which is a fifth of all it does. Here R's bytes are compared instead, which comes to the same: plain
//! verification works out the one R that would be right, writes it as RFC 8032 does and compares the bytes, so it takes
//! no other spelling of it; and eight points are of small order, all at one of five heights.

use crate::artifact::Sha512;
use ed25519_dalek::hazmat::raw_verify;
use ed25519_dalek::{Signature, VerifyingKey};

/// The y of the points of order 1, 2, 4 and, the last two, 8, written as RFC 8032 does.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F,
    ],
    [0; 32],
    [
        0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF,
        0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
    ],
    [
        0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20,
        0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
    ],
];

/// Whether `signature` over `message` is strictly good under `key`, which must not be weak: [`super::PublicKey`] sees to it.
pub(super) fn verifies(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    Signature::from_slice(signature)
        .is_ok_and(|s| !is_small_order(s.r_bytes()) && raw_verify::<Sha512>(key, message, &s).is_ok())
}

/// Whether these bytes are one of the eight points of small order as RFC 8032 writes it. The highest bit is the sign of x.
fn is_small_order(r: &[u8; 32]) -> bool {
    let mut y = *r;
    if let Some(highest) = y.last_mut() {
        *highest &= 0x7F;
    }
    SMALL_ORDER.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::{SMALL_ORDER, is_small_order, verifies};
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::{EdwardsPoint, Scalar};
    use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
    use proptest::prelude::{ProptestConfig, any, proptest};
    use sha2::Digest as _;

    const MESSAGE: &[u8] = b"what was signed";

    /// What `verify_strict` says.
    fn strict(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(message, &s).is_ok())
    }

    #[test]
    fn the_heights_are_those_of_the_eight_points_of_small_order() {
        let written = EIGHT_TORSION.map(|point| point.compress().to_bytes());
        for r in &written {
            assert!(is_small_order(r), "{r:?}");
        }
        for y in &SMALL_ORDER {
            assert!(written.iter().any(|r| r[..31] == y[..31] && r[31] & 0x7F == y[31]), "{y:?}");
        }
        assert!(!is_small_order(&ED25519_BASEPOINT_POINT.compress().to_bytes()));
    }

    /// Whoever has the secret scalar of a key, with any part of small order in it, can sign with an R of small order. The plain
    /// equation holds for these, and only their R gives them away.
    #[test]
    fn a_signature_with_an_r_of_small_order_is_refused_even_where_the_equation_holds() {
        let secret = Scalar::from_bytes_mod_order([0x2A; 32]);
        let mut held = [0; 8];
        for (part, nth) in EIGHT_TORSION.iter().flat_map(|part| (0..=255).map(move |nth| (part, nth))) {
            let key = VerifyingKey::from(EdwardsPoint::mul_base(&secret) + part);
            let message = [MESSAGE, &[nth]].concat();
            for (at, r) in EIGHT_TORSION.map(|point| point.compress().to_bytes()).iter().enumerate() {
                let k: [u8; 64] =
                    sha2::Sha512::new().chain_update(r).chain_update(key).chain_update(&message).finalize().into();
                let s = Scalar::from_bytes_mod_order_wide(&k) * secret;
                let signature = [*r, s.to_bytes()].concat();
                let plain = Signature::from_slice(&signature).is_ok_and(|s| key.verify(&message, &s).is_ok());
                held[at] += u32::from(plain);
                assert!(!strict(&key, &message, &signature));
                assert!(!verifies(&key, &message, &signature), "R {r:?}");
            }
        }
        assert!(held.iter().all(|times| *times > 0), "every R has to be tried with an equation that holds: {held:?}");
    }

    /// Spellings that RFC 8032 does not write: a y that is not reduced, and a sign where x is 0.
    #[test]
    fn no_other_spelling_of_a_point_of_small_order_is_taken() {
        let identity = EdwardsPoint::default();
        let mut spelled = 0;
        for (low, high, fill) in (0..=255)
            .flat_map(|low| [(0x7F, 0xFF), (0xFF, 0xFF), (0x80, 0), (0, 0)].map(|(high, fill)| (low, high, fill)))
        {
            let mut r = [fill; 32];
            (r[0], r[31]) = (low, high);
            let Ok(point) = VerifyingKey::from_bytes(&r) else { continue };
            if !point.is_weak() {
                continue;
            }
            spelled += 1;
            let secret = Scalar::from_bytes_mod_order([0x2A; 32]);
            let key = VerifyingKey::from(EdwardsPoint::mul_base(&secret) + identity);
            let k: [u8; 64] =
                sha2::Sha512::new().chain_update(r).chain_update(key).chain_update(MESSAGE).finalize().into();
            let signature = [r, (Scalar::from_bytes_mod_order_wide(&k) * secret).to_bytes()].concat();
            assert!(!strict(&key, MESSAGE, &signature));
            assert!(!verifies(&key, MESSAGE, &signature), "R {r:?}");
        }
        assert_eq!(spelled, 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 500 } else { 20_000 }))]
        /// Good signatures, and such with one or more bits wrong in the key, the message, R or S.
        #[test]
        fn every_signature_gets_the_answer_of_verify_strict(
            seed in any::<[u8; 32]>(), short in any::<Vec<u8>>(), times in 1..40_usize, flips in proptest::collection::vec((0..3_usize, any::<u16>()), 0..3)
        ) {
            use ed25519_dalek::Signer as _;
            let message = short.repeat(times);
            let signer = ed25519_dalek::SigningKey::from_bytes(&seed);
            let mut parts = [signer.sign(&message).to_bytes().to_vec(), message, signer.verifying_key().to_bytes().to_vec()];
            for (part, bit) in flips {
                let bits = (parts[part].len() * 8).max(1);
                if let Some(byte) = parts[part].get_mut(usize::from(bit) % bits / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            let [signature, message, key] = parts;
            if let Ok(key) = VerifyingKey::from_bytes(&key.try_into().unwrap()) && !key.is_weak() {
                assert_eq!(verifies(&key, &message, &signature), strict(&key, &message, &signature));
            }
        }
    }
}
