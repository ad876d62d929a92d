-- What a job is told beside its images, and jobs that work on images which are here already.

-- `input` is the text of a JSON object, by the job's kind.
ALTER TABLE jobs ADD COLUMN input TEXT;

-- An image that is not ready follows its item only in a job that takes it in.
DROP TRIGGER item_given_up;
CREATE TRIGGER item_given_up AFTER UPDATE OF state ON job_items WHEN NEW.state IN ('FAILED', 'CANCELLED') BEGIN
  UPDATE images SET state = 'FAILED' WHERE id = NEW.image_id AND state = 'PROCESSING'
  AND (SELECT kind FROM jobs WHERE id = NEW.job_id) IN ('UPLOADED', 'EXTERNAL', 'LOCAL');
END;
DROP TRIGGER item_retried;
CREATE TRIGGER item_retried AFTER UPDATE OF state ON job_items WHEN OLD.state = 'FAILED' AND NEW.state = 'QUEUED' BEGIN
  UPDATE images SET state = 'PROCESSING' WHERE id = NEW.image_id AND state = 'FAILED'
  AND (SELECT kind FROM jobs WHERE id = NEW.job_id) IN ('UPLOADED', 'EXTERNAL', 'LOCAL');
END;
