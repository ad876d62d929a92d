"""Label rules: what a flow does with the labels of its images, and what was done by them."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import InvalidInput
from app.domain.image import ImageId, clean_tags
from app.domain.label import Label, check_score, label_name
from app.domain.viewer import UserId

MAX_RULES = 50


@dataclass(frozen=True, slots=True)
class LabelRule:
    """Images with a label of at least this score get a tag, or are put into a flow: exactly one of both."""

    label: str
    min_score: float
    tag: str | None = None
    to_flow: str | None = None

    def find(self, labels: tuple[Label, ...]) -> Label | None:
        """Return the label that makes the rule hold, the surest one; labels are given best first."""
        return next((label for label in labels if label.name == self.label and label.score >= self.min_score), None)


@dataclass(frozen=True, slots=True)
class FlowLabelling:
    """How a flow has its images labelled, and what follows from labels.

    Attributes:
        on_upload: Whether images that are taken in into the flow are looked at by themselves.
        model: By which model; None for the server's own.
        set_by: The user whose rules they are: they do what this user may do, at the time when they do it.
    """

    on_upload: bool
    model: str | None
    rules: tuple[LabelRule, ...]
    set_by: UserId


@dataclass(frozen=True, slots=True)
class LabelAction:
    """What a rule did to an image, and why. A rule does a thing to an image once: what people undo stays undone.

    Attributes:
        flow: The flow whose rule it was.
    """

    image_id: ImageId
    flow: str
    rule: LabelRule
    label: Label
    at: datetime


def clean_rules(rules: tuple[LabelRule, ...]) -> tuple[LabelRule, ...]:
    """Return the rules cleaned, each once, in their order.

    Raises:
        InvalidInput: There are too many, or one has an empty label, a wrong score, or not exactly one of tag and flow.
    """
    if len(rules) > MAX_RULES:
        raise InvalidInput(f"There are {len(rules)} rules; at most {MAX_RULES} are allowed.", field=("rules",))
    return tuple(dict.fromkeys(_clean_rule(rule, ("rules", str(place))) for place, rule in enumerate(rules)))


def _clean_rule(rule: LabelRule, field: tuple[str, ...]) -> LabelRule:
    label = label_name(rule.label)
    if not label:
        raise InvalidInput("The label of a rule is empty.", field=(*field, "label"))
    if (rule.tag is None) == (rule.to_flow is None):
        raise InvalidInput("A rule gives either a `tag` or names a flow by `toFlow`.", field=field)
    return LabelRule(
        label=label,
        min_score=check_score(rule.min_score, (*field, "minScore")),
        tag=None if rule.tag is None else clean_tags((rule.tag,))[0],
        to_flow=None if rule.to_flow is None else rule.to_flow.strip(),
    )
