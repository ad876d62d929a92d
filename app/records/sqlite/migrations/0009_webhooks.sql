-- Who is told of events. `host` is that of the address: what is sent to one host shares a lane of the outbox.
CREATE TABLE webhooks (
  id            TEXT NOT NULL PRIMARY KEY,
  owner_id      TEXT NOT NULL,
  url           TEXT NOT NULL,
  host          TEXT NOT NULL,
  events        TEXT NOT NULL,
  secret        TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  failing_since INTEGER,
  disabled_at   INTEGER
) STRICT;
CREATE INDEX webhooks_by_owner ON webhooks (owner_id, created_at, id);

-- A line for each attempt.
CREATE TABLE webhook_deliveries (
  id            TEXT NOT NULL PRIMARY KEY,
  webhook_id    TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event_id      TEXT NOT NULL,
  event         TEXT NOT NULL,
  attempt       INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  duration_ms   INTEGER NOT NULL,
  status        INTEGER,
  error_code    TEXT,
  error_message TEXT,
  body          TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_deliveries_by_time  ON webhook_deliveries (webhook_id, at, id);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (webhook_id, event_id, at);

-- The newest 500 lines of each webhook are kept.
CREATE TRIGGER webhook_delivery_logged AFTER INSERT ON webhook_deliveries BEGIN
  DELETE FROM webhook_deliveries WHERE webhook_id = NEW.webhook_id AND (at, id) <= (
    SELECT at, id FROM webhook_deliveries WHERE webhook_id = NEW.webhook_id ORDER BY at DESC, id DESC LIMIT 1 OFFSET 500
  );
END;

-- An outbox row for each webhook that asked, together with the change. For owners without webhooks it costs one look.
CREATE TRIGGER webhook_of_image_state AFTER UPDATE OF state ON images
WHEN OLD.state <> NEW.state AND NEW.state IN ('READY', 'FAILED')
AND EXISTS (SELECT 1 FROM webhooks WHERE owner_id = NEW.owner_id) BEGIN
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'WEBHOOK', host,
         id || ' ' || json_object('id', 'evt_' || lower(hex(randomblob(16))), 'type', 'image.' || lower(NEW.state),
                                  'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                                  'data', json_object('imageId', NEW.id)),
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM webhooks WHERE owner_id = NEW.owner_id AND disabled_at IS NULL
  AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = 'IMAGE_' || NEW.state);
END;
CREATE TRIGGER webhook_of_image_change AFTER UPDATE OF title, tags ON images
WHEN (OLD.title <> NEW.title OR OLD.tags <> NEW.tags)
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
CREATE TRIGGER webhook_of_image_deletion AFTER DELETE ON images
WHEN EXISTS (SELECT 1 FROM webhooks WHERE owner_id = OLD.owner_id) BEGIN
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'WEBHOOK', host,
         id || ' ' || json_object('id', 'evt_' || lower(hex(randomblob(16))), 'type', 'image.deleted',
                                  'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                                  'data', json_object('imageId', OLD.id)),
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM webhooks WHERE owner_id = OLD.owner_id AND disabled_at IS NULL
  AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = 'IMAGE_DELETED');
END;
CREATE TRIGGER webhook_of_job AFTER UPDATE OF state ON jobs
WHEN OLD.state <> NEW.state AND NEW.state NOT IN ('QUEUED', 'RUNNING')
AND EXISTS (SELECT 1 FROM webhooks WHERE owner_id = NEW.owner_id) BEGIN
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'WEBHOOK', host,
         id || ' ' || json_object('id', 'evt_' || lower(hex(randomblob(16))), 'type', 'job.' || lower(NEW.state),
                                  'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
                                  'data', json_object('jobId', NEW.id, 'kind', NEW.kind, 'total', NEW.total,
                                                      'done', NEW.done, 'failed', NEW.failed)),
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM webhooks WHERE owner_id = NEW.owner_id AND disabled_at IS NULL
  AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = 'JOB_' || NEW.state);
END;

-- With `died_at` in it, too, passing over rows reads the index alone.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (kind, due_at, lane, id, died_at) WHERE died_at IS NULL;
