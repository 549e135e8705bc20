-- Version 1 of the index of audits; steps lead on from it. Nothing in it is anybody's word: it can be thrown away at any time, and is built anew.

-- Files with attestations or proofs, by the path from the root of the file system on.
CREATE TABLE container (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    stamp BLOB NOT NULL,
    kind TEXT NOT NULL,      -- attestation, proof, neither
    fault TEXT               -- why it cannot be read as what its name says
);

-- What stands in them, unverified.
CREATE TABLE attestation (
    container INTEGER NOT NULL,
    line INTEGER NOT NULL,
    id TEXT NOT NULL,        -- SHA-256 of what is signed
    product TEXT NOT NULL,
    attested TEXT,
    valid_until TEXT,
    member TEXT,             -- who it says it is from
    profile TEXT,            -- what it set out to meet
    PRIMARY KEY (container, line)
) WITHOUT ROWID;

-- Which files may be about a digest or a file name: 64 bits of a hash of it. Only says where to look.
CREATE TABLE mention (
    word INTEGER NOT NULL,
    container INTEGER NOT NULL,
    PRIMARY KEY (word, container)
) WITHOUT ROWID;

-- Texts that many rows share.
CREATE TABLE shared (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
);

-- Everything an answer rests on but the file, its attestations and the moment.
CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE
);

-- Answers. A row is never changed, so that whoever reads it while somebody else audits reads what was decided.
CREATE TABLE artifact (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL,
    path BLOB NOT NULL,
    stamp BLOB,              -- NULL if the file was written to so lately that its times say nothing
    evidence BLOB,           -- of the attestations looked at
    decided INTEGER NOT NULL,
    until INTEGER NOT NULL,  -- the first moment at which time alone could change the answer
    written INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    digest TEXT,
    code TEXT,
    message TEXT NOT NULL,
    expected TEXT,
    got TEXT,
    hint TEXT,
    release TEXT,
    members TEXT NOT NULL,
    signers INTEGER,
    practices INTEGER,
    tier TEXT,
    logged TEXT,
    log_origin TEXT,
    log_size INTEGER
);
CREATE INDEX artifact_of ON artifact (question, path);

-- What an auditor has to look at, of single answers.
CREATE TABLE finding (
    artifact INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    code INTEGER NOT NULL,
    path BLOB,
    text TEXT NOT NULL
);
CREATE INDEX finding_of ON finding (artifact);

-- Audits that were carried through, and what each looked at: the last two of a portfolio are kept.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    portfolio BLOB NOT NULL,
    at TEXT NOT NULL,
    forum TEXT NOT NULL,
    registry_version INTEGER NOT NULL,
    policy TEXT NOT NULL,
    command TEXT NOT NULL
);
CREATE TABLE audited (
    audit INTEGER NOT NULL,
    path BLOB NOT NULL,
    artifact INTEGER NOT NULL,
    PRIMARY KEY (audit, path)
) WITHOUT ROWID;
CREATE TABLE met (
    audit INTEGER NOT NULL,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    members TEXT NOT NULL,
    product TEXT NOT NULL,
    profile TEXT,
    artifacts INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    practices INTEGER
);
CREATE INDEX met_of ON met (audit, id);
CREATE TABLE key_of (
    audit INTEGER NOT NULL,
    member TEXT NOT NULL,
    keyid TEXT NOT NULL,
    added TEXT NOT NULL,
    ends TEXT,
    why TEXT
);
CREATE INDEX key_of_audit ON key_of (audit);
