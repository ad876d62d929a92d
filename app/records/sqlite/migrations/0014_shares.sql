-- Addresses under which others see one image. They outlive it, as the mails that were sent go on counting.
CREATE TABLE shares (
  id         TEXT NOT NULL PRIMARY KEY,
  image_id   TEXT NOT NULL,
  owner_id   TEXT NOT NULL,
  title      TEXT NOT NULL,
  message    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  email      TEXT,
  mail_state TEXT,
  mail_error TEXT,
  revoked_at INTEGER,
  views      INTEGER NOT NULL DEFAULT 0,
  viewed_at  INTEGER
) STRICT;
CREATE INDEX shares_by_owner    ON shares (owner_id, created_at, id);
CREATE INDEX shares_by_image    ON shares (owner_id, image_id, created_at, id);
CREATE INDEX shares_by_end      ON shares (expires_at);
CREATE INDEX shares_by_sender   ON shares (owner_id, created_at) WHERE email IS NOT NULL;
CREATE INDEX shares_by_receiver ON shares (lower(email), created_at) WHERE email IS NOT NULL;
