-- Users take turns in the queue, and hosts are asked by few at once.

-- `turn` is what items of the same priority are claimed by; `host` is who will be asked for the bytes.
ALTER TABLE job_items ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
ALTER TABLE job_items ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_items ADD COLUMN host TEXT;
UPDATE job_items SET owner_id = (SELECT owner_id FROM jobs WHERE id = job_id) WHERE state IN ('QUEUED', 'FAILED');

DROP INDEX job_items_due;
CREATE INDEX job_items_due      ON job_items (priority, turn, not_before, job_id, position, host) WHERE state = 'QUEUED';
CREATE INDEX job_items_waiting  ON job_items (not_before) WHERE state = 'QUEUED';
CREATE INDEX job_items_of_owner ON job_items (owner_id, priority, turn) WHERE state = 'QUEUED';
CREATE INDEX job_items_at_host  ON job_items (host) WHERE state = 'RUNNING' AND host IS NOT NULL;

-- The newest turn of each priority of which an item was claimed.
CREATE TABLE served_turns (
  priority INTEGER NOT NULL PRIMARY KEY,
  turn     INTEGER NOT NULL
) STRICT;
