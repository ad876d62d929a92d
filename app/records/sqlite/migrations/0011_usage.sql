-- What each user has; kept by the triggers below, so that no way of adding or deleting an image can pass it by.
CREATE TABLE usage (
  owner_id  TEXT NOT NULL PRIMARY KEY,
  images    INTEGER NOT NULL,
  byte_size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO usage (owner_id, images, byte_size)
SELECT owner_id, count(*), sum(byte_size) FROM images GROUP BY owner_id;

CREATE TRIGGER usage_of_added AFTER INSERT ON images BEGIN
  INSERT INTO usage (owner_id, images, byte_size) VALUES (NEW.owner_id, 1, NEW.byte_size)
  ON CONFLICT (owner_id) DO UPDATE SET images = images + 1, byte_size = byte_size + excluded.byte_size;
END;
CREATE TRIGGER usage_of_deleted AFTER DELETE ON images BEGIN
  UPDATE usage SET images = images - 1, byte_size = byte_size - OLD.byte_size WHERE owner_id = OLD.owner_id;
END;
CREATE TRIGGER usage_of_changed AFTER UPDATE OF byte_size ON images WHEN OLD.byte_size <> NEW.byte_size BEGIN
  UPDATE usage SET byte_size = byte_size - OLD.byte_size + NEW.byte_size WHERE owner_id = NEW.owner_id;
END;

-- What is announced counts until its ticket has expired.
CREATE INDEX uploads_pending_by_owner ON uploads (owner_id, expires_at, byte_size) WHERE job_id IS NULL;
