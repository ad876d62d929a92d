-- Jobs of which nothing was begun yet are counted whenever another one comes.
CREATE INDEX jobs_waiting ON jobs (owner_id) WHERE state = 'QUEUED';
