-- What people say about runs, and whether a failed one would fail again: those from before may succeed.
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT ''; -- separated by spaces
ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE runs ADD COLUMN fails_again BOOLEAN NOT NULL DEFAULT FALSE;
