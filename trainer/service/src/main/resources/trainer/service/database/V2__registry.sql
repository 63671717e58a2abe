-- A model of the registry: a name, its versions, aliases that point at versions, and what was decided about them.

CREATE TABLE models (
  number     ${identity},
  name       TEXT    NOT NULL UNIQUE,
  versions   INTEGER NOT NULL, -- the last number that was given
  created_at BIGINT  NOT NULL
);

CREATE TABLE model_versions (
  model           BIGINT  NOT NULL REFERENCES models (number),
  version         INTEGER NOT NULL,
  run             TEXT    NOT NULL, -- its id; the run itself may be gone
  sha256          TEXT    NOT NULL,
  bytes           BIGINT  NOT NULL,
  corpus_sha256   TEXT,
  iteration       INTEGER,
  validation_loss DOUBLE PRECISION,
  registered_by   TEXT    NOT NULL,
  registered_at   BIGINT  NOT NULL,
  deleted_at      BIGINT, -- when its files were; the row stays
  PRIMARY KEY (model, version),
  UNIQUE (model, run, sha256)
);

CREATE TABLE model_aliases (
  model   BIGINT  NOT NULL REFERENCES models (number),
  alias   TEXT    NOT NULL CHECK (alias IN ('champion', 'challenger')),
  version INTEGER NOT NULL,
  PRIMARY KEY (model, alias),
  FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
);

CREATE TABLE promotions (
  number     ${identity},
  model      BIGINT  NOT NULL REFERENCES models (number),
  kind       TEXT    NOT NULL CHECK (kind IN ('promoted', 'rolled_back', 'kept')),
  version    INTEGER NOT NULL, -- that was promoted, gone back to, or not promoted
  champion   INTEGER,          -- before
  decided_by TEXT    NOT NULL,
  decided_at BIGINT  NOT NULL,
  reason     TEXT    NOT NULL,
  figures    TEXT,             -- JSON
  FOREIGN KEY (model, version) REFERENCES model_versions (model, version)
);

CREATE INDEX promotions_by_model ON promotions (model, number);

${append_only_promotions}

-- The version that a run takes its first weights from, as NAME@VERSION.
ALTER TABLE runs ADD COLUMN init_from TEXT;
