-- All records of one installation.
-- Times are microseconds since 1970 UTC. Lists of text are JSON arrays. Truth values are 0 and 1.
-- Owners are plain ids: who they are may be known to an identity provider alone.

CREATE TABLE users (
  id         TEXT NOT NULL PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  role       TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
  id         TEXT NOT NULL PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id),
  name       TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_user ON api_keys (user_id);

CREATE TABLE images (
  id          TEXT NOT NULL PRIMARY KEY,
  owner_id    TEXT NOT NULL,
  title       TEXT NOT NULL,
  state       TEXT NOT NULL,
  format      TEXT NOT NULL,
  width       INTEGER NOT NULL,
  height      INTEGER NOT NULL,
  byte_size   INTEGER NOT NULL,
  sha256      TEXT NOT NULL,
  frame_count INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  client_type TEXT,
  tags        TEXT NOT NULL,
  client_metadata TEXT,
  derived     TEXT
) STRICT;
CREATE INDEX images_by_created_at       ON images (created_at, id);
CREATE INDEX images_by_title            ON images (title, id);
CREATE INDEX images_by_byte_size        ON images (byte_size, id);
CREATE INDEX images_by_state            ON images (state, created_at, id);
CREATE INDEX images_by_owner_created_at ON images (owner_id, created_at, id);
CREATE INDEX images_by_owner_title      ON images (owner_id, title, id);
CREATE INDEX images_by_owner_byte_size  ON images (owner_id, byte_size, id);
CREATE INDEX images_by_sha256           ON images (sha256, owner_id, created_at, id);

-- `created_at` is the image's, which never changes: with it a tag's images are listed without a sort.
CREATE TABLE image_tags (
  image_id   TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  tag        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (image_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_tags_by_tag ON image_tags (tag, created_at, image_id);

-- `image_count` is kept by the triggers below. `folded_name` is the name without case, for searching.
CREATE TABLE flows (
  name        TEXT NOT NULL PRIMARY KEY,
  folded_name TEXT NOT NULL,
  description TEXT NOT NULL,
  owner_id    TEXT,
  is_public   INTEGER NOT NULL,
  editor_ids  TEXT NOT NULL,
  storage     TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  image_count INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `created_at` is the image's, as above; `is_failed` follows its state, for counts and covers.
CREATE TABLE flow_images (
  image_id   TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  flow       TEXT NOT NULL REFERENCES flows (name) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  added_at   INTEGER NOT NULL,
  is_failed  INTEGER NOT NULL,
  PRIMARY KEY (image_id, flow)
) STRICT, WITHOUT ROWID;
CREATE INDEX flow_images_by_flow ON flow_images (flow, created_at, image_id);
CREATE INDEX flow_images_shown   ON flow_images (flow, created_at, image_id) WHERE is_failed = 0;

CREATE TRIGGER flow_image_added AFTER INSERT ON flow_images WHEN NEW.is_failed = 0 BEGIN
  UPDATE flows SET image_count = image_count + 1 WHERE name = NEW.flow;
END;
CREATE TRIGGER flow_image_removed AFTER DELETE ON flow_images WHEN OLD.is_failed = 0 BEGIN
  UPDATE flows SET image_count = image_count - 1 WHERE name = OLD.flow;
END;
CREATE TRIGGER flow_image_settled AFTER UPDATE OF is_failed ON flow_images WHEN OLD.is_failed <> NEW.is_failed BEGIN
  UPDATE flows SET image_count = image_count + OLD.is_failed - NEW.is_failed WHERE name = NEW.flow;
END;
CREATE TRIGGER image_settled AFTER UPDATE OF state ON images
WHEN (OLD.state = 'FAILED') <> (NEW.state = 'FAILED') BEGIN
  UPDATE flow_images SET is_failed = (NEW.state = 'FAILED') WHERE image_id = NEW.id;
END;

CREATE TABLE uploads (
  image_id    TEXT NOT NULL PRIMARY KEY,
  owner_id    TEXT NOT NULL,
  format      TEXT NOT NULL,
  byte_size   INTEGER NOT NULL,
  title       TEXT NOT NULL,
  flows       TEXT NOT NULL,
  tags        TEXT NOT NULL,
  sha256      TEXT,
  client_type TEXT,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  job_id      TEXT
) STRICT;
CREATE INDEX uploads_pending ON uploads (expires_at) WHERE job_id IS NULL;

CREATE TABLE upload_metrics (
  id          INTEGER PRIMARY KEY,
  image_id    TEXT NOT NULL,
  client_type TEXT,
  duration_ms REAL NOT NULL,
  transfer_ms REAL NOT NULL,
  at          INTEGER NOT NULL
) STRICT;

-- The items that are neither done nor failed nor cancelled are open; a job without them has ended.
CREATE TABLE jobs (
  id          TEXT NOT NULL PRIMARY KEY,
  kind        TEXT NOT NULL,
  owner_id    TEXT NOT NULL,
  flows       TEXT NOT NULL,
  client_type TEXT,
  created_at  INTEGER NOT NULL,
  state       TEXT NOT NULL,
  started_at  INTEGER,
  finished_at INTEGER,
  total       INTEGER NOT NULL,
  done        INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  cancelled   INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_created_at ON jobs (created_at, id);
CREATE INDEX jobs_by_owner      ON jobs (owner_id, created_at, id);
CREATE INDEX jobs_by_state      ON jobs (state, created_at, id);

-- `image_id` is no foreign key: a job keeps its history when the image is deleted.
-- `priority` is by the job's kind: what is due with a lower one is claimed first.
-- `lease_until` moves with every renewal; `claimed_until` is what it was when the item was claimed.
CREATE TABLE job_items (
  job_id        TEXT NOT NULL REFERENCES jobs (id),
  position      INTEGER NOT NULL,
  image_id      TEXT NOT NULL,
  source        TEXT,
  state         TEXT NOT NULL,
  attempts      INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  error_code    TEXT,
  error_message TEXT,
  not_before    INTEGER NOT NULL,
  lease_until   INTEGER,
  claimed_until INTEGER,
  PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_items_due      ON job_items (priority, not_before, job_id, position) WHERE state = 'QUEUED';
CREATE INDEX job_items_leased   ON job_items (lease_until) WHERE state = 'RUNNING';
CREATE INDEX job_items_by_image ON job_items (image_id, job_id);

-- An image that is not ready follows its item.
CREATE TRIGGER item_given_up AFTER UPDATE OF state ON job_items WHEN NEW.state IN ('FAILED', 'CANCELLED') BEGIN
  UPDATE images SET state = 'FAILED' WHERE id = NEW.image_id AND state = 'PROCESSING';
END;
CREATE TRIGGER item_retried AFTER UPDATE OF state ON job_items WHEN OLD.state = 'FAILED' AND NEW.state = 'QUEUED' BEGIN
  UPDATE images SET state = 'PROCESSING' WHERE id = NEW.image_id AND state = 'FAILED';
END;

CREATE TABLE job_events (
  job_id        TEXT NOT NULL REFERENCES jobs (id),
  sequence      INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  step          TEXT NOT NULL,
  kind          TEXT NOT NULL,
  position      INTEGER,
  image_id      TEXT,
  error_code    TEXT,
  error_message TEXT,
  PRIMARY KEY (job_id, sequence)
) STRICT, WITHOUT ROWID;

-- One row that a health check writes.
CREATE TABLE health (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  checks INTEGER NOT NULL
) STRICT;
INSERT INTO health (id, checks) VALUES (1, 0);
