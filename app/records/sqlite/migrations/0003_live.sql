-- What watchers read: the log of each flow, and which of a user's jobs changed since a revision.

-- `last_event` numbers the log of a flow: 1, 2, 3 … without a gap.
ALTER TABLE flows ADD COLUMN last_event INTEGER NOT NULL DEFAULT 0;

-- `image_id` is no foreign key: the log keeps what was removed. It goes with its flow.
CREATE TABLE flow_events (
  flow     TEXT NOT NULL REFERENCES flows (name) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  image_id TEXT NOT NULL,
  PRIMARY KEY (flow, sequence)
) STRICT, WITHOUT ROWID;

-- Time is the database's own, to the millisecond; `unixepoch('subsec')` is newer than what Debian 12 ships.
CREATE TRIGGER flow_event_of_added AFTER INSERT ON flow_images BEGIN
  INSERT INTO flow_events (flow, sequence, at, kind, image_id)
  SELECT name, last_event + 1, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
         'ADDED', NEW.image_id
  FROM flows WHERE name = NEW.flow;
END;
-- A flow that is deleted is gone before its places are: nothing is logged then.
CREATE TRIGGER flow_event_of_removed AFTER DELETE ON flow_images BEGIN
  INSERT INTO flow_events (flow, sequence, at, kind, image_id)
  SELECT name, last_event + 1, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
         'REMOVED', OLD.image_id
  FROM flows WHERE name = OLD.flow;
END;
CREATE TRIGGER flow_event_of_changed AFTER UPDATE OF title, tags, state, derived ON images
WHEN OLD.title <> NEW.title OR OLD.tags <> NEW.tags OR OLD.state <> NEW.state OR OLD.derived IS NOT NEW.derived BEGIN
  INSERT INTO flow_events (flow, sequence, at, kind, image_id)
  SELECT name, last_event + 1, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
         'CHANGED', NEW.id
  FROM flow_images CROSS JOIN flows ON flows.name = flow_images.flow WHERE image_id = NEW.id;
END;
-- The newest 10,000 lines of each flow are kept.
CREATE TRIGGER flow_event_counted AFTER INSERT ON flow_events BEGIN
  UPDATE flows SET last_event = NEW.sequence WHERE name = NEW.flow;
  DELETE FROM flow_events WHERE flow = NEW.flow AND sequence <= NEW.sequence - 10000;
END;

-- `revision` rises with every change of one of the owner's jobs.
ALTER TABLE jobs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_by_revision ON jobs (owner_id, revision);
CREATE INDEX jobs_open ON jobs (owner_id, created_at, id) WHERE state IN ('QUEUED', 'RUNNING');
CREATE TRIGGER job_added AFTER INSERT ON jobs BEGIN
  UPDATE jobs SET revision = 1 + (SELECT max(revision) FROM jobs WHERE owner_id = NEW.owner_id) WHERE id = NEW.id;
END;
CREATE TRIGGER job_changed AFTER UPDATE OF state, done, failed, cancelled ON jobs
WHEN OLD.state <> NEW.state OR OLD.done <> NEW.done OR OLD.failed <> NEW.failed OR OLD.cancelled <> NEW.cancelled BEGIN
  UPDATE jobs SET revision = 1 + (SELECT max(revision) FROM jobs WHERE owner_id = NEW.owner_id) WHERE id = NEW.id;
END;
