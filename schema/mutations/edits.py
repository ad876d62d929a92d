"""Mutations that edit images."""

from __future__ import annotations

import strawberry

from app.domain.rate import OperationClass
from app.services.edits import EditRequest
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.edit import EditOperation, to_operations
from schema.types.image import Image
from schema.types.job import Job


@strawberry.input(description="How to edit an image; its original stays as it is.")
class EditImageInput:
    id: strawberry.ID = strawberry.field(description="Which image.")
    operations: list[EditOperation] = strawberry.field(
        description="What to do, in this order, with what is shown. An image has 50 edits at most."
    )
    start_over: bool = strawberry.field(
        default=False, description="Whether these take the place of the edits so far; else they come behind them."
    )
    as_copy: bool = strawberry.field(
        default=False, description="Whether to leave the image as it is, and make a new one of what comes out."
    )
    title: str | None = strawberry.field(default=None, description="Of the copy; that of the image when not given.")
    flow: str | None = strawberry.field(
        default=None, description="Of the copy; the flows of the image that the viewer may fill when not given."
    )


@strawberry.input(description="Which image to show as its original is.")
class RevertImageInput:
    id: strawberry.ID = strawberry.field(description="Which image.")


@strawberry.type(description="The image that is edited, and the job that does it.")
class EditImagePayload:
    image: Image | None = strawberry.field(
        default=None,
        description="The image as it is until the job is done; of a copy the new one, null when it takes longer than "
        "some seconds to be there: `job.items` has its id.",
    )
    job: Job | None = strawberry.field(default=None, description="The job; watch it with `jobStatus`.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The image of which all edits are taken back, and the job that does it.")
class RevertImagePayload:
    image: Image | None = strawberry.field(default=None, description="The image as it is until the job is done.")
    job: Job | None = strawberry.field(default=None, description="The job; watch it with `jobStatus`.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class EditMutations:
    @mutation(EditImagePayload, "Edit an image, or make an edited copy of it.", OperationClass.EXPENSIVE)
    async def edit_image(self, info: Info, input: EditImageInput) -> EditImagePayload:
        request = EditRequest(
            image_id=input.id,
            operations=to_operations(input.operations),
            starts_over=input.start_over,
            as_copy=input.as_copy,
            title=input.title,
            flow=input.flow,
        )
        image, job = await info.context.services.edits.edit(info.context.viewer, request)
        return EditImagePayload(image=Image.from_domain(image) if image else None, job=Job.from_domain(job))

    @mutation(RevertImagePayload, "Take all edits of an image back.", OperationClass.EXPENSIVE)
    async def revert_image(self, info: Info, input: RevertImageInput) -> RevertImagePayload:
        image, job = await info.context.services.edits.revert(info.context.viewer, input.id)
        return RevertImagePayload(image=Image.from_domain(image), job=Job.from_domain(job))
