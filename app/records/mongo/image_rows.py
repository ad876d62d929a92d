"""Images as documents: with their places in flows, what models said of them, and what is still owed for them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, IndexModel

from app.domain.flow import FlowEventKind
from app.domain.image import Image, ImageFormat, ImageId, ImageState
from app.domain.replica import ReplicaState
from app.domain.search import words_of
from app.domain.similarity import bands_of
from app.domain.viewer import UserId
from app.domain.webhook import WebhookEvent
from app.records.derived import derived_of_fields, edited_fields, edited_of_fields
from app.records.micros import from_micros, to_micros
from app.records.mongo.flow_rows import FlowRow
from app.records.mongo.rows import OriginPart, Part, origin_of, origin_part
from app.records.mongo.tables import Row

DELETED = "DELETED"
"""The state of an image that is gone for everybody, and waits until what is owed for it is paid."""

SHOWN = (ImageState.PROCESSING.value, ImageState.READY.value)
KEPT = (*SHOWN, ImageState.FAILED.value)


class StoresDebt(StrEnum):
    """Which stores are to be brought into line: none; those that follow the primary; all, when any does."""

    NOTHING = "NOTHING"
    FOLLOWERS = "FOLLOWERS"
    ALL = "ALL"


class ReplicaPart(Part):
    """What is known of the image in one store."""

    backend: str
    state: ReplicaState
    checked_at: int | None = None
    error: str | None = None
    cid: str | None = None


class ImageDebt(Part):
    """What must still be told of a change of the image, which was written together with it.

    Attributes:
        at: When the image changed, microseconds.
        kind: The line for the logs of the flows.
        flows: Whom to tell; None for all that hold the image, which is right only when that cannot change any more.
        shown: What is added to the flows' count of images that are shown: 1, 0 or -1.
        counted: What is added to its owner's count of images: 1, 0 or -1.
        given: Tags that the image has now, and had not; it has `lost` the others.
        events: What webhooks are told.
        stores: Which stores an outbox entry is kept for.
    """

    id: str
    at: int
    kind: FlowEventKind
    flows: list[str] | None
    shown: int = 0
    counted: int = 0
    given: list[str] = []
    lost: list[str] = []
    events: list[WebhookEvent] = []
    stores: StoresDebt = StoresDebt.NOTHING


class PlanPart(Part):
    """The edits that were accepted last."""

    revision: int
    job_id: str
    operations: list[dict[str, Any]]


class PlanDebt(Part):
    """The documents of the job and the item by which a plan is carried out, which are still to be kept."""

    id: str
    at: int
    job: dict[str, Any]
    item: dict[str, Any]


class PredictionPart(Part):
    name: str
    score: float


class ActionPart(Part):
    """What a rule did to the image, and why: it gave it a tag, or put it into a flow."""

    flow: str
    label: str
    min_score: float
    tag: str | None
    to_flow: str | None
    score: float
    model: str
    model_version: str
    classified_at: int
    at: int

    @property
    def thing(self) -> tuple[str, str]:
        """What was done, which is done to an image once."""
        return ("TAG", self.tag) if self.tag is not None else ("FLOW", self.to_flow or "")


class ClassificationPart(Part):
    model: str
    model_version: str
    classified_at: int
    predictions: list[PredictionPart]


class ImageRow(Row):
    """Attributes:
    flows: The ids of the flows that hold it; of flows that are gone, too, for a moment.
    bands: The parts of its difference hash, each with its place, by which near ones are found.
    labels: Each name once, with the best score that any model gave it.
    title_words: By which it is found best; `named_words` are these and the tags', `words` these and the labels'.
    """

    owner_id: str
    title: str
    state: str
    format: str
    width: int
    height: int
    byte_size: int
    sha256: str
    frame_count: int
    created_at: int
    client_type: str | None = None
    tags: list[str] = []
    client_metadata: str | None = None
    origin: OriginPart | None = None
    derived: dict[str, Any] | None = None
    edited: dict[str, Any] | None = None
    revision: int = 0
    plan: PlanPart | None = None
    bands: list[str] = []
    flows: list[str] = []
    classifications: list[ClassificationPart] = []
    labels: list[PredictionPart] = []
    label_actions: list[ActionPart] = []
    title_words: list[str] = []
    named_words: list[str] = []
    words: list[str] = []
    replicas: list[ReplicaPart] = []
    owed: list[ImageDebt] = []
    planned: list[PlanDebt] = []

    class Settings:
        name = "images"
        indexes = [
            IndexModel([(field, ASCENDING) for field in fields])
            for fields in (
                ("created_at", "_id"),
                ("title", "_id"),
                ("byte_size", "_id"),
                ("state", "created_at", "_id"),
                ("owner_id", "created_at", "_id"),
                ("owner_id", "title", "_id"),
                ("owner_id", "byte_size", "_id"),
                ("sha256", "owner_id", "created_at", "_id"),
                ("origin.url", "created_at", "_id"),
                ("flows", "created_at", "_id"),
                ("tags", "created_at", "_id"),
                ("owner_id", "tags", "_id"),
                ("labels.name", "created_at", "_id"),
                ("words", "created_at", "_id"),
                ("classifications.model", "_id"),
                ("bands",),
                ("owed.at",),
                ("planned.at",),
            )
        ]


def image_row(model: type[ImageRow], image: Image, flows: Sequence[str], owed: Sequence[ImageDebt]) -> ImageRow:
    """Return the document of a new image, in flows that are named by their ids."""
    derived = None if image.derived is None else asdict(image.derived)
    return model(
        id=image.id,
        owner_id=image.owner_id,
        title=image.title,
        state=image.state,
        format=image.format,
        width=image.width,
        height=image.height,
        byte_size=image.byte_size,
        sha256=image.sha256,
        frame_count=image.frame_count,
        created_at=to_micros(image.created_at),
        client_type=image.client_type,
        tags=list(dict.fromkeys(image.tags)),
        client_metadata=image.client_metadata,
        origin=origin_part(image.origin),
        derived=derived,
        edited=None if image.edited is None else edited_fields(image.edited),
        revision=image.revision,
        bands=banded(derived),
        flows=list(flows),
        owed=list(owed),
    ).model_copy(update=searchable(image.title, image.tags, ()))


def searchable(title: str, tags: Iterable[str], labels: Iterable[PredictionPart]) -> dict[str, list[str]]:
    """Return the words by which an image is found, beside those of the names of its flows."""
    in_title = words_of(title)
    named = dict.fromkeys((*in_title, *words_of(" ".join(tags))))
    words = dict.fromkeys((*named, *words_of(" ".join(label.name for label in labels))))
    return {"title_words": list(in_title), "named_words": list(named), "words": list(words)}


def banded(derived: dict[str, Any] | None) -> list[str]:
    return [] if derived is None else place_bands([(band,) for band in bands_of(derived["difference_hash"])])


def place_bands(bands: Iterable[Iterable[str]]) -> list[str]:
    """Return values of each band of a hash with its place, as they are indexed."""
    return [f"{place}:{value}" for place, values in enumerate(bands) for value in values]


def image_of(row: ImageRow, flows: Sequence[FlowRow]) -> Image:
    """Return the image; who may see it is read from the flows that hold it."""
    return Image(
        id=ImageId(row.id),
        owner_id=UserId(row.owner_id),
        title=row.title,
        state=ImageState(row.state),
        format=ImageFormat(row.format),
        width=row.width,
        height=row.height,
        byte_size=row.byte_size,
        sha256=row.sha256,
        frame_count=row.frame_count,
        created_at=from_micros(row.created_at),
        client_type=row.client_type,
        tags=tuple(row.tags),
        client_metadata=row.client_metadata,
        origin=origin_of(row.origin),
        derived=None if row.derived is None else derived_of_fields(row.derived),
        edited=None if row.edited is None else edited_of_fields(row.edited),
        revision=row.revision,
        is_public=any(flow.is_public for flow in flows),
        reader_ids=frozenset(reader for flow in flows for reader in flow.readers),
    )
