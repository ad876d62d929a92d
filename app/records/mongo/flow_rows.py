"""Flows as documents: with the newest lines of their logs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, IndexModel

from app.domain.flow import Flow, FlowEvent, FlowEventKind
from app.domain.image import ImageId
from app.domain.label_rule import FlowLabelling, LabelRule
from app.domain.search import words_of
from app.domain.viewer import UserId
from app.records.micros import from_micros, to_micros
from app.records.mongo.rows import Part
from app.records.mongo.tables import Payee, Row


class FlowLine(Part):
    sequence: int
    at: int
    kind: FlowEventKind
    image_id: str


class FlowRow(Payee):
    """A flow. Its id is made up, so that another flow that takes the name later has nothing of this one.

    Attributes:
        name: Nobody's any more when the flow is deleted: it is the id then.
        words: Of its name, by which images in it are found.
        last_event: The number of the newest line of the log.
        lines: The newest lines; older ones are documents of their own.
    """

    name: str
    folded_name: str
    words: list[str] = []
    description: str
    owner_id: str | None
    is_public: bool
    editor_ids: list[str]
    viewer_ids: list[str]
    admin_ids: list[str]
    storage: str
    created_at: int
    labelling: dict[str, Any] | None = None
    image_count: int = 0
    last_event: int = 0
    lines: list[FlowLine] = []
    is_deleted: bool = False

    class Settings:
        name = "flows"
        indexes = [
            IndexModel([("name", ASCENDING)], unique=True),
            IndexModel([("words", ASCENDING)]),
            IndexModel([("is_public", ASCENDING), ("name", ASCENDING)]),
            IndexModel([("owner_id", ASCENDING), ("name", ASCENDING)]),
            IndexModel([("editor_ids", ASCENDING), ("name", ASCENDING)]),
            IndexModel([("viewer_ids", ASCENDING), ("name", ASCENDING)]),
            IndexModel([("admin_ids", ASCENDING), ("name", ASCENDING)]),
            IndexModel([("is_deleted", ASCENDING), ("name", ASCENDING)]),
        ]

    @property
    def readers(self) -> list[UserId]:
        """Who may see what is in it though it is private."""
        owner = [] if self.owner_id is None else [self.owner_id]
        return [UserId(reader) for reader in (*owner, *self.editor_ids, *self.viewer_ids, *self.admin_ids)]


class FlowEventRow(Row):
    """An older line of a flow's log; its id is made of both, so there is one of each number."""

    flow: str
    sequence: int
    at: int
    kind: FlowEventKind
    image_id: str

    class Settings:
        name = "flow_events"
        indexes = [IndexModel([("flow", ASCENDING), ("sequence", ASCENDING)])]


def flow_row(model: type[FlowRow], flow: Flow, row_id: str) -> FlowRow:
    return model(
        id=row_id,
        name=flow.name,
        folded_name=flow.name.casefold(),
        words=list(words_of(flow.name)),
        description=flow.description,
        owner_id=flow.owner_id,
        is_public=flow.is_public,
        editor_ids=list(flow.editor_ids),
        viewer_ids=list(flow.viewer_ids),
        admin_ids=list(flow.admin_ids),
        storage=flow.storage,
        created_at=to_micros(flow.created_at),
        labelling=labelling_fields(flow.labelling),
    )


def flow_of(row: FlowRow, cover_id: str | None) -> Flow:
    return Flow(
        name=row.name,
        description=row.description,
        owner_id=None if row.owner_id is None else UserId(row.owner_id),
        is_public=row.is_public,
        editor_ids=_users(row.editor_ids),
        storage=row.storage,
        created_at=from_micros(row.created_at),
        image_count=row.image_count,
        cover_id=None if cover_id is None else ImageId(cover_id),
        viewer_ids=_users(row.viewer_ids),
        admin_ids=_users(row.admin_ids),
        labelling=labelling_of(row.labelling),
    )


def event_of(line: FlowLine | FlowEventRow) -> FlowEvent:
    return FlowEvent(line.sequence, from_micros(line.at), line.kind, ImageId(line.image_id))


def _users(ids: Sequence[str]) -> tuple[UserId, ...]:
    return tuple(map(UserId, ids))


def labelling_fields(labelling: FlowLabelling | None) -> dict[str, Any] | None:
    if labelling is None:
        return None
    return {**asdict(labelling), "rules": [asdict(rule) for rule in labelling.rules]}


def labelling_of(fields: Mapping[str, Any] | None) -> FlowLabelling | None:
    if fields is None:
        return None
    rules = tuple(LabelRule(**rule) for rule in fields["rules"])
    return FlowLabelling(fields["on_upload"], fields["model"], rules, UserId(fields["set_by"]))
