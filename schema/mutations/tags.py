"""Mutations of tags."""

from __future__ import annotations

import strawberry

from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.image import Image


@strawberry.input(description="Tags to give to images.")
class AddTagsInput:
    image_ids: list[strawberry.ID] = strawberry.field(description="At most 100.")
    tags: list[str] = strawberry.field(description="The tags; an image has at most 50.")


@strawberry.type(description="The tagged images.")
class AddTagsPayload:
    images: list[Image] | None = strawberry.field(default=None, description="The images as they are now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.input(description="Tags to take from images.")
class RemoveTagsInput:
    image_ids: list[strawberry.ID] = strawberry.field(description="At most 100.")
    tags: list[str] = strawberry.field(description="The tags; what an image has not is passed over.")


@strawberry.type(description="The images without the tags.")
class RemoveTagsPayload:
    images: list[Image] | None = strawberry.field(default=None, description="The images as they are now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.input(description="A tag of the viewer's own images to give another name.")
class RenameTagInput:
    name: str = strawberry.field(description="The tag as it is.")
    new_name: str = strawberry.field(description="What it is from now on; images that have this, too, have it once.")


@strawberry.type(description="What was renamed.")
class RenameTagPayload:
    renamed_count: int | None = strawberry.field(default=None, description="Images that have the new tag now.")
    remaining_count: int | None = strawberry.field(
        default=None, description="Images that still have the old one, of more than 10,000: ask again."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class TagMutations:
    @mutation(AddTagsPayload, "Give tags to images, all of them or none.")
    async def add_tags(self, info: Info, input: AddTagsInput) -> AddTagsPayload:
        images = await info.context.services.tags.add(info.context.viewer, tuple(input.image_ids), tuple(input.tags))
        return AddTagsPayload(images=[Image.from_domain(image) for image in images])

    @mutation(RemoveTagsPayload, "Take tags from images, all of them or none.")
    async def remove_tags(self, info: Info, input: RemoveTagsInput) -> RemoveTagsPayload:
        tags = info.context.services.tags
        images = await tags.remove(info.context.viewer, tuple(input.image_ids), tuple(input.tags))
        return RemoveTagsPayload(images=[Image.from_domain(image) for image in images])

    @mutation(RenameTagPayload, "Give a tag another name on all of the viewer's own images.")
    async def rename_tag(self, info: Info, input: RenameTagInput) -> RenameTagPayload:
        renaming = await info.context.services.tags.rename(info.context.viewer, input.name, input.new_name)
        return RenameTagPayload(renamed_count=renaming.renamed, remaining_count=renaming.remaining)
