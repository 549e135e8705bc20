-- What one audit is about; gone when it ends.
CREATE TEMP TABLE item (
    path BLOB PRIMARY KEY,
    stamp BLOB NOT NULL,
    changed INTEGER NOT NULL,
    beside BLOB,             -- the attestation beside it
    evidence BLOB,           -- stamp of that, with its proofs
    list BLOB,
    line TEXT,
    name BLOB,
    fault TEXT
) WITHOUT ROWID;
CREATE TEMP TABLE place (
    path BLOB PRIMARY KEY,
    absolute BLOB NOT NULL,
    stamp BLOB NOT NULL,
    full BLOB NOT NULL,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    changed INTEGER NOT NULL,
    container INTEGER
);
-- Answers by itself which files may be about an artifact, and which are to be read.
CREATE INDEX temp.place_of ON place (container, path, full, role, kind);
CREATE TEMP TABLE asked (path BLOB PRIMARY KEY, artifact INTEGER NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE skipped (path BLOB NOT NULL, why TEXT NOT NULL, PRIMARY KEY (path, why)) WITHOUT ROWID;
CREATE TEMP TABLE found (severity INTEGER NOT NULL, code INTEGER NOT NULL, path BLOB, text TEXT NOT NULL, UNIQUE (severity, code, text));
CREATE TEMP TABLE release (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    members TEXT NOT NULL,
    product TEXT NOT NULL,
    attested TEXT,
    valid_until TEXT,
    artifacts INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    practices INTEGER,
    logged TEXT,
    profile TEXT
) WITHOUT ROWID;
CREATE TEMP TABLE counted (
    id TEXT PRIMARY KEY,
    artifacts INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    members TEXT NOT NULL,
    practices INTEGER,
    logged TEXT,
    first BLOB
) WITHOUT ROWID;
