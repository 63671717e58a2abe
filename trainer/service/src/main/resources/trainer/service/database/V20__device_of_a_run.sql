-- What a run must be trained on: a node without GPUs leaves those that need one to others.

ALTER TABLE runs ADD COLUMN device TEXT NOT NULL DEFAULT 'any' CHECK (device IN ('any', 'cpu', 'gpu'));
