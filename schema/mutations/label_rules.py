"""Mutations of the label rules of flows."""

from __future__ import annotations

import strawberry

from app.domain import label_rule as domain
from app.domain.rate import OperationClass
from app.domain.viewer import UserId
from schema.context import Info
from schema.errors import NOTHING_CHANGED, UserError, mutation
from schema.types.flow import Flow
from schema.types.label_rule import LabelAction


@strawberry.input(description="A rule; it gives either a tag or names a flow.")
class LabelRuleInput:
    label: str = strawberry.field(description="A label of any model.")
    min_score: float = strawberry.field(description="Its least score, 0 to 1.")
    tag: str | None = strawberry.field(default=None, description="The tag that the image gets.")
    to_flow: str | None = strawberry.field(
        default=None, description="The flow that it is put into, which the viewer may fill."
    )

    def to_domain(self) -> domain.LabelRule:
        return domain.LabelRule(self.label, self.min_score, self.tag, self.to_flow)


@strawberry.input(description="How a flow is to have its images labelled; it replaces all that was set before.")
class SetFlowLabellingInput:
    flow: str = strawberry.field(description="The flow's name.")
    on_upload: bool = strawberry.field(
        default=False, description="Whether a model looks at images by itself once they are taken in into the flow."
    )
    model: str | None = strawberry.field(default=None, description="Which model; the server's own when not given.")
    rules: list[LabelRuleInput] = strawberry.field(
        default_factory=list, description=f"What follows from labels; at most {domain.MAX_RULES}."
    )


@strawberry.input(description="Rules to follow for the images that a flow holds, by the labels that they have.")
class ApplyLabelRulesInput:
    flow: str = strawberry.field(description="The flow's name.")
    dry_run: bool = strawberry.field(default=True, description="Whether only to tell what would be done.")
    rules: list[LabelRuleInput] | None = strawberry.field(
        default=None, description="Rules to try instead of the flow's own; these are only tried."
    )


@strawberry.type(description="The flow that was changed.")
class SetFlowLabellingPayload:
    flow: Flow | None = strawberry.field(default=None, description="The flow as it is now.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type(description="What was done, or would be.")
class ApplyLabelRulesPayload:
    actions: list[LabelAction] | None = strawberry.field(default=None, description="At most 1,000.")
    has_more: bool | None = strawberry.field(default=None, description="Whether to ask once more for the next.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=NOTHING_CHANGED)


@strawberry.type
class LabelRuleMutations:
    @mutation(SetFlowLabellingPayload, "Say how a flow has its images labelled, and what follows from labels.")
    async def set_flow_labelling(self, info: Info, input: SetFlowLabellingInput) -> SetFlowLabellingPayload:
        rules = tuple(rule.to_domain() for rule in input.rules)
        labelling = domain.FlowLabelling(input.on_upload, input.model, rules, UserId(""))
        flow = await info.context.services.classification.rules.set(info.context.viewer, input.flow, labelling)
        return SetFlowLabellingPayload(flow=Flow.from_domain(flow))

    @mutation(ApplyLabelRulesPayload, "Follow label rules, or try them.", OperationClass.EXPENSIVE)
    async def apply_label_rules(self, info: Info, input: ApplyLabelRulesInput) -> ApplyLabelRulesPayload:
        rules = None if input.rules is None else [rule.to_domain() for rule in input.rules]
        service, viewer = info.context.services.classification.rules, info.context.viewer
        actions, has_more = await service.apply(viewer, input.flow, rules, dry_run=input.dry_run)
        return ApplyLabelRulesPayload(actions=[LabelAction.from_domain(done) for done in actions], has_more=has_more)
