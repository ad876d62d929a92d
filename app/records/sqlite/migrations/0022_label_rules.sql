-- How a flow has its images labelled, and what follows from labels: a JSON object, or null.
ALTER TABLE flows ADD COLUMN labelling TEXT;

-- What rules did to images, and why; each thing once an image.
CREATE TABLE label_actions (
  image_id      TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  flow          TEXT NOT NULL,
  label         TEXT NOT NULL,
  min_score     REAL NOT NULL,
  kind          TEXT NOT NULL,
  target        TEXT NOT NULL,
  score         REAL NOT NULL,
  model         TEXT NOT NULL,
  model_version TEXT NOT NULL,
  classified_at INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  PRIMARY KEY (image_id, kind, target)
) STRICT, WITHOUT ROWID;
