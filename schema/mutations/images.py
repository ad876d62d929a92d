"""Mutations of images."""

from __future__ import annotations

import strawberry

from app.domain.image import ImageChanges
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.image import Image


@strawberry.input(description="What to change of an image; what is not given stays.")
class UpdateImageInput:
    id: strawberry.ID = strawberry.field(description="Which image.")
    title: str | None = strawberry.field(default=None, description="Its new title.")
    tags: list[str] | None = strawberry.field(default=None, description="All its tags from now on.")


@strawberry.type(description="The changed image.")
class UpdateImagePayload:
    image: Image | None = strawberry.field(default=None, description="The image as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.input(description="Which images to delete.")
class DeleteImagesInput:
    ids: list[strawberry.ID] = strawberry.field(description="At most 100.")


@strawberry.type(description="What was deleted: all of it, or nothing.")
class DeleteImagesPayload:
    deleted_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="The ids that are gone.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class ImageMutations:
    @mutation(UpdateImagePayload, "Change an image's title or tags.")
    async def update_image(self, info: Info, input: UpdateImageInput) -> UpdateImagePayload:
        changes = ImageChanges(title=input.title, tags=None if input.tags is None else tuple(input.tags))
        image = await info.context.services.images.update(info.context.viewer, input.id, changes)
        return UpdateImagePayload(image=Image.from_domain(image))

    @mutation(DeleteImagesPayload, "Delete images with all that was made of them.")
    async def delete_images(self, info: Info, input: DeleteImagesInput) -> DeleteImagesPayload:
        deleted = await info.context.services.images.delete(info.context.viewer, tuple(input.ids))
        return DeleteImagesPayload(deleted_ids=[strawberry.ID(image_id) for image_id in deleted])
