"""The inference port on onnxruntime, in a bounded number of processes."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.domain.errors import DomainError, InvalidInput, NotFound
from app.domain.label import Prediction
from app.domain.model import Model, ModelUnavailable
from app.imaging.forking import ForkServer
from app.imaging.limits import ImageLimits
from app.imaging.slots import ProcessPool
from app.inference.gathering import Gatherer
from app.inference.limits import Threads, inference_limits
from app.inference.messages import Batch, Outcomes
from app.inference.shelf import SHIPPED, Entry, read_shelf

log = logging.getLogger(__name__)


class OnnxClassifier:
    """Implements `app.ports.inference.Classifier`."""

    def __init__(self, entries: dict[str, Entry], default_model: str, processes: ProcessPool) -> None:
        self._models = {name: entry.model for name, entry in entries.items()}
        self._loaded = {name: entry.loaded for name, entry in entries.items() if entry.loaded is not None}
        self._gatherers = {name: Gatherer(loaded, processes) for name, loaded in self._loaded.items()}
        self._default = default_model
        self._processes = processes

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(self._models[name] for name in sorted(self._models))

    @property
    def default_model(self) -> str:
        return self._default

    def find(self, name: str | None) -> Model:
        """Return a model by its name, or the default one.

        Raises:
            NotFound: There is none of that name.
            InvalidInput: None is named, and there is no default one.
            ModelUnavailable
        """
        if name is None and not self._default:
            raise InvalidInput("Name a model; GF_MODEL can set the one to use else.", field=("model",))
        model = self._models.get(self._default if name is None else name)
        if model is None:
            raise NotFound(f"There is no model {str(name)[:80]!r}; there are: {_list(self._models)}.", field=("model",))
        model.check()
        return model

    async def classify(self, model: str, path: Path) -> tuple[Prediction, ...]:
        """Return what a model says of a picture. Raises: as the port says."""
        name = self.find(model).name
        try:
            return await self._gatherers[name].ask(path)
        except ModelUnavailable as error:
            self._put_away(name, error)
            raise

    async def check(self, model: str) -> None:
        """Load a model in a process and try it. Raises: ModelUnavailable, ModelFailed, ModelTimeout, Busy."""
        name = self.find(model).name
        try:
            await self._processes.ask(Batch(self._loaded[name], ()), Outcomes)
        except ModelUnavailable as error:
            self._put_away(name, error)
            raise

    async def check_all(self) -> None:
        """Try each model, and log one line for each that cannot be used."""
        for name in list(self._loaded):
            try:
                await self.check(name)
            except DomainError as error:
                log.error("model out of use: %s", error.message)  # noqa: TRY400 - expected: one line

    def log_faults(self) -> None:
        for model in self.models:
            if model.fault is not None:
                log.error("model out of use: %s", model.fault)

    async def close(self) -> None:
        await asyncio.gather(*(gatherer.close() for gatherer in self._gatherers.values()))

    def _put_away(self, name: str, error: ModelUnavailable) -> None:
        """Remember why a model cannot be used, until the server is started anew."""
        self._models[name] = replace(self._models[name], fault=error.message)


@asynccontextmanager
async def open_classifier(
    folder: Path | None, default_model: str | None, limits: ImageLimits, processes: int
) -> AsyncIterator[OnnxClassifier]:
    """Hold the models of a folder, or those that come with this program, and the processes that run them.

    A model that cannot be used is told in one line of the log, and keeps nothing else from running.

    Args:
        default_model: The one to use when none is named; when not given, the only one that there is.
        processes: How many there are at most. They are forked when they are needed, and hold models that they ran.
    """
    entries = await asyncio.to_thread(read_shelf, folder or SHIPPED, default_model)
    pool_limits = inference_limits(processes)
    threads = Threads(max(1, (os.cpu_count() or 1) // processes))
    server = ForkServer("app.inference.forkserver", limits, pool_limits, threads, environment=_environment())
    pool = ProcessPool(server, pool_limits)
    pool.start_empty()
    only = next(iter(entries)) if len(entries) == 1 else ""
    classifier = OnnxClassifier(entries, default_model or only, pool)
    classifier.log_faults()
    try:
        yield classifier
    finally:
        await classifier.close()
        await pool.close()


def _environment() -> dict[str, str]:
    """Return what inference processes know beside where the code is: one thread for each library but onnxruntime, and
    the graphics cards that they may use."""
    cards = {name: os.environ[name] for name in ("CUDA_VISIBLE_DEVICES",) if name in os.environ}
    return {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **cards}


def _list(names: dict[str, Model]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"
