-- What was answered to the Idempotency-Keys of users; sealed, and NULL while the request is being run.
CREATE TABLE idempotent_requests (
  user_id        TEXT NOT NULL,
  key_sha256     TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  claim_id       TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  lease_until    INTEGER NOT NULL,
  answer         TEXT,
  PRIMARY KEY (user_id, key_sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_requests_by_created_at ON idempotent_requests (created_at);
