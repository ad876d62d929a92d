"""Labelling: what is done to one image of a CLASSIFY job, and which images get one by themselves."""

import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from app.domain.image import ImageId, ImageState, ThumbnailSize, thumbnail_key
from app.domain.job import MAX_ITEMS, Claim, Job, JobFilter, JobId, JobItem, JobKind, JobState, JobStep, Progress
from app.domain.label import Classification
from app.domain.model import ImageNotReady
from app.domain.page import MAX_PAGE_SIZE, PageRequest
from app.domain.viewer import UserId
from app.ports.inference import Classifier
from app.ports.objects import BlobStore
from app.ports.records import Records
from app.ports.work import WORK_TOPIC, Bell, Clock, Recipe, Recipes, flow_topic, ring_job
from app.services.keys import ADMIN_ID
from app.services.label_rules import LabelRuleService


@dataclass(frozen=True, slots=True)
class LabellingService:
    records: Records
    blobs: BlobStore
    classifier: Classifier
    rules: LabelRuleService
    bell: Bell
    clock: Clock

    def recipes(self) -> Recipes:
        return {JobKind.CLASSIFY: self.label}

    async def label(self, claim: Claim) -> AsyncGenerator[JobStep]:
        """Let the job's model look at the image's medium thumbnail, keep what it says, and do what follows from it.

        Raises:
            ImageNotReady: The thumbnail is not made yet.
            NotFound, ModelUnavailable, ModelFailed, ModelTimeout, Busy: The model gives no answer.
        """
        image = await self.records.images.find(claim.item.image_id)
        if image is None:  # it was deleted meanwhile
            return
        if image.state is not ImageState.READY:
            raise ImageNotReady(f"The image {image.id} is {image.state.lower()}; only one that is ready has labels.")
        model = self.classifier.find(model_of(claim.job))
        async with self.blobs.local_file(thumbnail_key(image.id, ThumbnailSize.MEDIUM)) as path:
            yield JobStep.FETCH
            predictions = await self.classifier.classify(model.name, path)
        yield JobStep.TRANSFORM
        said = Classification(image.id, model.name, model.version, self.clock(), predictions)
        await self.records.labels.put(said)
        await self.rules.follow(image.id)
        await self._ring_flows(image.id)
        yield JobStep.PERSIST

    def asking(self, recipes: Recipes) -> Recipes:
        """Return recipes of which those that take images in ask for labels, where a flow wants them, at their end."""
        return {kind: self._asking(recipe) if kind.takes_in else recipe for kind, recipe in recipes.items()}

    def _asking(self, recipe: Recipe) -> Recipe:
        async def run(claim: Claim) -> AsyncGenerator[JobStep]:
            async with aclosing(recipe(claim)) as steps:
                async for step in steps:
                    if step is JobStep.PERSIST:
                        await self._ask(claim)
                    yield step

        return run

    async def _ask(self, claim: Claim) -> None:
        """Follow the rules of flows, and start a job for each model that one wants; a second time it does nothing."""
        image_id = claim.item.image_id
        flows = (await self.records.flows.find_of_images((image_id,))).get(image_id, ())
        if any(flow.labelling is not None and flow.labelling.rules for flow in flows):
            await self.rules.follow(image_id)  # to the labels of plugins; models have said nothing yet
        wanted = {flow.labelling.model for flow in flows if flow.labelling is not None and flow.labelling.on_upload}
        for model in sorted(wanted, key=str):
            given = json.dumps({"model": model})
            job_id = _derive_id(claim.job.id, str(claim.item.position), given)
            await self._start(job_id, claim.job.owner_id, (image_id,), given)

    async def renew(self) -> None:
        """Start jobs for images that an older version of a model looked at, 10,000 a model at a time.

        An image whose job fails is tried once more, and then left to who looks after it.
        """
        for model in self.classifier.models:
            given = json.dumps({"model": model.name, "version": model.version})
            if model.fault is None and not await self._is_open(given):
                ids = await self.records.labels.find_outdated(model.name, model.version, MAX_ITEMS)
                if ids:
                    await self._start(_derive_id(given, *ids), ADMIN_ID, ids, given)

    async def _is_open(self, given: str) -> bool:
        states = (JobState.QUEUED, JobState.RUNNING)
        filters = JobFilter(owner_id=ADMIN_ID, kinds=(JobKind.CLASSIFY,), states=states)
        page = await self.records.jobs.list(filters, PageRequest(MAX_PAGE_SIZE))
        return any(job.input == given for job in page.items)

    async def _start(self, job_id: JobId, owner_id: UserId, image_ids: Sequence[ImageId], given: str) -> None:
        if await self.records.jobs.find(job_id) is not None:
            return
        job = Job(
            id=job_id,
            kind=JobKind.CLASSIFY,
            owner_id=owner_id,
            flows=(),
            client_type=None,
            created_at=self.clock(),
            progress=Progress(len(image_ids)),
            input=given,
        )
        await self.records.jobs.add(job, [JobItem(job.id, place, image_id) for place, image_id in enumerate(image_ids)])
        await self.bell.ring(WORK_TOPIC)
        await ring_job(self.bell, job)

    async def _ring_flows(self, image_id: ImageId) -> None:
        for flow in (await self.records.flows.find_of_images((image_id,))).get(image_id, ()):
            await self.bell.ring(flow_topic(flow.name))


def model_of(job: Job) -> str | None:
    """Return the model that a CLASSIFY job names."""
    given = json.loads(job.input or "{}")
    return given.get("model") if isinstance(given, dict) else None


def _derive_id(*parts: str) -> JobId:
    """Return the id of the job that follows from something, the same whenever it is asked; it is as hard to guess."""
    return JobId(f"job:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}")
