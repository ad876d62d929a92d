-- An entry and its things are one statement, which takes effect by itself.
CREATE TRIGGER audit_entry_added AFTER INSERT ON audit_entries BEGIN
  INSERT OR IGNORE INTO audit_objects (object_id, at, entry_id)
  SELECT value, NEW.at, NEW.id FROM json_each(NEW.object_ids);
END;
CREATE TRIGGER audit_entry_ended AFTER UPDATE OF object_ids ON audit_entries BEGIN
  INSERT OR IGNORE INTO audit_objects (object_id, at, entry_id)
  SELECT value, NEW.at, NEW.id FROM json_each(NEW.object_ids);
END;
