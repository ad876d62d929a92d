-- The colours of an image as browsers worked them out: the newest report of each.
CREATE TABLE color_reports (
  image_id       TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  browser        INTEGER NOT NULL,
  dominant_color TEXT NOT NULL,
  palette        TEXT NOT NULL,
  started_at_s   REAL NOT NULL,
  ended_at_s     REAL NOT NULL,
  reported_at    INTEGER NOT NULL,
  PRIMARY KEY (image_id, browser)
) STRICT, WITHOUT ROWID;
