-- One row, which a probe writes to see whether the database can be written.

CREATE TABLE write_probe (written_at BIGINT NOT NULL);

INSERT INTO write_probe (written_at) VALUES (0);
