"""The backlog: jobs that were accepted, and of which nothing was begun yet."""

from dataclasses import dataclass

from app.domain.errors import QueueFull, RateLimited


@dataclass(frozen=True, slots=True)
class BacklogLimits:
    """How many jobs may wait when another one comes; None for any number.

    Jobs are counted, whatever they hold: an import of ten thousand images is one, and none any more once it was begun.
    What it holds costs others nothing, as users take turns.
    """

    max_jobs: int | None = None
    max_of_user: int | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many jobs wait, of all users and of one."""

    jobs: int
    of_user: int

    def check(self, limits: BacklogLimits) -> None:
        """Let another job of the user pass.

        Raises:
            RateLimited: The user has too many.
            QueueFull: All users together have.
        """
        if limits.max_of_user is not None and self.of_user >= limits.max_of_user:
            raise RateLimited(
                f"You have {self.of_user} jobs that wait to be begun; {limits.max_of_user} are allowed.",
                retry_after_s=QueueFull.retry_after_s,
            )
        if limits.max_jobs is not None and self.jobs >= limits.max_jobs:
            raise QueueFull(f"{self.jobs} jobs wait to be begun; {limits.max_jobs} are allowed.")
