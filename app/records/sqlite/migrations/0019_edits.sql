-- What edits made of an image. Its original stays; `width`, `height`, `frame_count` and `derived` are of what is shown.
-- `edited` is JSON, or NULL for the original as it is; `revision` is that of what is shown; `edit_plan` is JSON of what
-- was accepted last.
ALTER TABLE images ADD COLUMN edited TEXT;
ALTER TABLE images ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE images ADD COLUMN edit_plan TEXT;

DROP TRIGGER flow_event_of_changed;
CREATE TRIGGER flow_event_of_changed AFTER UPDATE OF title, tags, state, derived, revision ON images
WHEN OLD.title <> NEW.title OR OLD.tags <> NEW.tags OR OLD.state <> NEW.state OR OLD.derived IS NOT NEW.derived
OR OLD.revision <> NEW.revision BEGIN
  INSERT INTO flow_events (flow, sequence, at, kind, image_id)
  SELECT name, last_event + 1, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
         'CHANGED', NEW.id
  FROM flow_images CROSS JOIN flows ON flows.name = flow_images.flow WHERE image_id = NEW.id;
END;

DROP TRIGGER webhook_of_image_change;
CREATE TRIGGER webhook_of_image_change AFTER UPDATE OF title, tags, revision ON images
WHEN (OLD.title <> NEW.title OR OLD.tags <> NEW.tags OR OLD.revision <> NEW.revision)
AND EXISTS (SELECT 1 FROM webhooks WHERE owner_id = NEW.owner_id) BEGIN
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'WEBHOOK', host,
         id || ' ' || json_object('id', 'evt_' || lower(hex(randomblob(16))), 'type', 'image.updated',
                                  'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                                  'data', json_object('imageId', NEW.id)),
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM webhooks WHERE owner_id = NEW.owner_id AND disabled_at IS NULL
  AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = 'IMAGE_UPDATED');
END;

-- A copy that an edit makes follows its item; what is edited itself is ready, and stays so.
DROP TRIGGER item_given_up;
CREATE TRIGGER item_given_up AFTER UPDATE OF state ON job_items WHEN NEW.state IN ('FAILED', 'CANCELLED') BEGIN
  UPDATE images SET state = 'FAILED' WHERE id = NEW.image_id AND state = 'PROCESSING'
  AND (SELECT kind FROM jobs WHERE id = NEW.job_id) IN ('UPLOADED', 'EXTERNAL', 'LOCAL', 'EDIT');
END;
DROP TRIGGER item_retried;
CREATE TRIGGER item_retried AFTER UPDATE OF state ON job_items WHEN OLD.state = 'FAILED' AND NEW.state = 'QUEUED' BEGIN
  UPDATE images SET state = 'PROCESSING' WHERE id = NEW.image_id AND state = 'FAILED'
  AND (SELECT kind FROM jobs WHERE id = NEW.job_id) IN ('UPLOADED', 'EXTERNAL', 'LOCAL', 'EDIT');
END;

-- The stores are to hold what an edit made, and not what it made before.
DROP TRIGGER replica_of_derived;
CREATE TRIGGER replica_of_derived AFTER UPDATE OF derived, revision ON images
WHEN OLD.derived IS NOT NEW.derived OR OLD.revision <> NEW.revision BEGIN
  UPDATE replicas SET state = 'PENDING'
  WHERE image_id = NEW.id AND backend NOT IN (SELECT backend FROM stores WHERE is_primary);
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'REPLICA', backend, NEW.id,
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM stores WHERE NOT is_primary;
END;
