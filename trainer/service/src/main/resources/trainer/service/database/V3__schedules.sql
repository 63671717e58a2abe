CREATE TABLE schedules (
  number         ${identity},
  name           TEXT    NOT NULL UNIQUE,
  cron           TEXT    NOT NULL,
  zone           TEXT    NOT NULL,
  configuration  TEXT    NOT NULL, -- as it came
  model          TEXT    NOT NULL,
  begins_with    TEXT    NOT NULL CHECK (begins_with IN ('fresh', 'champion')),
  skip_unchanged BOOLEAN NOT NULL,
  held_out       TEXT,
  margin         DOUBLE PRECISION NOT NULL,
  keep           INTEGER NOT NULL,
  missed         TEXT    NOT NULL CHECK (missed IN ('skip', 'once')),
  allow_overlap  BOOLEAN NOT NULL,
  priority       INTEGER NOT NULL,
  paused         BOOLEAN NOT NULL,
  next_at        BIGINT  NOT NULL,
  changed_by     TEXT    NOT NULL,
  changed_at     BIGINT  NOT NULL
);

-- What became of each instant of a schedule. Of several processes that see the same instant, the key lets one in.
CREATE TABLE firings (
  number               ${identity},
  schedule             BIGINT  NOT NULL REFERENCES schedules (number) ON DELETE CASCADE,
  key                  TEXT    NOT NULL,
  due_at               BIGINT  NOT NULL,
  fired_at             BIGINT  NOT NULL,
  requested_by         TEXT, -- null: by the clock
  forced               BOOLEAN NOT NULL,
  state                TEXT    NOT NULL CHECK
    (state IN ('preparing', 'training', 'promoted', 'kept', 'skipped', 'missed', 'failed')),
  reason               TEXT,
  run                  TEXT,
  corpus_sha256        TEXT,
  configuration_sha256 TEXT,
  version              INTEGER,
  figures              TEXT, -- JSON
  ended_at             BIGINT,
  attempt              INTEGER NOT NULL, -- fences what a process writes that was taken for dead
  worker               TEXT,
  lease_until          BIGINT,
  UNIQUE (schedule, key)
);

CREATE INDEX firings_that_are_open ON firings (ended_at, number);
