"""The command line of gf-images, which kills itself right after one step of a job.

It is called as dying.py STEP MOMENT COMMAND [OPTION…]. MOMENT is `done`, when the step is done and not yet written to
the log, or `recorded`, when it is. Only first attempts die, so the process that takes over lives.
"""

import os
import signal
import sys
from collections.abc import AsyncGenerator

from app.cli import cli
from app.container import engine
from app.domain.job import Claim, JobStep
from app.jobs.runner import Runner
from app.ports.work import Recipe


class DyingRunner(Runner):
    """A runner whose process does not live to see what follows a step."""

    async def run(self, claim: Claim) -> None:
        await super().run(claim)
        die_at(claim, JobStep.DONE, "recorded")


def dying(recipe: Recipe) -> Recipe:
    async def work(claim: Claim) -> AsyncGenerator[JobStep]:
        async for step in recipe(claim):
            die_at(claim, step, "done")
            yield step
            die_at(claim, step, "recorded")
        die_at(claim, JobStep.DONE, "done")

    return work


def die_at(claim: Claim, step: JobStep, moment: str) -> None:
    if claim.item.attempts == 1 and (step, moment) == (STEP, MOMENT):
        os.kill(os.getpid(), signal.SIGKILL)


def make_runner(records: object, bell: object, recipes: dict[object, Recipe], *rest: object) -> DyingRunner:
    return DyingRunner(records, bell, {kind: dying(recipe) for kind, recipe in recipes.items()}, *rest)


if __name__ == "__main__":
    STEP, MOMENT = JobStep(sys.argv[1]), sys.argv[2]
    engine.Runner = make_runner
    sys.argv[1:3] = []
    cli()
