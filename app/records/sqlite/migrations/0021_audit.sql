-- Who did what. An entry is begun before its change, and ended after it.
CREATE TABLE audit_entries (
  id         TEXT NOT NULL PRIMARY KEY,
  at         INTEGER NOT NULL,
  door       TEXT NOT NULL,
  action     TEXT NOT NULL,
  actor_id   TEXT,
  key_id     TEXT,
  address    TEXT NOT NULL,
  request_id TEXT NOT NULL,
  object_ids TEXT NOT NULL,
  outcome    TEXT NOT NULL,
  error      TEXT
) STRICT;
CREATE INDEX audit_entries_by_time    ON audit_entries (at, id);
CREATE INDEX audit_entries_by_actor   ON audit_entries (actor_id, at, id);
CREATE INDEX audit_entries_by_key     ON audit_entries (key_id, at, id) WHERE key_id IS NOT NULL;
CREATE INDEX audit_entries_by_action  ON audit_entries (action, at, id);
CREATE INDEX audit_entries_by_request ON audit_entries (request_id);

-- The things of each entry, for those who ask what was done to one.
CREATE TABLE audit_objects (
  object_id TEXT NOT NULL,
  at        INTEGER NOT NULL,
  entry_id  TEXT NOT NULL REFERENCES audit_entries (id) ON DELETE CASCADE,
  PRIMARY KEY (object_id, at, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_objects_by_entry ON audit_objects (entry_id);
