-- Where images from outside come from, and the items of the jobs that fetch them.

ALTER TABLE images ADD COLUMN origin_url TEXT;
ALTER TABLE images ADD COLUMN origin_page_url TEXT;
CREATE INDEX images_by_origin ON images (origin_url, created_at, id) WHERE origin_url IS NOT NULL;

ALTER TABLE job_items ADD COLUMN origin_url TEXT;
ALTER TABLE job_items ADD COLUMN origin_page_url TEXT;

-- Fetching comes between uploads (0) and local files, which were 1.
UPDATE job_items SET priority = 2 WHERE priority = 1;
