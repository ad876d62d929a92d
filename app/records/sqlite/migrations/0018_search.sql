-- The words that images are found by. `search_words` is a function that this server gives its connections: it folds and
-- splits text, so that all databases find the same; the tokenizer of the index only parts at the spaces between.
-- A row's id is the image's `created_at`, or the next that is free: the index lists in the order of its rows.
CREATE TABLE search_rows (
  id       INTEGER PRIMARY KEY,
  image_id TEXT NOT NULL UNIQUE REFERENCES images (id) ON DELETE CASCADE
) STRICT;

-- `exact` holds owner, tags and flows as tokens of their own, so that a search within one of them is one look-up.
CREATE VIRTUAL TABLE image_search USING fts5 (
  title, tags, labels, flows, exact, tokenize = 'ascii', detail = 'column', columnsize = 0
);

CREATE VIEW searchable_images AS SELECT
  images.id AS image_id,
  search_words(title) AS title,
  search_words((SELECT group_concat(value, ' ') FROM json_each(images.tags))) AS tags,
  search_words((SELECT group_concat(name, ' ') FROM labelled_images WHERE image_id = images.id)) AS labels,
  search_words((SELECT group_concat(flow, ' ') FROM flow_images WHERE image_id = images.id)) AS flows,
  'o' || hex(owner_id)
    || coalesce((SELECT group_concat(' t' || hex(value), '') FROM json_each(images.tags)), '')
    || coalesce((SELECT group_concat(' f' || hex(flow), '') FROM flow_images WHERE image_id = images.id), '') AS exact
FROM images;

CREATE TRIGGER search_row_added AFTER INSERT ON search_rows BEGIN
  INSERT INTO image_search (rowid, title, tags, labels, flows, exact)
  SELECT NEW.id, title, tags, labels, flows, exact FROM searchable_images WHERE image_id = NEW.image_id;
END;
CREATE TRIGGER search_row_removed AFTER DELETE ON search_rows BEGIN
  DELETE FROM image_search WHERE rowid = OLD.id;
END;
CREATE TRIGGER image_searchable AFTER INSERT ON images BEGIN
  INSERT INTO search_rows (id, image_id) SELECT (
    WITH RECURSIVE tried (id) AS (
      SELECT NEW.created_at UNION ALL
      SELECT id + 1 FROM tried WHERE EXISTS (SELECT 1 FROM search_rows WHERE search_rows.id = tried.id)
    )
    SELECT max(id) FROM tried
  ), NEW.id;
END;

-- What follows does the same for each thing that can change.
CREATE TRIGGER image_search_of_image AFTER UPDATE OF title, tags ON images
WHEN OLD.title <> NEW.title OR OLD.tags <> NEW.tags BEGIN
  UPDATE image_search SET (title, tags, exact) =
    (SELECT title, tags, exact FROM searchable_images WHERE image_id = NEW.id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = NEW.id);
END;
CREATE TRIGGER image_search_of_flow AFTER INSERT ON flow_images BEGIN
  UPDATE image_search SET (flows, exact) =
    (SELECT flows, exact FROM searchable_images WHERE image_id = NEW.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = NEW.image_id);
END;
CREATE TRIGGER image_search_without_flow AFTER DELETE ON flow_images BEGIN
  UPDATE image_search SET (flows, exact) =
    (SELECT flows, exact FROM searchable_images WHERE image_id = OLD.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = OLD.image_id);
END;
CREATE TRIGGER image_search_of_label AFTER INSERT ON labelled_images BEGIN
  UPDATE image_search SET labels = (SELECT labels FROM searchable_images WHERE image_id = NEW.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = NEW.image_id);
END;
CREATE TRIGGER image_search_without_label AFTER DELETE ON labelled_images BEGIN
  UPDATE image_search SET labels = (SELECT labels FROM searchable_images WHERE image_id = OLD.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = OLD.image_id);
END;

INSERT INTO search_rows (id, image_id)
WITH numbered AS (SELECT id, created_at, row_number() OVER (ORDER BY created_at, id) AS place FROM images)
SELECT max(created_at - place) OVER (ORDER BY place) + place, id FROM numbered;
