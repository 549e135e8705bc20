//! Cosignatures by ML-DSA-44 (FIPS 204; C2SP tlog-cosignature, type 0x06).
