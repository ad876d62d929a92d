"""Real photographs, every legal PNG, and files that once crashed decoders."""

import asyncio
from collections import Counter
from io import BytesIO
from pathlib import Path

from PIL import Image

from app.domain.errors import DomainError, InvalidImage, UnsupportedFormat
from app.domain.image import ThumbnailSize, fit_within
from app.imaging.limits import PoolLimits
from app.imaging.pool import ImagingPool, open_pool
from app.ports.imaging import Header, Rendering
from tests.imaging.making import LIMITS

PATIENT = PoolLimits(max_waiting=10_000, max_wait_s=600)
Outcome = tuple[Header, Rendering] | DomainError


async def outcomes(paths: list[Path]) -> dict[str, Outcome]:
    """Return what becomes of each file, by its path."""

    async def run(imaging: ImagingPool, path: Path) -> Outcome:
        try:
            return await imaging.inspect(path), await imaging.render(path)
        except DomainError as error:
            return error

    async with open_pool(LIMITS, PATIENT) as imaging:
        found = await asyncio.gather(*(run(imaging, path) for path in paths))
    return {str(path): outcome for path, outcome in zip(paths, found, strict=True)}


async def test_every_legal_png_is_taken(corpora: Path):
    found = await outcomes(sorted((corpora / "benign" / "pngsuite").glob("*.png")))

    assert len(found) == 162
    assert [name for name, outcome in found.items() if isinstance(outcome, DomainError)] == []


async def test_photographs_are_rendered_as_their_headers_foretell(corpora: Path):
    found = await outcomes(sorted((corpora / "photos").iterdir()))

    refused = {name for name, outcome in found.items() if isinstance(outcome, DomainError)}
    assert refused == {name for name in found if name.endswith(".tiff")}
    assert all(isinstance(found[name], UnsupportedFormat) for name in refused)
    for name in found.keys() - refused:
        header, rendering = found[name]
        sizes = [Image.open(BytesIO(data)).size for data in rendering.thumbnails]
        assert sizes == [fit_within(header.width, header.height, size.bound) for size in ThumbnailSize], name


async def test_hostile_files_end_as_a_rendering_or_as_an_invalid_image(corpora: Path):
    paths = sorted(path for path in (corpora / "hostile").rglob("*") if path.is_file())

    found = await outcomes(paths)

    errors = {name: outcome for name, outcome in found.items() if isinstance(outcome, DomainError)}
    assert {name: error for name, error in errors.items() if not isinstance(error, InvalidImage)} == {}
    counts = Counter(error.code for error in errors.values())
    assert len(counts) >= 6
