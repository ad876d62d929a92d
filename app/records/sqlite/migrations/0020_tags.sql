-- Who owns the tagged image: with it a user's tags are found and counted without a look at the images.
ALTER TABLE image_tags ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
UPDATE image_tags SET owner_id = (SELECT owner_id FROM images WHERE id = image_tags.image_id);
CREATE INDEX image_tags_by_owner ON image_tags (owner_id, tag, image_id);

CREATE TABLE tag_counts (
  owner_id    TEXT NOT NULL,
  tag         TEXT NOT NULL,
  image_count INTEGER NOT NULL,
  PRIMARY KEY (owner_id, tag)
) STRICT, WITHOUT ROWID;
INSERT INTO tag_counts SELECT owner_id, tag, count(*) FROM image_tags GROUP BY owner_id, tag;

CREATE TRIGGER tag_added AFTER INSERT ON image_tags BEGIN
  INSERT INTO tag_counts VALUES (NEW.owner_id, NEW.tag, 1)
  ON CONFLICT DO UPDATE SET image_count = image_count + 1;
END;
CREATE TRIGGER tag_removed AFTER DELETE ON image_tags BEGIN
  UPDATE tag_counts SET image_count = image_count - 1 WHERE owner_id = OLD.owner_id AND tag = OLD.tag;
  DELETE FROM tag_counts WHERE owner_id = OLD.owner_id AND tag = OLD.tag AND image_count = 0;
END;
