-- What the figures for monitoring are counted by, and what the last result of a schedule is found by.

CREATE INDEX firings_by_state ON firings (schedule, state, number);
