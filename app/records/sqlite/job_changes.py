"""What changed among a user's jobs: each change gives the job a revision higher than all of its owner's others."""

from app.domain.job import JobChanges
from app.domain.viewer import UserId
from app.records.sqlite.connection import Database
from app.records.sqlite.job_rows import job_of

_OPEN = """
SELECT last.revision AS last_revision, jobs.*
FROM (SELECT coalesce(max(revision), 0) AS revision FROM jobs WHERE owner_id = ?1) AS last
LEFT JOIN jobs ON jobs.owner_id = ?1 AND jobs.state IN ('QUEUED', 'RUNNING')
ORDER BY jobs.created_at, jobs.id
"""

_CHANGED = "SELECT * FROM jobs WHERE owner_id = ? AND revision > ? ORDER BY revision LIMIT ?"


async def fetch_open(database: Database, owner_id: UserId) -> JobChanges:
    """Return the open jobs, oldest first, and the revision at the same moment, by one statement."""
    rows = await database.read(_OPEN, (owner_id,))
    return JobChanges(tuple(job_of(row) for row in rows if row["id"] is not None), rows[0]["last_revision"])


async def fetch_changed(database: Database, owner_id: UserId, after: int, limit: int) -> JobChanges:
    """Return what changed after a revision, in the order of the changes."""
    rows = await database.read(_CHANGED, (owner_id, after, limit))
    return JobChanges(tuple(map(job_of, rows)), rows[-1]["revision"] if rows else after)
