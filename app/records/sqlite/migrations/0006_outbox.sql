-- What is owed to the world outside. A row goes when it is delivered; one that was given up stays, with `died_at`.
-- `due_at` is also the end of a lease: whoever claims a row moves it ahead, and takes the next `token`.
CREATE TABLE outbox (
  id            TEXT NOT NULL PRIMARY KEY,
  kind          TEXT NOT NULL,
  lane          TEXT NOT NULL,
  payload       TEXT NOT NULL,
  due_at        INTEGER NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  token         INTEGER NOT NULL DEFAULT 0,
  error_code    TEXT,
  error_message TEXT,
  died_at       INTEGER
) STRICT;
-- With the lane in it, rows of lanes that are passed over cost no look at the table.
CREATE INDEX outbox_due  ON outbox (kind, due_at, lane, id) WHERE died_at IS NULL;
CREATE INDEX outbox_dead ON outbox (died_at) WHERE died_at IS NOT NULL;
