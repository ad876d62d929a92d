"""Classification: models look at images, and what they say is kept as labels."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain import policy
from app.domain.errors import InvalidInput
from app.domain.image import ImageId
from app.domain.job import Job, JobKind
from app.domain.label import Label, names_of
from app.domain.label_rule import LabelAction
from app.domain.model import Model
from app.domain.page import MAX_PAGE_SIZE
from app.domain.viewer import Viewer
from app.ports.inference import Classifier
from app.ports.records import Records
from app.services.image_jobs import ImageJobService
from app.services.jobs import JobService
from app.services.label_rules import LabelRuleService
from app.services.labelling import model_of

WAIT_S = 8.0
"""How long a caller that waits is kept at most: less than a request has (`GF_GRAPHQL_TIMEOUT_S`, 10 s)."""


@dataclass(frozen=True, slots=True)
class ClassificationService:
    """What callers ask for: which models there are, and jobs that let one of them look at images."""

    records: Records
    classifier: Classifier
    image_jobs: ImageJobService
    jobs: JobService
    rules: LabelRuleService

    @property
    def models(self) -> tuple[Model, ...]:
        """All models, by name; those that cannot be used say why."""
        return self.classifier.models

    def is_default(self, model: Model) -> bool:
        """Tell whether a model is the one that is used when none is named."""
        return model.name == self.classifier.default_model

    async def find_labels(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[Label, ...]]:
        """Return the labels, best first, of images that the caller was shown."""
        return await self.records.labels.find_of_images(image_ids)

    async def find_actions(self, image_ids: Sequence[ImageId]) -> Mapping[ImageId, tuple[LabelAction, ...]]:
        """Return what rules did to images that the caller owns."""
        return await self.records.labels.find_actions(image_ids)

    async def check(self, model: Model) -> None:
        """Load a model and try it. Raises: ModelUnavailable, ModelFailed, ModelTimeout, Busy."""
        await self.classifier.check(model.name)

    async def start(self, viewer: Viewer, image_ids: Sequence[str], model: str | None = None) -> Job:
        """Start a job that lets a model look at images that the viewer may change.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer, one of the images, or the model; nothing is started.
            InvalidInput: There are no images or too many, or a model must be named.
            ModelUnavailable: The model is altered, or cannot be loaded.
        """
        policy.require_editor(viewer)
        chosen = self.classifier.find(model)
        given = json.dumps({"model": chosen.name})
        return await self.image_jobs.start(viewer, JobKind.CLASSIFY, image_ids, given=given)

    async def classify(
        self, viewer: Viewer, image_ids: Sequence[str], model: str | None = None
    ) -> tuple[Job, tuple[ImageId, ...] | None]:
        """Start a job and wait for its end; return it, and its images, or None when it takes longer than 8 s.

        Raises:
            as `start`; InvalidInput also for more images than a page has.
        """
        if len(image_ids) > MAX_PAGE_SIZE:
            raise InvalidInput(
                f"At most {MAX_PAGE_SIZE} images can be waited for, not {len(image_ids)}.", field=("imageIds",)
            )
        job = await self.start(viewer, image_ids, model)
        has_ended = await self._wait(job)
        job = await self.jobs.find(viewer, job.id) or job
        return job, tuple(dict.fromkeys(map(ImageId, image_ids))) if has_ended else None

    async def name_classes(self, viewer: Viewer, image_ids: Sequence[str]) -> tuple[str, ...]:
        """Let the default model look at images, and return what it said of them in time: best first, each once.

        Raises:
            as `classify`.
        """
        job, _ = await self.classify(viewer, image_ids)
        labels = await self.records.labels.find_of_images([ImageId(image_id) for image_id in image_ids])
        model = model_of(job)
        return names_of(label for given in labels.values() for label in given if label.model == model)

    async def _wait(self, job: Job) -> bool:
        """Return whether the job has ended in time."""
        try:
            async with asyncio.timeout(WAIT_S):
                async for _ in self.jobs.follow(job.id):
                    pass
        except TimeoutError:
            return False
        return True
