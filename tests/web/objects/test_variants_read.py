"""GET /media/variants/…: made once at the first hit, then read like any object, over a real server."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image as Pillow

from app.domain.errors import Busy, NotFound
from app.domain.image import Image, ImageFormat
from app.domain.variant import Fit, VariantFormat, VariantSpec, variant_prefix
from app.domain.variant_text import write_spec
from app.imaging.limits import ImageLimits, PoolLimits
from app.imaging.pool import ImagingPool, open_pool
from app.jobs.bell import LocalBell
from app.ports.imaging import VariantBytes
from app.services.images import ImageService
from app.services.maintenance import MaintenanceService
from app.services.variants import VariantService
from tests.pictures import make_picture

SPEC = VariantSpec(100, format=VariantFormat.WEBP)


@dataclass
class CountingImaging:
    """The real pool, and what it was asked for."""

    pool: ImagingPool
    rendered: list[VariantSpec] = field(default_factory=list)
    is_full: bool = False

    async def render_variant(self, path: Path, spec: VariantSpec) -> VariantBytes:
        self.rendered.append(spec)
        if self.is_full:
            raise Busy("Too many images are being worked on.")
        return await self.pool.render_variant(path, spec)


@pytest.fixture(scope="module")
def pool(running_server) -> Iterator[ImagingPool]:
    with running_server.portal.wrap_async_context_manager(open_pool(ImageLimits(), PoolLimits(processes=1))) as pool:
        yield pool


@pytest.fixture
def imaging(server, pool) -> CountingImaging:
    return CountingImaging(pool)


@pytest.fixture
def variants(server, imaging) -> VariantService:
    service = VariantService(server.records, server.store, imaging, server.signer)
    server.services.variants = service
    return service


@pytest.fixture
def image(server) -> Image:
    return make_image(server)


def make_image(server, *, public=True, image_format=ImageFormat.JPEG, size=(400, 300)) -> Image:
    data = make_picture(image_format.value, size)
    image = server.make_image(data, public=public, image_format=image_format)
    return replace(image, width=size[0], height=size[1], is_public=public)


def get(server, path: str, **headers: str) -> httpx.Response:
    return server.client.get(path, headers=headers)


def stored(server, image: Image) -> list[str]:
    async def collect() -> list[str]:
        return [stat.key async for stat in server.store.list(variant_prefix(image.id))]

    return server.call(collect)


def test_the_first_hit_makes_the_bytes_and_later_ones_read_them(server, variants, imaging, image):
    path = variants.path(image, SPEC)

    first, second = get(server, path), get(server, path)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert Pillow.open(BytesIO(first.content)).size == variants.frame(image, SPEC).canvas == (100, 75)
    assert first.headers["Content-Type"] == "image/webp"
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert "Vary" not in first.headers
    assert imaging.rendered == [SPEC]


def test_the_size_in_bytes_is_known_once_it_is_made(server, variants, image):
    before = server.call(variants.find_byte_size, image, SPEC)
    content = get(server, variants.path(image, SPEC)).content

    assert (before, server.call(variants.find_byte_size, image, SPEC)) == (None, len(content))


def test_a_client_that_has_it_and_one_that_wants_a_part_or_its_head(server, variants, image):
    path = variants.path(image, SPEC)
    head = server.client.head(path)
    whole = get(server, path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))
    assert get(server, path, **{"If-None-Match": whole.headers["ETag"]}).status_code == 304
    part = get(server, path, Range="bytes=10-19")
    assert (part.status_code, part.content) == (206, whole.content[10:20])


@pytest.mark.parametrize(
    ("old", "new"),
    [("w100", "w101"), ("inside", "cover"), (".webp", ".png"), ("_webp/", "_webp//"), ("/w100", "/x/w100"), ("", "")],
)
def test_an_altered_address_is_refused_before_anything_is_looked_at(server, variants, imaging, image, old, new):
    path = variants.path(image, SPEC)
    altered = path.replace(old, new) if old else path.replace(image.id, make_image(server).id)

    answer = get(server, altered)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "INVALID_SIGNATURE")
    assert answer.headers["Cache-Control"] == "no-store"
    assert imaging.rendered == []


@pytest.mark.parametrize("signature", ["", "x", "é", "%00", "A" * 43, "A" * 5000])
def test_a_signature_that_is_none_is_refused(server, variants, image, signature):
    answer = get(server, f"/media/variants/{image.id}/{write_spec(SPEC)}/{signature}.webp")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "INVALID_SIGNATURE")


@pytest.mark.parametrize("rest", ["", "x", "a/b", "{id}", "{id}/inside_webp"])
def test_an_address_without_signature_is_refused(server, variants, image, rest):
    assert get(server, "/media/variants/" + rest.format(id=image.id)).status_code == 403


def test_the_bytes_are_not_read_by_their_key(server, variants, image):
    get(server, variants.path(image, SPEC))
    (key,) = stored(server, image)

    assert get(server, f"/media/{key}").status_code == 403


def test_a_hundred_first_hits_make_one_rendering(server, variants, imaging, image):
    path = variants.path(image, VariantSpec(123, format=VariantFormat.PNG))

    with ThreadPoolExecutor(100) as threads:
        answers = list(threads.map(lambda _: get(server, path), range(100)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(imaging.rendered) == 1


def test_a_full_pool_asks_to_come_back_and_nothing_is_kept(server, variants, imaging, image):
    path = variants.path(image, SPEC)
    imaging.is_full = True
    refused = get(server, path)
    imaging.is_full = False

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "BUSY")
    assert int(refused.headers["Retry-After"]) >= 1
    assert stored(server, image) == []
    assert get(server, path).status_code == 200


@pytest.mark.parametrize(
    ("accept", "mime_type"),
    [
        ("image/avif,image/webp,image/*", "image/avif"),
        ("image/webp, */*;q=0.8", "image/webp"),
        ("image/avif;q=0, IMAGE/WEBP;q=0.5", "image/webp"),
        ("*/*", "image/jpeg"),
        ("", "image/jpeg"),
    ],
)
def test_auto_follows_what_the_client_accepts(server, variants, imaging, image, accept, mime_type):
    path = variants.path(image, VariantSpec(90))

    first, second = get(server, path, Accept=accept), get(server, path, Accept=accept)

    assert (first.status_code, first.headers["Content-Type"]) == (200, mime_type)
    assert first.headers["Vary"] == "Accept"
    assert second.content == first.content
    assert len(imaging.rendered) == 1


def test_auto_is_a_png_where_something_is_transparent(server, variants, imaging, image):
    path = variants.path(image, VariantSpec(90, 90, Fit.CONTAIN))

    answers = [get(server, path, Accept="*/*") for _ in range(2)]

    assert {answer.headers["Content-Type"] for answer in answers} == {"image/png"}
    assert len(imaging.rendered) == 1


def test_a_private_variant_is_for_who_may_see_it_or_has_a_fresh_signature(server, variants, imaging):
    image = make_image(server, public=False)
    signed = variants.path(image, SPEC)
    bare = signed.partition("?")[0]

    assert get(server, bare).status_code == 404
    assert get(server, f"{bare}?signature=1.x").status_code == 403
    assert imaging.rendered == []
    answer = get(server, signed)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, max-age=3600")
    server.viewer = server.viewers["owner"]
    assert get(server, bare).status_code == 200
    server.viewer = server.viewers["stranger"]
    server.now += timedelta(hours=2)
    assert get(server, signed).json()["error"]["code"] == "EXPIRED"


def test_a_variant_of_no_image_is_not_found(server, variants, image):
    server.call(server.records.images.delete, [image.id])

    assert get(server, variants.path(image, SPEC)).status_code == 404


def test_deleting_an_image_deletes_its_variants_alone(server, variants, image):
    other = make_image(server)
    for each in (image, other):
        for width in (10, 20):
            get(server, variants.path(each, VariantSpec(width, format=VariantFormat.JPEG)))
    assert len(stored(server, image)) == 2

    images = ImageService(server.records, server.store, server.signer, LocalBell(), lambda: server.now)
    server.call(images.delete, server.viewers["owner"], (image.id,))

    assert (len(stored(server, image)), len(stored(server, other))) == (0, 2)


def test_old_variants_and_those_without_image_are_swept_and_made_again(server, variants, imaging, image):
    orphaned = make_image(server)
    for each in (image, orphaned):
        get(server, variants.path(each, SPEC))
    server.call(server.records.images.delete, [orphaned.id])
    written = server.call(server.store.find, stored(server, image)[0]).modified_at

    def sweep(days: int) -> None:
        clock = written + timedelta(days=days)
        server.call(MaintenanceService(server.records, server.store, lambda: clock).sweep)

    sweep(2)
    assert (len(stored(server, image)), stored(server, orphaned)) == (1, [])
    sweep(31)
    assert stored(server, image) == []
    assert get(server, variants.path(image, SPEC)).status_code == 200
    assert len(imaging.rendered) == 3


def test_who_goes_away_leaves_the_rendering_to_the_others(server, variants, imaging):
    image = make_image(server, image_format=ImageFormat.PNG, size=(5000, 4000))
    asked = (server.viewer, variants.path(image, SPEC)[16:], None, frozenset())

    async def leave_early() -> None:
        waiting = [asyncio.create_task(variants.open(*asked)) for _ in range(3)]
        while [flight.passengers for flight in variants.flights._flights.values()] != [3] or not imaging.rendered:
            await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.wait(waiting)
        assert [each.cancelled() for each in waiting] == [True, False, False]

    server.call(leave_early)
    assert len(imaging.rendered) == 1


def test_a_rendering_that_nobody_waits_for_is_stopped(server, variants, imaging):
    image = make_image(server, image_format=ImageFormat.PNG, size=(5000, 4000))
    asked = (server.viewer, variants.path(image, SPEC)[16:], None, frozenset())

    async def all_leave() -> None:
        alone = asyncio.create_task(variants.open(*asked))
        while not imaging.rendered:
            await asyncio.sleep(0)
        alone.cancel()
        await asyncio.wait([alone])

    server.call(all_leave)
    assert stored(server, image) == []
    assert get(server, variants.path(image, SPEC)).status_code == 200


def test_an_original_that_is_gone_is_not_found(server, variants, image):
    server.call(server.store.delete, image.original_key)

    assert get(server, variants.path(image, SPEC)).status_code == 404
    with pytest.raises(NotFound):
        server.call(variants.open, server.viewer, variants.path(image, SPEC)[16:], None, frozenset())
