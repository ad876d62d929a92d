"""One DataLoader for each relation: what many objects ask for is read at once."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

from app.container.bundle import Services
from app.domain.flow import Flow
from app.domain.image import Image, ImageId
from app.domain.job import Job, JobId, JobItem
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
        async def load_images(ids: list[ImageId]) -> Sequence[Image | None]:
            return _in_order(ids, await services.images.find_many(viewer(), _unique(ids)))

        async def load_flows(names: list[str]) -> Sequence[Flow | None]:
            return _in_order(names, await services.flows.find_many(viewer(), _unique(names)))

        async def load_jobs(ids: list[JobId]) -> Sequence[Job | None]:
            return _in_order(ids, await services.jobs.find_many(viewer(), _unique(ids)))

        async def load_items(ids: list[JobId]) -> Sequence[tuple[JobItem, ...]]:
            found = await services.jobs.items(_unique(ids))
            return [found.get(job_id, ()) for job_id in ids]

        async def load_users(ids: list[UserId]) -> Sequence[User | None]:
            return _in_order(ids, await services.keys.find_users(_unique(ids)))

        async def load_image_flows(ids: list[ImageId]) -> Sequence[tuple[Flow, ...]]:
            flows = await services.flows.find_of_images(viewer(), _unique(ids))
            return [flows.get(image_id, ()) for image_id in ids]

        async def load_webhooks(ids: list[WebhookId]) -> Sequence[Webhook | None]:
            return _in_order(ids, await services.webhooks.find_many(viewer(), _unique(ids)))

        self.image_flows = DataLoader(load_image_flows, cache=False)
        self.images = DataLoader(load_images, cache=False)
        self.flows = DataLoader(load_flows, cache=False)
        self.jobs = DataLoader(load_jobs, cache=False)
        self.items = DataLoader(load_items, cache=False)
        self.users = DataLoader(load_users, cache=False)
        self.webhooks = DataLoader(load_webhooks, cache=False)


def _unique(keys: list[K]) -> list[K]:
    return list(dict.fromkeys(keys))


def _in_order(keys: list[K], found: Mapping[K, V]) -> list[V | None]:
    return [found.get(key) for key in keys]
