"""Saving: pictures that an editor made in a browser, as new images."""

from dataclasses import dataclass, replace

from app.domain import policy
from app.domain.errors import InvalidInput, TooLarge
from app.domain.flow import clean_flow_names
from app.domain.image import Image, ImageFormat
from app.domain.job import Job
from app.domain.viewer import Viewer
from app.services.images import ImageService
from app.services.uploads import UploadRequest, UploadService

_GUESS = ImageFormat.PNG
"""What canvases give; the decoder says what it is."""


@dataclass(frozen=True, slots=True)
class SavedPicture:
    """What an editor sends.

    Attributes:
        data: The bytes of a picture in any format that is taken in.
        source_id: The image that was edited, when it says so.
        metadata: Kept with the new image, a JSON object.
    """

    data: bytes
    title: str = ""
    flows: tuple[str, ...] = ()
    source_id: str | None = None
    metadata: object = None


@dataclass(frozen=True, slots=True)
class SavingService:
    uploads: UploadService
    images: ImageService

    async def save(self, viewer: Viewer, saved: SavedPicture) -> tuple[Job, Image]:
        """Make a new image of a picture and start the job that processes it; the one that was edited stays as it is.

        Raises:
            Unauthenticated, Forbidden, NotFound: For the viewer, the image that was edited, or one of the flows.
            InvalidInput, TooLarge, InvalidImage, QuotaExceeded, QueueFull, RateLimited: Nothing is kept.
            Busy, InsufficientStorage, StorageUnavailable
        """
        user = policy.require_uploader(viewer)
        if saved.source_id is not None and await self.images.find(viewer, saved.source_id) is None:
            raise policy.no_image(saved.source_id)
        if not saved.data:
            raise InvalidInput("There is no picture.")
        if len(saved.data) > self.uploads.max_bytes:
            raise TooLarge(f"The picture has {len(saved.data)} bytes; at most {self.uploads.max_bytes} are allowed.")
        flows = await self.uploads.flows.check_fillable(viewer, clean_flow_names(saved.flows))
        request = UploadRequest(_GUESS, len(saved.data), name=saved.title, flows=flows)
        upload = replace(self.uploads.announce(user, request), is_exact=False)
        await self.uploads.records.uploads.add(upload, self.uploads.quota)
        await self.uploads.blobs.put(upload.staging_key, saved.data)
        return await self.uploads.complete(viewer, upload.image_id, metadata=saved.metadata)
