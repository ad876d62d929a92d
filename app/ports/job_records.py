"""The records of jobs, their items and their log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.backlog import Backlog
from app.domain.job import (
    BY_URGENCY,
    Claim,
    ItemError,
    Job,
    JobChanges,
    JobEvent,
    JobFilter,
    JobId,
    JobItem,
    JobKind,
    JobStep,
    QueueDepth,
)
from app.domain.page import Page, PageRequest
from app.domain.viewer import UserId


class JobRecords(Protocol):
    """Jobs, items and the event log.

    `claim.item.attempts` fences: a write under an older attempt raises LeaseLost. An image that is not READY follows
    its item in a job that takes it in: FAILED when the item fails or is cancelled, PROCESSING again when it is retried.
    """

    async def find(self, job_id: JobId) -> Job | None: ...

    async def find_many(self, job_ids: Sequence[JobId]) -> Mapping[JobId, Job]: ...

    async def list(self, filters: JobFilter, page: PageRequest) -> Page[Job]:
        """Return a page, newest first."""
        ...

    async def count(self, filters: JobFilter) -> int: ...

    async def add(self, job: Job, items: Sequence[JobItem]) -> None: ...

    async def items(self, job_ids: Sequence[JobId]) -> Mapping[JobId, tuple[JobItem, ...]]:
        """Return the items of each job, by position."""
        ...

    async def events(self, job_id: JobId, after: int = 0, limit: int = 500) -> tuple[JobEvent, ...]:
        """Return the log after a sequence number. No lower one can appear later."""
        ...

    async def open_jobs(self, owner_id: UserId) -> JobChanges:
        """Return a user's queued and running jobs, oldest first."""
        ...

    async def changed(self, owner_id: UserId, after: int, limit: int = 100) -> JobChanges:
        """Return the user's jobs that changed after a revision, as they are now. No lower one can appear later."""
        ...

    async def depth(self) -> QueueDepth: ...

    async def backlog(self, owner_id: UserId) -> Backlog:
        """Return how many jobs are QUEUED, of all and of one user."""
        ...

    async def oldest_due(self) -> datetime | None:
        """Return since when the queued item that waits longest has been due, or will be; None when none is queued."""
        ...

    async def claim(self, now: datetime, lease_s: float, kinds: Sequence[JobKind] = BY_URGENCY) -> Claim | None:
        """Lease an item that is due to one caller, its job RUNNING then, with one more attempt.

        It is of the first of these kinds that has one. Within a kind users take turns: each has one item a turn,
        in the order they came, and who comes now has the turn that is being served. So thousands of items of one user
        hold up nobody else. An item that is tried again keeps its turn; what `retry` queues gets new ones.

        Items of a host at which MAX_AT_ONE_HOST are running are passed over, a hundred at least. Adapters that cannot
        count and claim at one moment may let more run when two claim at once.
        """
        ...

    async def renew(self, claim: Claim, now: datetime, lease_s: float) -> None:
        """Raises: LeaseLost, also when the job was cancelled."""
        ...

    async def record_step(self, claim: Claim, step: JobStep, at: datetime) -> None:
        """Append an OK event. Raises: LeaseLost."""
        ...

    async def complete(self, claim: Claim, at: datetime) -> None:
        """Settle the item as COMPLETED with its DONE event, and the job when it was the last. Raises: LeaseLost."""
        ...

    async def fail(self, claim: Claim, step: JobStep, error: ItemError, at: datetime) -> None:
        """Settle the item as FAILED with its ERROR event, and the job when it was the last. Raises: LeaseLost."""
        ...

    async def put_back(self, claim: Claim, due: datetime, error: ItemError | None, at: datetime) -> None:
        """Queue the item again: with an error as another attempt, told by a RETRY event; without one, as if it
        had never been claimed. Raises: LeaseLost."""
        ...

    async def expire_leases(self, now: datetime, until: datetime | None = None) -> tuple[JobItem, ...]:
        """Queue items whose lease ran out, due after `rest_after_loss`; return them all.

        Those that had MAX_LOSSES attempts are settled as FAILED instead.

        Args:
            until: Leases that end before this time have run out; `now` when not given.
        """
        ...

    async def cancel(self, job_id: JobId, at: datetime) -> Job:
        """Cancel what is queued or running and end the log with an ERROR event CANCELLED.

        Raises:
            JobFinished: The job has ended; nothing changed.
            NotFound
        """
        ...

    async def retry(self, job_id: JobId, at: datetime) -> Job:
        """Queue the failed items anew, with all their attempts, each told by a RETRY event.

        Raises:
            JobFinished: No item has failed, or the job is still running; nothing changed.
            NotFound
        """
        ...
