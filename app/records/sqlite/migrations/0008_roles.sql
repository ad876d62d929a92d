-- What a key may be used for, and who may do what with a flow.

-- Keys from before may do all that their users may.
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL DEFAULT '["ADMIN"]';

ALTER TABLE flows ADD COLUMN viewer_ids TEXT NOT NULL DEFAULT '[]';
ALTER TABLE flows ADD COLUMN admin_ids TEXT NOT NULL DEFAULT '[]';
-- `member_ids` is kept by the triggers below: all who may see the flow beside its owner, each once.
ALTER TABLE flows ADD COLUMN member_ids TEXT NOT NULL DEFAULT '[]';
UPDATE flows SET member_ids = editor_ids;

CREATE TRIGGER flow_members_given AFTER INSERT ON flows
WHEN NEW.editor_ids <> '[]' OR NEW.viewer_ids <> '[]' OR NEW.admin_ids <> '[]' BEGIN
  UPDATE flows SET member_ids = (SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(NEW.editor_ids) UNION SELECT value FROM json_each(NEW.viewer_ids)
    UNION SELECT value FROM json_each(NEW.admin_ids))) WHERE name = NEW.name;
END;
CREATE TRIGGER flow_members_changed AFTER UPDATE OF editor_ids, viewer_ids, admin_ids ON flows BEGIN
  UPDATE flows SET member_ids = (SELECT json_group_array(value) FROM (
    SELECT value FROM json_each(NEW.editor_ids) UNION SELECT value FROM json_each(NEW.viewer_ids)
    UNION SELECT value FROM json_each(NEW.admin_ids))) WHERE name = NEW.name;
END;
