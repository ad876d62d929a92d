"""Label rules of flows: set by who may change the flow, tried without doing anything, and followed."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import DomainError
from app.domain.flow import Flow, FlowChanges
from app.domain.image import MAX_TAGS, Image, ImageFilter, ImageId, ImageOrder
from app.domain.label_rule import FlowLabelling, LabelAction, LabelRule, clean_rules
from app.domain.page import MAX_PAGE_SIZE, PageRequest
from app.domain.viewer import UserId, Viewer
from app.ports.inference import Classifier
from app.ports.records import Records
from app.ports.work import Bell, Clock, flow_topic

MAX_ACTIONS = 1_000
"""What one call does, or shows, at most; the next call goes on."""


@dataclass(frozen=True, slots=True)
class LabelRuleService:
    records: Records
    classifier: Classifier
    bell: Bell
    clock: Clock

    async def set(self, viewer: Viewer, name: str, labelling: FlowLabelling) -> Flow:
        """Say how a flow has its images labelled, and what follows from labels. From now on the rules are the viewer's.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer, the flow, the model, or a flow that a rule fills.
            InvalidInput, ModelUnavailable
        """
        user = policy.require_editor(viewer)
        policy.edit_flow(viewer, await self._get(name))
        rules = clean_rules(labelling.rules)
        if labelling.model is not None:
            self.classifier.find(labelling.model)
        for target in dict.fromkeys(rule.to_flow for rule in rules if rule.to_flow is not None):
            policy.fill_flow(viewer, await self._get(target))
        changes = FlowChanges(labelling=replace(labelling, rules=rules, set_by=user.id))
        flow = await self.records.flows.update(name, changes)
        await self.bell.ring(flow_topic(name))
        return flow

    async def apply(
        self, viewer: Viewer, name: str, rules: Sequence[LabelRule] | None, *, dry_run: bool
    ) -> tuple[tuple[LabelAction, ...], bool]:
        """Do what rules say to the images that a flow holds, by the labels that they have; or only tell it.

        Args:
            rules: Those to try instead of the flow's own; they are only tried.

        Returns:
            What was done, or would be, 1,000 things at most, and whether there is more.

        Raises:
            Unauthenticated, Forbidden, NotFound, InvalidInput
        """
        user = policy.require_editor(viewer)
        policy.edit_flow(viewer, flow := await self._get(name))
        labelling = flow.labelling or FlowLabelling(False, None, (), UserId(""))
        if rules is not None:
            labelling = replace(labelling, rules=clean_rules(tuple(rules)), set_by=user.id)
        actions: list[LabelAction] = []
        for rule in labelling.rules:
            async with aclosing(self._pages(viewer, flow, rule)) as pages:
                async for images in pages:
                    actions += await self._plan(images, flow.name, replace(labelling, rules=(rule,)))
                    if len(actions) > MAX_ACTIONS:
                        break
        done = tuple(actions[:MAX_ACTIONS])
        if not dry_run and rules is None:
            await self._do(done)
        return done, len(actions) > MAX_ACTIONS

    async def follow(self, image_id: ImageId) -> tuple[LabelAction, ...]:
        """Do to an image what the rules of its flows say, once its labels are kept; return what was done."""
        flows = (await self.records.flows.find_of_images((image_id,))).get(image_id, ())
        actions: list[LabelAction] = []
        for flow in flows:
            image = await self.records.images.find(image_id) if flow.labelling and flow.labelling.rules else None
            if image is not None and flow.labelling is not None:
                planned = await self._plan((image,), flow.name, flow.labelling)
                await self._do(planned)
                actions += planned
        return tuple(actions)

    async def _plan(self, images: Sequence[Image], flow: str, labelling: FlowLabelling) -> tuple[LabelAction, ...]:
        """Return what is to be done to images, and was not done before, by whoever set the rules."""
        user = (await self.records.users.find_many((labelling.set_by,))).get(labelling.set_by)
        if user is None:
            return ()
        viewer, ids = Viewer(user), [image.id for image in images]
        rules = [rule for rule in labelling.rules if rule.to_flow is None or await self._may_fill(viewer, rule.to_flow)]
        labels = await self.records.labels.find_of_images(ids)
        done = await self.records.labels.find_actions(ids)
        places = await self.records.flows.find_of_images(ids)
        actions: list[LabelAction] = []
        for image in images:
            settled = {(action.rule.tag, action.rule.to_flow) for action in done.get(image.id, ())}
            settled |= {(tag, None) for tag in image.tags} | {(None, place.name) for place in places.get(image.id, ())}
            for rule in rules if policy.can_see_image(viewer, image) else ():
                label, target = rule.find(labels.get(image.id, ())), (rule.tag, rule.to_flow)
                if label is not None and target not in settled and (rule.tag is None or _may_tag(viewer, image)):
                    settled.add(target)
                    actions.append(LabelAction(image.id, flow, rule, label, self.clock()))
        return tuple(actions)

    async def _do(self, actions: Sequence[LabelAction]) -> None:
        """Set-like effects come before the record that they were done, so they are whole after a crash."""
        for action in actions:
            rule = action.rule
            if rule.tag is not None:
                await self.records.tags.change((action.image_id,), added=(rule.tag,))
            elif rule.to_flow is not None:
                await self.records.flows.add_images(rule.to_flow, (action.image_id,))
                await self.bell.ring(flow_topic(rule.to_flow))
        if actions:
            await self.records.labels.add_actions(actions)

    async def _may_fill(self, viewer: Viewer, name: str) -> bool:
        flow = await self.records.flows.find(name)
        return flow is not None and _allows(lambda: policy.fill_flow(viewer, flow))

    async def _pages(self, viewer: Viewer, flow: Flow, rule: LabelRule) -> AsyncGenerator[tuple[Image, ...]]:
        """Yield the images of a flow that have a rule's label, page by page."""
        filters = ImageFilter(flow=flow.name, label=rule.label, min_label_score=rule.min_score)
        request: PageRequest | None = PageRequest(MAX_PAGE_SIZE)
        while request is not None:
            page = await self.records.images.list(viewer, filters, ImageOrder(), request)
            yield page.items
            request = PageRequest(MAX_PAGE_SIZE, after=page.cursors[-1]) if page.has_next else None

    async def _get(self, name: str) -> Flow:
        flow = await self.records.flows.find(name)
        if flow is None:
            raise policy.no_flow(name)
        return flow


def _may_tag(viewer: Viewer, image: Image) -> bool:
    return len(image.tags) < MAX_TAGS and _allows(lambda: policy.edit_image(viewer, image))


def _allows(check: Callable[[], object]) -> bool:
    """Tell whether a policy lets somebody pass."""
    try:
        check()
    except DomainError:
        return False
    return True
