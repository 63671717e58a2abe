-- Times are milliseconds since 1970-01-01 UTC by the clock of the database.

CREATE TABLE runs (
  number           ${identity},
  id               TEXT    NOT NULL UNIQUE,
  name             TEXT    NOT NULL,
  state            TEXT    NOT NULL
    CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
  priority         INTEGER NOT NULL,
  configuration    TEXT    NOT NULL,
  submitted_by     TEXT    NOT NULL,
  submitted_at     BIGINT  NOT NULL,
  not_before       BIGINT  NOT NULL,
  started_at       BIGINT,
  finished_at      BIGINT,
  attempt          INTEGER NOT NULL,
  failures         INTEGER NOT NULL,
  worker           TEXT,
  lease_until      BIGINT,
  cancel_requested BOOLEAN NOT NULL,
  reason           TEXT,
  -- A run is leased while it is running, and at no other time.
  CHECK ((state = 'running') = (lease_until IS NOT NULL)),
  CHECK ((state = 'running') = (worker IS NOT NULL))
);

CREATE INDEX runs_by_turn ON runs (state, priority DESC, number);

-- The number of an attempt is its fence: what the attempts before it still do is not accepted.
CREATE TABLE attempts (
  run        BIGINT  NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
  attempt    INTEGER NOT NULL,
  worker     TEXT    NOT NULL,
  started_at BIGINT  NOT NULL,
  ended_at   BIGINT,
  outcome    TEXT,
  reason     TEXT,
  PRIMARY KEY (run, attempt)
);

CREATE TABLE idempotency_keys (
  principal  TEXT   NOT NULL,
  key        TEXT   NOT NULL,
  digest     TEXT   NOT NULL,
  run        BIGINT REFERENCES runs (number) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (principal, key)
);
