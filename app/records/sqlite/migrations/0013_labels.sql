-- What each model said of an image the last time, and which version of it that was.
CREATE TABLE image_classifications (
  image_id      TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  model         TEXT NOT NULL,
  model_version TEXT NOT NULL,
  classified_at INTEGER NOT NULL,
  PRIMARY KEY (image_id, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_classifications_by_model ON image_classifications (model, image_id, model_version);

CREATE TABLE image_labels (
  image_id TEXT NOT NULL,
  model    TEXT NOT NULL,
  name     TEXT NOT NULL,
  score    REAL NOT NULL,
  PRIMARY KEY (image_id, model, name),
  FOREIGN KEY (image_id, model) REFERENCES image_classifications (image_id, model) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Each name once an image, with the best score that any model gave: with `created_at`, which is the image's, a
-- label's images are listed without a sort.
CREATE TABLE labelled_images (
  image_id   TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  score      REAL NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (image_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX labelled_images_by_name ON labelled_images (name, created_at, image_id, score);

CREATE TRIGGER flow_event_of_classified AFTER INSERT ON image_classifications BEGIN
  INSERT INTO flow_events (flow, sequence, at, kind, image_id)
  SELECT name, last_event + 1, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
         'CHANGED', NEW.image_id
  FROM flow_images CROSS JOIN flows ON flows.name = flow_images.flow WHERE image_id = NEW.image_id;
END;
CREATE TRIGGER flow_event_of_classified_anew AFTER UPDATE ON image_classifications BEGIN
  INSERT INTO flow_events (flow, sequence, at, kind, image_id)
  SELECT name, last_event + 1, CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000,
         'CHANGED', NEW.image_id
  FROM flow_images CROSS JOIN flows ON flows.name = flow_images.flow WHERE image_id = NEW.image_id;
END;
