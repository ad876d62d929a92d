"""A crew: the runners of some kinds of work, and how many of its items a process works on at once."""

from dataclasses import dataclass

from app.jobs.runner import Runner


@dataclass(frozen=True, slots=True)
class Crew:
    name: str
    runner: Runner
    size: int


def crew_topic(name: str) -> str:
    """Return what is rung when one crew may have an item due."""
    return f"work:{name}"
