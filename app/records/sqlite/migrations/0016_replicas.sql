-- What each store holds, and the outbox rows that keep the stores alike.

-- The stores that there are, as the settings last said.
CREATE TABLE stores (
  backend    TEXT NOT NULL PRIMARY KEY,
  is_primary INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE replicas (
  image_id   TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  backend    TEXT NOT NULL,
  state      TEXT NOT NULL,
  checked_at INTEGER,
  error      TEXT,
  cid        TEXT,
  PRIMARY KEY (image_id, backend)
) STRICT, WITHOUT ROWID;

-- How far the look through all images has come: one row.
CREATE TABLE scrubs (
  id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  begun_at INTEGER NOT NULL,
  after    TEXT
) STRICT;

CREATE TRIGGER replica_of_added AFTER INSERT ON images BEGIN
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'REPLICA', backend, NEW.id,
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM stores WHERE NOT is_primary;
END;
CREATE TRIGGER replica_of_derived AFTER UPDATE OF derived ON images WHEN OLD.derived IS NOT NEW.derived BEGIN
  UPDATE replicas SET state = 'PENDING'
  WHERE image_id = NEW.id AND backend NOT IN (SELECT backend FROM stores WHERE is_primary);
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'REPLICA', backend, NEW.id,
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM stores WHERE NOT is_primary;
END;
CREATE TRIGGER replica_of_deleted AFTER DELETE ON images WHEN EXISTS (SELECT 1 FROM stores WHERE NOT is_primary) BEGIN
  INSERT INTO outbox (id, kind, lane, payload, due_at)
  SELECT lower(hex(randomblob(16))), 'REPLICA', backend, OLD.id,
         CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000
  FROM stores;
END;
