-- How many GPUs train a run together: a node with fewer leaves it to others.

ALTER TABLE runs ADD COLUMN gpus INTEGER NOT NULL DEFAULT 1 CHECK (gpus >= 1);
