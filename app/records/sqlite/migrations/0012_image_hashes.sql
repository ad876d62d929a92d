-- The difference hash of each image that has one, in four bands: near hashes share one, or nearly.
CREATE TABLE image_hashes (
  image_id TEXT NOT NULL PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
  hash     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX image_hashes_by_band_0 ON image_hashes (substr(hash, 1, 4), hash, image_id);
CREATE INDEX image_hashes_by_band_1 ON image_hashes (substr(hash, 5, 4), hash, image_id);
CREATE INDEX image_hashes_by_band_2 ON image_hashes (substr(hash, 9, 4), hash, image_id);
CREATE INDEX image_hashes_by_band_3 ON image_hashes (substr(hash, 13, 4), hash, image_id);

INSERT INTO image_hashes (image_id, hash)
  SELECT id, json_extract(derived, '$.difference_hash') FROM images WHERE derived IS NOT NULL;

CREATE TRIGGER image_hash_of_added AFTER INSERT ON images WHEN new.derived IS NOT NULL BEGIN
  INSERT INTO image_hashes (image_id, hash) VALUES (new.id, json_extract(new.derived, '$.difference_hash'));
END;
CREATE TRIGGER image_hash_of_derived AFTER UPDATE OF derived ON images WHEN new.derived IS NOT NULL BEGIN
  INSERT INTO image_hashes (image_id, hash) VALUES (new.id, json_extract(new.derived, '$.difference_hash'))
    ON CONFLICT (image_id) DO UPDATE SET hash = excluded.hash;
END;
