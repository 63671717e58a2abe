-- Number of runs of a schedule that stay. Schedules from before keep the most, so that an upgrade deletes nothing.
ALTER TABLE schedules ADD COLUMN keep_runs INTEGER NOT NULL DEFAULT 1000;

-- The history of a deleted model stays, under a name that no model can have.
ALTER TABLE models ADD COLUMN deleted_at BIGINT;
