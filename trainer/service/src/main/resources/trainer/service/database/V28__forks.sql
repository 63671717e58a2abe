-- The run and iteration that a fork continues, ID@ITERATION.
ALTER TABLE runs ADD COLUMN forked_from TEXT;
