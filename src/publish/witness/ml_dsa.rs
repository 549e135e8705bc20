//! The witness's second key, ML-DSA-44, as C2SP tlog-witness recommends. Its seed lies in the witness's folder.

use super::error::WitnessError;
use crate::encoding::Malformed;
use crate::signer::{SignerError, random};
use crate::store;
use crate::transparency::ml_dsa::{SigningKey, message};
use crate::transparency::witness::NotCosigned;
use crate::transparency::{Note, NoteKey, Scheme, Signature, Signed, cosignature};
use jiff::Timestamp;
use std::path::Path;
use zeroize::Zeroizing;

/// 64 hexadecimal digits; only its owner may read it.
const SEED: &str = "ml-dsa.seed";

/// The key under this name, made unless its seed is there from a run that was interrupted.
pub(super) fn key(folder: &Path, name: &str) -> Result<NoteKey, WitnessError> {
    if name.len() > 255 {
        return Err(Malformed::new("witness name", format!("{} bytes, ML-DSA-44 allows 255", name.len())).into());
    }
    let path = folder.join(SEED);
    if !store::exists(&path) {
        let seed = random::bytes::<32>()?;
        let text = Zeroizing::new(hex::encode(&seed[..]) + "\n");
        store::create_private(&path, text.as_bytes())?;
    }
    Ok(NoteKey::new(name, Scheme::MlDsa44(read(&path)?.public()))?)
}

fn read(path: &Path) -> Result<SigningKey, WitnessError> {
    let text = store::read_private(path, 65)?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii_end(), &mut seed[..])
        .map_err(|_| Malformed::new("ML-DSA-44 seed", "not 64 hexadecimal digits"))?;
    Ok(SigningKey::from_seed(&seed))
}

/// A cosignature by it, checked as others will check it.
pub(super) fn line(folder: &Path, vkey: &str, note: &Note, now: Timestamp) -> Result<Signature, WitnessError> {
    let key = NoteKey::parse(vkey)?;
    let message = message(key.name(), note.text(), now)
        .ok_or_else(|| NotCosigned::BadRequest("an origin over 255 bytes, which ML-DSA-44 cannot sign".into()))?;
    let signature = read(&folder.join(SEED))?.sign(&message).ok_or(SignerError::BadSignature)?;
    let line = key.line(cosignature::join(now, &signature));
    let mut alone = note.only(|_| false);
    alone.add(line.clone());
    match key.signed(&alone) {
        Signed::Good(Some(_)) => Ok(line),
        _ => Err(SignerError::BadSignature.into()),
    }
}
