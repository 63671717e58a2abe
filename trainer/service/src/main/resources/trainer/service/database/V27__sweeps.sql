-- Iterations that the attempts of a run train to, below what its configuration says; null: as it says.
ALTER TABLE runs ADD COLUMN train_until INTEGER;

CREATE TABLE sweeps (
  number         ${identity},
  id             TEXT    NOT NULL UNIQUE,
  name           TEXT    NOT NULL,
  state          TEXT    NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
  configuration  TEXT    NOT NULL, -- as it came
  variations     TEXT    NOT NULL, -- a line KEY=VALUES for each
  drawn          INTEGER, -- number of random trials; null: every combination
  seed           BIGINT  NOT NULL,
  halving        INTEGER NOT NULL, -- 1: none
  iterations     INTEGER, -- of a whole run, where there is halving
  max_minutes    DOUBLE PRECISION, -- of training, all trials together
  model          TEXT, -- that the best trial is registered for
  step           INTEGER NOT NULL, -- of halving, from 0; fences what a process does that was overtaken
  stopping       TEXT, -- why it ends early
  reason         TEXT,
  version        INTEGER, -- of the model
  submitted_by   TEXT    NOT NULL,
  submitted_at   BIGINT  NOT NULL,
  ended_at       BIGINT,
  request_key    TEXT,
  request_digest TEXT    NOT NULL,
  UNIQUE (submitted_by, request_key)
);

CREATE INDEX sweeps_by_state ON sweeps (state, number);

-- The figures of a trial are those at the end of its last step, and first_loss that at the end of the first.
CREATE TABLE trials (
  sweep          BIGINT  NOT NULL REFERENCES sweeps (number) ON DELETE CASCADE,
  trial          INTEGER NOT NULL, -- from 1
  run            TEXT    NOT NULL,
  settings       TEXT    NOT NULL, -- a line KEY=VALUE for each
  state          TEXT    NOT NULL CHECK (state IN ('active', 'finished', 'dropped', 'failed', 'cancelled')),
  first_loss     DOUBLE PRECISION,
  loss           DOUBLE PRECISION,
  best_iteration INTEGER,
  iterations     INTEGER,
  reason         TEXT,
  PRIMARY KEY (sweep, trial)
);
