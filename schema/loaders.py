"""One DataLoader for each relation: what many objects ask for is read at once."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
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

    Args:
        viewer: Tells who asks at the time of a load; a socket signs in after it has opened.
    """

    def __init__(self, services: Services, viewer: Callable[[], Viewer]) -> None:
        images, flows, jobs, keys = services.images, services.flows, services.jobs, services.keys
        webhooks, classification, shares = services.webhooks, services.classification, services.shares
        self.images: DataLoader[ImageId, Image | None] = _loader(lambda ids: images.find_many(viewer(), ids), None)
        self.image_flows: DataLoader[ImageId, tuple[Flow, ...]] = _loader(
            lambda ids: flows.find_of_images(viewer(), ids), ()
        )
        self.labels: DataLoader[ImageId, tuple[Label, ...]] = _loader(classification.find_labels, ())
        self.replicas: DataLoader[ImageId, tuple[tuple[ReplicaRole, Replica], ...]] = _loader(
            services.replicas.find_of_images, ()
        )
        self.label_actions: DataLoader[ImageId, tuple[LabelAction, ...]] = _loader(classification.find_actions, ())
        self.flows: DataLoader[str, Flow | None] = _loader(lambda names: flows.find_many(viewer(), names), None)
        self.jobs: DataLoader[JobId, Job | None] = _loader(lambda ids: jobs.find_many(viewer(), ids), None)
        self.items: DataLoader[JobId, tuple[JobItem, ...]] = _loader(jobs.items, ())
        self.users: DataLoader[UserId, User | None] = _loader(keys.find_users, None)
        self.webhooks: DataLoader[WebhookId, Webhook | None] = _loader(
            lambda ids: webhooks.find_many(viewer(), ids), None
        )
        self.shares: DataLoader[ShareId, Share | None] = _loader(lambda ids: shares.find_many(viewer(), ids), None)


def _loader(find: Callable[[list[K]], Awaitable[Mapping[K, V]]], missing: V) -> DataLoader[K, V]:
    """Return a loader that asks once for what is asked for, and gives `missing` where nothing is found."""

    async def load(keys: list[K]) -> list[V]:
        found = await find(list(dict.fromkeys(keys)))
        return [found.get(key, missing) for key in keys]

    return DataLoader(load, cache=False)
