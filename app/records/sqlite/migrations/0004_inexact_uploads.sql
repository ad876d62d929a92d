-- Whether an upload has exactly `byte_size` bytes of `format`, or at most as many of any format.
ALTER TABLE uploads ADD COLUMN is_exact INTEGER NOT NULL DEFAULT 1;
