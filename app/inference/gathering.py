"""Gathering: pictures that are asked about within a few milliseconds are looked at together."""

import asyncio
from pathlib import Path
from typing import Final

from app.domain.errors import Busy, DecoderDied, DecodeTimeout, DomainError
from app.domain.label import Prediction
from app.domain.model import ModelFailed, ModelTimeout
from app.imaging.process import PoolProcess
from app.imaging.slots import ProcessPool
from app.inference.messages import Batch, LoadedCard, Outcome, Outcomes

GATHER_S: Final = 0.004
"""How long a picture waits for others: a hundredth of what a batch takes. All wait while all processes are busy."""

MAX_BATCH: Final = 16
"""Pictures that are handed over together."""

MAX_WAITING: Final = 1024
"""Pictures that may wait for one model."""

Asked = tuple[str, asyncio.Future[tuple[Prediction, ...]]]


class Gatherer:
    """The pictures that wait for one model."""

    def __init__(self, model: LoadedCard, processes: ProcessPool) -> None:
        self._model = model
        self._processes = processes
        self._waiting: list[Asked] = []
        self._is_gathering = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, path: Path) -> tuple[Prediction, ...]:
        """Return what the model says of a picture. Raises: as `app.ports.inference.Classifier`."""
        if len(self._waiting) >= MAX_WAITING:
            raise Busy("Too many images wait for the model.")
        answer: asyncio.Future[tuple[Prediction, ...]] = asyncio.get_running_loop().create_future()
        self._waiting.append((str(path), answer))
        self._begin()
        return await answer

    async def close(self) -> None:
        """Let no batch go on; whoever waits is told that the server is busy."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        _fail(self._waiting, Busy("The server is stopping."))

    def _begin(self) -> None:
        if self._waiting and not self._is_gathering:
            self._is_gathering = True
            task = asyncio.create_task(self._gather())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _gather(self) -> None:
        batch: list[Asked] = []
        try:
            await asyncio.sleep(GATHER_S)
            async with self._processes.take() as process:
                batch = self._next_batch()
                failure = await self._look(process, batch)
            if failure is not None:
                await self._ask_one_by_one(batch, failure)
        except asyncio.CancelledError:
            _fail(batch, Busy("The server is stopping."))
            raise
        except Exception as error:  # noqa: BLE001  # whoever waits must hear of it
            _fail(batch or self._drop_all(), error)

    def _next_batch(self) -> list[Asked]:
        """Take this process's share of those who still wait, the first ones first; the others are for another one."""
        waiting = [asked for asked in self._waiting if not asked[1].done()]
        share = -(-len(waiting) // (1 + self._processes.free))
        size = min(share, MAX_BATCH)
        self._waiting = waiting[size:]
        self._is_gathering = False
        self._begin()
        return waiting[:size]

    def _drop_all(self) -> list[Asked]:
        self._is_gathering = False
        waiting, self._waiting = self._waiting, []
        return waiting

    async def _look(self, process: PoolProcess, batch: list[Asked]) -> DomainError | None:
        """Answer a batch; return what went wrong when that may be the fault of one of its pictures."""
        if not batch:
            return None
        paths = tuple(path for path, _ in batch)
        try:
            answer = await self._processes.ask_process(process, Batch(self._model, paths), Outcomes)
        except (DecodeTimeout, DecoderDied, ModelFailed) as error:
            return _translate(error)
        _settle(batch, answer.each)
        return None

    async def _ask_one_by_one(self, batch: list[Asked], failure: DomainError) -> None:
        """Find out which picture it was that made the model fail; the others have their answer."""
        if len(batch) == 1:
            _fail(batch, failure)
            return
        for asked in batch:
            if not asked[1].done():
                try:
                    answer = await self._processes.ask(Batch(self._model, (asked[0],)), Outcomes)
                    _settle([asked], answer.each)
                except (DecodeTimeout, DecoderDied, ModelFailed) as error:
                    _fail([asked], _translate(error))


def _settle(batch: list[Asked], outcomes: tuple[Outcome, ...]) -> None:
    for (_, answer), outcome in zip(batch, outcomes, strict=True):
        if answer.done():
            continue
        if isinstance(outcome, DomainError):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _fail(batch: list[Asked], error: Exception) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error)


def _translate(error: DomainError) -> DomainError:
    """Return what the death of a process means when it ran a model."""
    if isinstance(error, DecodeTimeout):
        return ModelTimeout("The model took too long over the picture.")
    return ModelFailed("The model crashed over the picture.") if isinstance(error, DecoderDied) else error
