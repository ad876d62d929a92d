"""The plan of an image's edits, and what the job that carries it out is told."""

import json
from dataclasses import asdict, dataclass

from app.domain.edit import EditOperation, decode_operations, encode_operations
from app.domain.image import ImageId
from app.domain.job import JobId


@dataclass(frozen=True, slots=True)
class EditPlan:
    """All edits that an image is to have, as they were accepted last.

    Attributes:
        revision: 1, 2, 3 … for each image; what has a later one wins.
        job_id: The job that carries them out.
    """

    revision: int
    job_id: JobId
    operations: tuple[EditOperation, ...]


@dataclass(frozen=True, slots=True)
class EditTask:
    """What a job of edits is told.

    Attributes:
        operations: All that is to be done on the original; none brings it back.
        revision: Of the image that the item names.
        copy_of: The image of which the item's one becomes an edited copy, with this title and these tags.
    """

    operations: tuple[EditOperation, ...]
    revision: int = 0
    copy_of: ImageId | None = None
    title: str = ""
    tags: tuple[str, ...] = ()


def encode_task(task: EditTask) -> str:
    return json.dumps({**asdict(task), "operations": encode_operations(task.operations)})


def decode_task(text: str | None) -> EditTask:
    values = json.loads(text or "{}")
    return EditTask(
        operations=decode_operations(values["operations"]),
        revision=values["revision"],
        copy_of=values["copy_of"],
        title=values["title"],
        tags=tuple(values["tags"]),
    )
