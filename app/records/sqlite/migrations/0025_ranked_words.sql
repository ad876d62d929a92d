-- Each word of an image once, behind the digit of the best place that it has: 0 in the title, 1 in the tags, 2 in labels
-- and names of flows. A rank is a look-up then; columns made the index walk all that have a word to find that none has it
-- there. `rank_words` is a function of this server's connections, as `search_words` is.
DROP TRIGGER search_row_added;
DROP TRIGGER image_search_of_image;
DROP TRIGGER image_search_of_flow;
DROP TRIGGER image_search_without_flow;
DROP TRIGGER image_search_of_label;
DROP TRIGGER image_search_without_label;
DROP TRIGGER search_row_removed;
DROP VIEW searchable_images;
DROP TABLE image_search;

CREATE VIRTUAL TABLE image_search USING fts5 (words, exact, tokenize = 'ascii', detail = 'column', columnsize = 0);

CREATE VIEW searchable_images AS SELECT
  images.id AS image_id,
  rank_words(
    title,
    (SELECT group_concat(value, ' ') FROM json_each(images.tags)),
    coalesce((SELECT group_concat(name, ' ') FROM labelled_images WHERE image_id = images.id), '') || ' '
      || coalesce((SELECT group_concat(flow, ' ') FROM flow_images WHERE image_id = images.id), '')
  ) AS words,
  'o' || hex(owner_id)
    || coalesce((SELECT group_concat(' t' || hex(value), '') FROM json_each(images.tags)), '')
    || coalesce((SELECT group_concat(' f' || hex(flow), '') FROM flow_images WHERE image_id = images.id), '') AS exact
FROM images;

CREATE TRIGGER search_row_added AFTER INSERT ON search_rows BEGIN
  INSERT INTO image_search (rowid, words, exact)
  SELECT NEW.id, words, exact FROM searchable_images WHERE image_id = NEW.image_id;
END;
CREATE TRIGGER search_row_removed AFTER DELETE ON search_rows BEGIN
  DELETE FROM image_search WHERE rowid = OLD.id;
END;
CREATE TRIGGER image_search_of_image AFTER UPDATE OF title, tags ON images
WHEN OLD.title <> NEW.title OR OLD.tags <> NEW.tags BEGIN
  UPDATE image_search SET (words, exact) = (SELECT words, exact FROM searchable_images WHERE image_id = NEW.id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = NEW.id);
END;
CREATE TRIGGER image_search_of_flow AFTER INSERT ON flow_images BEGIN
  UPDATE image_search SET (words, exact) = (SELECT words, exact FROM searchable_images WHERE image_id = NEW.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = NEW.image_id);
END;
CREATE TRIGGER image_search_without_flow AFTER DELETE ON flow_images BEGIN
  UPDATE image_search SET (words, exact) = (SELECT words, exact FROM searchable_images WHERE image_id = OLD.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = OLD.image_id);
END;
CREATE TRIGGER image_search_of_label AFTER INSERT ON labelled_images BEGIN
  UPDATE image_search SET (words, exact) = (SELECT words, exact FROM searchable_images WHERE image_id = NEW.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = NEW.image_id);
END;
CREATE TRIGGER image_search_without_label AFTER DELETE ON labelled_images BEGIN
  UPDATE image_search SET (words, exact) = (SELECT words, exact FROM searchable_images WHERE image_id = OLD.image_id)
  WHERE rowid = (SELECT id FROM search_rows WHERE image_id = OLD.image_id);
END;

INSERT INTO image_search (rowid, words, exact)
SELECT id, words, exact FROM search_rows JOIN searchable_images USING (image_id);
