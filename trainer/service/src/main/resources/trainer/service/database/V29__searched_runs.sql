-- What searches compare, so that they read neither configurations nor files of runs.
CREATE TABLE searched_runs (
  run      BIGINT  PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE,
  settings TEXT    NOT NULL, -- a line KEY: VALUE for every key of the configuration
  attempt  INTEGER NOT NULL, -- that the figures are of, which has ended; 0: none
  figures  TEXT    NOT NULL  -- such lines too
);
