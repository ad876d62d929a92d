"""Mutations of flows."""

from __future__ import annotations

import strawberry

from app.domain.errors import InvalidInput
from app.domain.flow import FlowChanges
from app.domain.origin import Origin
from app.domain.viewer import UserId
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.flow import Flow
from schema.types.image import Image, load_images
from schema.types.job import Job


@strawberry.input(description="A new flow.")
class CreateFlowInput:
    name: str = strawberry.field(description="1 to 64 letters, digits, spaces, dots, dashes and underscores.")
    description: str | None = strawberry.field(default=None, description="What it is about.")
    is_public: bool | None = strawberry.field(default=None, description="As the server is set when not given.")
    editors: list[strawberry.ID] | None = strawberry.field(default=None, description="Who may fill it, too.")
    viewers: list[strawberry.ID] | None = strawberry.field(default=None, description="Who may see it when private.")
    admins: list[strawberry.ID] | None = strawberry.field(default=None, description="Who may do all that you may.")


@strawberry.input(description="What to change of a flow; what is not given stays.")
class UpdateFlowInput:
    name: str = strawberry.field(description="Which flow.")
    description: str | None = strawberry.field(default=None, description="What it is about.")
    is_public: bool | None = strawberry.field(default=None, description="Whether it can be seen signed out.")
    editors: list[strawberry.ID] | None = strawberry.field(default=None, description="All who may fill it, too.")
    viewers: list[strawberry.ID] | None = strawberry.field(default=None, description="All who may see it when private.")
    admins: list[strawberry.ID] | None = strawberry.field(
        default=None, description="All who may do what its owner may."
    )


@strawberry.input(description="Which flow to delete; its images stay.")
class DeleteFlowInput:
    name: str = strawberry.field(description="Which flow.")


@strawberry.type(description="The new flow.")
class CreateFlowPayload:
    flow: Flow | None = strawberry.field(default=None, description="The flow.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The changed flow.")
class UpdateFlowPayload:
    flow: Flow | None = strawberry.field(default=None, description="The flow as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The deleted flow.")
class DeleteFlowPayload:
    flow: Flow | None = strawberry.field(default=None, description="The flow as it was.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.input(description="Images to put into a flow: either some that are here, or one from outside.")
class AddToFlowInput:
    flow: str = strawberry.field(description="The flow's name.")
    image_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At most 100.")
    url: str | None = strawberry.field(default=None, description="Where the bytes of an image from outside are.")
    page_url: str | None = strawberry.field(default=None, description="The page that shows it there.")


@strawberry.input(description="Images to take out of a flow: either some by their ids, or what came from an address.")
class RemoveFromFlowInput:
    flow: str = strawberry.field(description="The flow's name.")
    image_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At most 100.")
    url: str | None = strawberry.field(
        default=None, description="Where images from outside were fetched; the newest 100 are taken out."
    )
    page_url: str | None = strawberry.field(default=None, description="Beside `url`: only those that this page showed.")


@strawberry.type(description="The filled flow.")
class AddToFlowPayload:
    flow: Flow | None = strawberry.field(default=None, description="The flow as it is now.")
    images: list[Image] | None = strawberry.field(default=None, description="The images that it holds now.")
    job: Job | None = strawberry.field(default=None, description="What fetches an image from outside.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="The flow that was taken from.")
class RemoveFromFlowPayload:
    flow: Flow | None = strawberry.field(default=None, description="The flow as it is now.")
    images: list[Image] | None = strawberry.field(default=None, description="The images that it holds no longer.")
    job: Job | None = strawberry.field(
        default=None, description="As beside `addToFlow`; null, for nothing has to be fetched or waited for."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class FlowMutations:
    @mutation(CreateFlowPayload, "Make an empty flow.")
    async def create_flow(self, info: Info, input: CreateFlowInput) -> CreateFlowPayload:
        flow = await info.context.services.flows.create(info.context.viewer, input.name, _changes(input))
        return CreateFlowPayload(flow=Flow.from_domain(flow))

    @mutation(UpdateFlowPayload, "Change a flow.")
    async def update_flow(self, info: Info, input: UpdateFlowInput) -> UpdateFlowPayload:
        flow = await info.context.services.flows.update(info.context.viewer, input.name, _changes(input))
        return UpdateFlowPayload(flow=Flow.from_domain(flow))

    @mutation(DeleteFlowPayload, "Delete a flow; its images stay.")
    async def delete_flow(self, info: Info, input: DeleteFlowInput) -> DeleteFlowPayload:
        flow = await info.context.services.flows.delete(info.context.viewer, input.name)
        return DeleteFlowPayload(flow=Flow.from_domain(flow))

    @mutation(AddToFlowPayload, "Put images into a flow.")
    async def add_to_flow(self, info: Info, input: AddToFlowInput) -> AddToFlowPayload:
        services, viewer = info.context.services, info.context.viewer
        if (input.image_ids is None) == (input.url is None):
            raise InvalidInput("Give either `imageIds` or `url`.", field=("imageIds",))
        if input.url is not None:
            flow, job = await services.imports.add_to_flow(viewer, input.flow, Origin(input.url, input.page_url))
            return AddToFlowPayload(flow=Flow.from_domain(flow), images=[], job=Job.from_domain(job))
        image_ids = input.image_ids or []
        flow = await services.flows.add_images(viewer, input.flow, tuple(image_ids))
        return AddToFlowPayload(flow=Flow.from_domain(flow), images=await load_images(info, image_ids))

    @mutation(RemoveFromFlowPayload, "Take images out of a flow.")
    async def remove_from_flow(self, info: Info, input: RemoveFromFlowInput) -> RemoveFromFlowPayload:
        flows, viewer = info.context.services.flows, info.context.viewer
        if (input.image_ids is None) == (input.url is None):
            raise InvalidInput("Give either `imageIds` or `url`.", field=("imageIds",))
        if input.url is not None:
            flow, images = await flows.remove_origin(viewer, input.flow, Origin(input.url, input.page_url))
            return RemoveFromFlowPayload(flow=Flow.from_domain(flow), images=[Image.from_domain(it) for it in images])
        image_ids = input.image_ids or []
        flow = await flows.remove_images(viewer, input.flow, tuple(image_ids))
        return RemoveFromFlowPayload(flow=Flow.from_domain(flow), images=await load_images(info, image_ids))


def _changes(input: CreateFlowInput | UpdateFlowInput) -> FlowChanges:
    return FlowChanges(
        description=input.description,
        is_public=input.is_public,
        editor_ids=_user_ids(input.editors),
        viewer_ids=_user_ids(input.viewers),
        admin_ids=_user_ids(input.admins),
    )


def _user_ids(ids: list[strawberry.ID] | None) -> tuple[UserId, ...] | None:
    return None if ids is None else tuple(map(UserId, ids))
