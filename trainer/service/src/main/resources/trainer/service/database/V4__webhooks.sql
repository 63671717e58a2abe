CREATE TABLE webhooks (
  number     ${identity},
  url        TEXT   NOT NULL,
  events     TEXT   NOT NULL, -- separated by commas, and one before and after all
  secret     TEXT   NOT NULL,
  created_by TEXT   NOT NULL,
  created_at BIGINT NOT NULL
);

-- What is to be told, written in the transaction that makes it true.
CREATE TABLE deliveries (
  number     ${identity},
  webhook    BIGINT  NOT NULL REFERENCES webhooks (number) ON DELETE CASCADE,
  id         TEXT    NOT NULL UNIQUE,
  event      TEXT    NOT NULL,
  body       TEXT    NOT NULL,
  created_at BIGINT  NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts   INTEGER NOT NULL,
  not_before BIGINT  NOT NULL,
  answer     TEXT, -- to the last attempt
  ended_at   BIGINT
);

CREATE INDEX deliveries_by_turn ON deliveries (state, not_before);
