"""Every route and every shape of an error, byte for byte.

What differs from run to run is masked. An answer whose file is not there is written to it, and fails: read it beside
the contract, then keep it.
"""

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from PIL import Image

from app.rest.envelope import OldRoute
from app.rest.routes import TABLE
from tests.pictures import make_picture
from tests.rest.old_client import FORM, OldClient
from tests.rest.old_world import World, open_world

GOLDEN = Path(__file__).parent / "golden"
HEADERS = ("content-type", "cache-control", "location", "allow", "connection", "content-security-policy")
PICTURE = base64.b64encode(make_picture("PNG", (30, 20), seed=650)).decode()
MASKS = (
    (r"job:[0-9a-f]{32}", "{job}"),
    (r"\b[0-9a-f]{64}\b", "{sha256}"),
    (r"/uploads/[^\"]+", "/uploads/{ticket}"),
    (r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", "{other id}"),
    (r"\b1[0-9]{9}\.[0-9]+\b", "{time}"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", "{date}"),
)


@dataclass(frozen=True)
class Asked:
    """A request; `{image}`, `{job}`, `{gif}` and `{origin}` in it are those of the world."""

    method: str
    path: str
    body: str = ""
    who: str = "old"

    def send(self, world: World, names: dict[str, str]) -> httpx.Response:
        def fill(text: str) -> str:
            return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], text)

        client: OldClient = getattr(world, self.who)
        headers = {"Content-Type": FORM, **({"GF-Api-Key": client.key} if client.key else {})}
        address = f"{world.server.url}{fill(self.path)}"
        return httpx.request(self.method, address, content=fill(self.body).encode(), headers=headers, timeout=60)


def _colors() -> str:
    return '{"jr": [{"i": "{image}", "c": "#0000ff", "p": ["#0000ff"], "st": 1.5, "et": 2, "f": 3}]}'


ROUTES = {
    "/images/d/bulk": Asked("POST", "/images/d/bulk", '{"paths_lst": ["{image}.png", "../x"]}', "signed_out"),
    "/images/d/{key:path}": Asked("GET", "/images/d/{image}.png?fname=sea", who="signed_out"),
    "/images/v/{image_id}": Asked("GET", "/images/v/{image}", who="signed_out"),
    "/v1/images/get": Asked("GET", "/v1/images/get?img_id={image}", who="signed_out"),
    "/images/jobs/status": Asked("GET", "/images/jobs/status?images_job_id_str={job}", who="signed_out"),
    "/v1/images/jobs/status": Asked("GET", "/v1/images/jobs/status?events_id={job}", who="signed_out"),
    "/v1/images/flows/all": Asked("GET", "/v1/images/flows/all", who="signed_out"),
    "/images/flows/browser": Asked("GET", "/images/flows/browser?fname=sea", who="signed_out"),
    "/images/flows/browser_page": Asked("GET", "/images/flows/browser_page?fname=sea&pg_num=2", who="signed_out"),
    "/v1/images/flows/browser_page": Asked("GET", "/v1/images/flows/browser_page?fname=sea", who="signed_out"),
    "/images/gif/get_info": Asked("GET", "/images/gif/get_info?gfimg_id={gif}", who="signed_out"),
    "/v1/images/healthz": Asked("GET", "/v1/images/healthz", who="signed_out"),
    "/v1/images/v1/healthz": Asked("GET", "/v1/images/v1/healthz", who="signed_out"),
    "/v1/images/tester": Asked("GET", "/v1/images/tester", who="signed_out"),
    "/images/c": Asked("POST", "/images/c", _colors(), "signed_out"),
    "/v1/images/c": Asked("POST", "/v1/images/c", _colors(), "signed_out"),
    "/v1/images/share": Asked(
        "POST",
        "/v1/images/share",
        '{"image_id": "{image}", "email_address": "a@example.org", "email_subject": "Sea", "email_body": "Look!"}',
    ),
    "/v1/images/classify": Asked(
        "POST", "/v1/images/classify", '{"client_type_str": "gchrome_ext", "images_ids_lst": ["{image}"]}'
    ),
    "/v1/images/upload_init": Asked(
        "GET", "/v1/images/upload_init?imgf=jpg&imgn=undefined&f=one,%20two&ct=browser&auth_r=0"
    ),
    "/v1/images/upload_complete": Asked("POST", "/v1/images/upload_complete?imgid={image}&f=sea"),
    "/v1/images/upload_metrics": Asked(
        "POST",
        "/v1/images/upload_metrics?imgid={image}&ct=browser",
        '{"upload_client_duration_sec_f": 812.5, "upload_client_transfer_duration_sec_f": 640}',
    ),
    "/images/jobs/start": Asked(
        "POST",
        "/images/jobs/start",
        '{"job_type_str": "process_extern_image", "client_type_str": "gchrome_ext", "flows_names_lst": ["far"], '
        '"imgs_urls_str": "{origin}", "imgs_origin_pages_urls_str": "https%3A%2F%2Fexample.com%2F"}',
    ),
    "/v1/images/flows/add_img": Asked(
        "POST",
        "/v1/images/flows/add_img",
        '{"image_extern_url_str": "{origin}", "image_origin_page_url_str": "https://example.com/", '
        '"client_type_str": "gchrome_ext", "flows_names_lst": ["far"]}',
    ),
    "/v1/images/flows/imgs_exist": Asked(
        "POST",
        "/v1/images/flows/imgs_exist",
        '{"images_extern_urls_lst": ["{fetched}", "http://a.test/never"], "flow_name_str": "all", '
        '"client_type_str": "gchrome_ext"}',
    ),
    "/images/editor/save": Asked(
        "POST",
        "/images/editor/save",
        '{"new_title_str": "Sepia", "source_image_id_str": "{image}", "source_flow_name_str": "sea", '
        f'"target_flow_name_str": "edited", "image_base64_data_str": "{PICTURE}", "applied_filters_lst": ["sepia"], '
        '"new_height_int": 20, "new_width_int": 30}',
    ),
}

ERRORS = {
    "argument missing": Asked("GET", "/v1/images/get"),
    "argument too long": Asked("GET", f"/v1/images/get?img_id={'0' * 5_000}"),
    "argument no integer": Asked("GET", "/images/flows/browser_page?pg_index=x"),
    "argument out of range": Asked("GET", "/images/flows/browser_page?pg_size=101"),
    "image unknown": Asked("GET", f"/v1/images/get?img_id={'0' * 32}"),
    "image unknown to a page": Asked("GET", f"/images/v/{'0' * 32}"),
    "object unknown": Asked("GET", f"/images/d/{'0' * 32}.png"),
    "object outside": Asked("GET", "/images/d/..%2f..%2fadmin.key"),
    "flow unknown to an object": Asked("GET", "/images/d/{image}.png?fname=nowhere"),
    "flow unknown to a page": Asked("GET", "/images/flows/browser?fname=nowhere"),
    "job unknown": Asked("GET", "/images/jobs/status?images_job_id_str=job:1.5"),
    "body no json": Asked("POST", "/images/d/bulk", "{"),
    "body without a key": Asked("POST", "/images/d/bulk", "{}"),
    "body with a wrong value": Asked("POST", "/images/d/bulk", '{"paths_lst": 5}'),
    "body with a long list": Asked("POST", "/images/d/bulk", json.dumps({"paths_lst": ["x"] * 101})),
    "body with a long text": Asked("POST", "/images/d/bulk", json.dumps({"paths_lst": ["x" * 2_049]})),
    "body too large": Asked("POST", "/images/d/bulk", " " * (1024 * 1024 + 1)),
    "mail too long": Asked(
        "POST",
        "/v1/images/share",
        '{"image_id": "{image}", "email_address": "a@example.org", "email_subject": "Sea", '
        f'"email_body": "{"x" * 10_001}"}}',
    ),
    "format unknown": Asked("GET", "/v1/images/upload_init?imgf=svg"),
    "flow name wrong": Asked("GET", "/v1/images/upload_init?imgf=png&f=a/b"),
    "upload unknown": Asked("POST", f"/v1/images/upload_complete?imgid={'0' * 32}"),
    "upload of somebody else": Asked("POST", "/v1/images/upload_complete?imgid={ticket}", who="stranger"),
    "nothing uploaded": Asked("POST", "/v1/images/upload_complete?imgid={ticket}"),
    "picture no base64": Asked("POST", "/images/editor/save", "imgBase64=%%%"),
    "picture none": Asked("POST", "/images/editor/save", "imgBase64=bm90aGluZw=="),
    "role too low": Asked("GET", "/v1/images/upload_init?imgf=png", who="looker"),
    "signed out, told": Asked("GET", "/v1/images/upload_init?imgf=png&auth_r=0", who="signed_out"),
    "signed out, led": Asked("GET", "/v1/images/upload_init?imgf=png", who="signed_out"),
    "method wrong": Asked("DELETE", "/v1/images/get"),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("golden")) as opened:
        yield opened


@pytest.fixture(scope="module")
def names(world: World) -> dict[str, str]:
    """What requests name: the image and its job, a GIF, a ticket, and what was fetched from where."""
    fetched = world.origin.url("/sea.jpg?fetched")
    added = world.old.post("/v1/images/flows/add_img", json.dumps(_addition(fetched)).encode()).json()["data"]
    world.server.watch_to_end(added["images_job_id_str"])
    return {
        "image": world.image_id,
        "job": world.job_id,
        "gif": world.upload(_make_gif(), imgf="gif", imgn="Two", f="moving"),
        "ticket": world.old.begin()["upload_gf_image_id_str"],
        "fetched": fetched,
        "origin": world.origin.url("/sea.jpg"),
    }


@pytest.fixture(scope="module")
def answers(world: World, names: dict[str, str]) -> dict[str, str]:
    """What each route answers, asked in this order: what writes comes after what counts."""
    return {path: mask(asked.send(world, names), world, names) for path, asked in ROUTES.items()}


def _addition(url: str) -> dict[str, object]:
    named = {"image_extern_url_str": url, "image_origin_page_url_str": "https://example.com/", "client_type_str": "x"}
    return {**named, "flows_names_lst": ["fetched"]}


def _make_gif() -> bytes:
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    return file.getvalue()


def mask(answer: httpx.Response, world: World, names: dict[str, str]) -> str:
    """Return status, headers and body of an answer, without what differs from run to run."""
    text = "{the very bytes}" if answer.content == world.data else answer.text
    text = text.replace(world.server.url, "{server}").replace(f":{world.origin.port}/", ":{port}/")
    for name in ("image", "gif"):
        text = text.replace(names[name], f"{{{name}}}")
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    head = [f"{name}: {answer.headers[name]}" for name in HEADERS if name in answer.headers]
    return "\n".join([str(answer.status_code), *head, "", text])


def hold_to_golden(name: str, answer: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if not path.exists():
        path.write_text(answer)
        pytest.fail(f"{path} was not there: read it beside the contract, then keep it")
    assert answer == path.read_text()


def file_name(route: OldRoute) -> str:
    return f"{route.method} {route.path.partition('{')[0].strip('/').replace('/', ' ')}"


@pytest.mark.parametrize("route", TABLE, ids=file_name)
def test_every_route_answers_as_it_always_did(answers: dict[str, str], route: OldRoute) -> None:
    assert ROUTES[route.path].method == route.method
    hold_to_golden(file_name(route), answers[route.path])


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_has_the_shape_that_it_always_had(world: World, names: dict[str, str], name: str) -> None:
    hold_to_golden(f"error, {name}", mask(ERRORS[name].send(world, names), world, names))


def test_no_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {*map(file_name, TABLE), *(f"error, {name}" for name in ERRORS)}
