-- One row. The folder of the runs has it too, so that no other database is used with their files.
CREATE TABLE database_id (id TEXT NOT NULL);
