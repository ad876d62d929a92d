"""Mutations of labels."""

from __future__ import annotations

import strawberry

from app.domain.page import MAX_PAGE_SIZE
from app.domain.rate import OperationClass
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.image import Image, load_images
from schema.types.job import Job


@strawberry.input(description="Images that a model is to look at.")
class ClassifyInput:
    image_ids: list[strawberry.ID] = strawberry.field(
        description=f"1 to 10,000 images that the viewer may change; at most {MAX_PAGE_SIZE} when it waits."
    )
    model: str | None = strawberry.field(default=None, description="Which model; the server's own when not given.")
    wait: bool = strawberry.field(
        default=False, description="Whether to answer when the job has ended, or after 8 s if it has not."
    )


@strawberry.type(description="The job that lets a model look at images.")
class ClassifyPayload:
    job: Job | None = strawberry.field(
        default=None, description="The job as it is now; an image of which the model can say nothing fails its item."
    )
    images: list[Image] | None = strawberry.field(
        default=None, description="The images with their labels; null when it did not wait, or not long enough."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class LabelMutations:
    @mutation(ClassifyPayload, "Let a model say what images show; that is kept as labels.", OperationClass.EXPENSIVE)
    async def classify(self, info: Info, input: ClassifyInput) -> ClassifyPayload:
        classification, viewer = info.context.services.classification, info.context.viewer
        if not input.wait:
            return ClassifyPayload(
                job=Job.from_domain(await classification.start(viewer, input.image_ids, input.model))
            )
        job, ids = await classification.classify(viewer, input.image_ids, input.model)
        images = None if ids is None else await load_images(info, ids)
        return ClassifyPayload(job=Job.from_domain(job), images=images)
