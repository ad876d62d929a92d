"""Images that were just looked up, for as long as nobody has written to the file."""

from dataclasses import dataclass, field

from app.domain.image import Image, ImageId

MAX_IMAGES = 4096


@dataclass(slots=True)
class KnownImages:
    """Images as they were in one version of the file; any commit, of any process, makes all of them unknown.

    Nothing has to be told what was changed, so nothing can be forgotten to be told.
    """

    _version: int = -1
    _images: dict[ImageId, Image] = field(default_factory=dict)

    def find(self, image_id: ImageId, version: int) -> Image | None:
        return self._images.get(image_id) if version == self._version else None

    def keep(self, image: Image, version: int) -> None:
        """Keep an image that was read after the file had this version."""
        if version != self._version or len(self._images) >= MAX_IMAGES:
            self._images.clear()
            self._version = version
        self._images[image.id] = image
