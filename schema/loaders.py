"""One DataLoader for each relation: what many objects ask for is read at once."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from app.container.bundle import Services
from app.domain.flow import Flow
from app.domain.image import Image, ImageId
from app.domain.job import Job, JobId, JobItem
from app.domain.label import Label
from app.domain.label_rule import LabelAction
from app.domain.replica import Replica, ReplicaRole
from app.domain.share import Share, ShareId
from app.domain.viewer import User, UserId, Viewer
from app.domain.webhook import Webhook, WebhookId

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loaders:
    """Batches without remembering: a socket lives long, and what it shows must be true at each event.

    Each is made when it is first asked for; most requests ask for one or none.

    Args:
        viewer: Tells who asks at the time of a load; a socket signs in after it has opened.
    """

    def __init__(self, services: Services, viewer: Callable[[], Viewer]) -> None:
        self._services = services
        self._viewer = viewer

    @cached_property
    def images(self) -> DataLoader[ImageId, Image | None]:
        return _loader(lambda ids: self._services.images.find_many(self._viewer(), ids), None)

    @cached_property
    def image_flows(self) -> DataLoader[ImageId, tuple[Flow, ...]]:
        return _loader(lambda ids: self._services.flows.find_of_images(self._viewer(), ids), ())

    @cached_property
    def labels(self) -> DataLoader[ImageId, tuple[Label, ...]]:
        return _loader(self._services.classification.find_labels, ())

    @cached_property
    def replicas(self) -> DataLoader[ImageId, tuple[tuple[ReplicaRole, Replica], ...]]:
        return _loader(self._services.replicas.find_of_images, ())

    @cached_property
    def label_actions(self) -> DataLoader[ImageId, tuple[LabelAction, ...]]:
        return _loader(self._services.classification.find_actions, ())

    @cached_property
    def flows(self) -> DataLoader[str, Flow | None]:
        return _loader(lambda names: self._services.flows.find_many(self._viewer(), names), None)

    @cached_property
    def jobs(self) -> DataLoader[JobId, Job | None]:
        return _loader(lambda ids: self._services.jobs.find_many(self._viewer(), ids), None)

    @cached_property
    def items(self) -> DataLoader[JobId, tuple[JobItem, ...]]:
        return _loader(self._services.jobs.items, ())

    @cached_property
    def users(self) -> DataLoader[UserId, User | None]:
        return _loader(self._services.keys.find_users, None)

    @cached_property
    def webhooks(self) -> DataLoader[WebhookId, Webhook | None]:
        return _loader(lambda ids: self._services.webhooks.find_many(self._viewer(), ids), None)

    @cached_property
    def shares(self) -> DataLoader[ShareId, Share | None]:
        return _loader(lambda ids: self._services.shares.find_many(self._viewer(), ids), None)


def _loader(find: Callable[[list[K]], Awaitable[Mapping[K, V]]], missing: V) -> DataLoader[K, V]:
    """Return a loader that asks once for what is asked for, and gives `missing` where nothing is found."""

    async def load(keys: list[K]) -> list[V]:
        found = await find(list(dict.fromkeys(keys)))
        return [found.get(key, missing) for key in keys]

    return DataLoader(load, cache=False)
