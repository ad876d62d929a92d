"""What is made by REST is seen by GraphQL, and the other way round, for every route that writes."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from app.rest.routes import TABLE
from tests.editing import EDIT, size_of
from tests.pictures import make_picture
from tests.rest.old_client import OLD_PUT, data_of, failure_of
from tests.rest.old_world import World, open_world
from tests.sharing import OWN_SHARES

IMAGE = """query ($id: ID!) { image(id: $id) { title state originUrl labels { name }
  flows { edges { node { name } } } } }"""
LOG = """query ($object: ID!) { auditLog(filter: {object: $object}, first: 9) {
  edges { node { door action outcome } } } }"""
SHARE = """mutation ($input: ShareInput!) { share(input: $input) { share { id } userErrors { code } } }"""
CLASSIFY = "mutation ($id: ID!) { classify(input: {imageIds: [$id], wait: true}) { images { labels { name } } } }"
START = """mutation ($url: String!) { startJob(input: {external: {images: [{url: $url}]}}) {
  job { id items { imageId } } } }"""
ADD = """mutation ($id: ID!) { createFlow(input: {name: "by graphql"}) { userErrors { code } }
  addToFlow(input: {imageIds: [$id], flow: "by graphql"}) { userErrors { code } } }"""
DELETE = "mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { deletedIds } }"
DURATIONS = b'{"upload_client_duration_sec_f": 1, "upload_client_transfer_duration_sec_f": 1}'

Check = Callable[[World], None]
WRITING = {(route.method, route.path) for route in TABLE if route.changes}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("both-ways")) as opened:
        yield opened


def post(world: World, path: str, body: object, **query: str) -> Any:
    return data_of(world.old.post(path, json.dumps(body).encode(), **query))


def see(world: World, image_id: str) -> Any:
    return world.server.graphql(IMAGE, id=image_id)["image"]


def flows_of(image: Any) -> list[str]:
    return [edge["node"]["name"] for edge in image["flows"]["edges"]]


def logged(world: World, image_id: str) -> list[tuple[str, str, str]]:
    edges = world.server.graphql(LOG, object=image_id)["auditLog"]["edges"]
    return [tuple(edge["node"][name] for name in ("door", "action", "outcome")) for edge in edges]


def exported(world: World, image_id: str) -> Any:
    return data_of(world.old.get("/v1/images/get", img_id=image_id))["image_export_map"]


def share_body(image_id: str, address: str) -> dict[str, str]:
    return {"image_id": image_id, "email_address": address, "email_subject": "Sea", "email_body": "Look!"}


def color_body(image_id: str) -> dict[str, object]:
    return {"jr": [{"i": image_id, "c": "#0000ff", "p": [], "st": 1, "et": 2}]}


def graphql_sees_a_share(world: World) -> None:
    post(world, "/v1/images/share", share_body(world.image_id, "ada@example.org"))

    assert world.server.graphql(OWN_SHARES, image=world.image_id)["shares"]["totalCount"] == 1


def graphql_sees_labels(world: World) -> None:
    image_id = world.upload(make_picture(seed=620))

    names = post(world, "/v1/images/classify", {"client_type_str": "x", "images_ids_lst": [image_id]})["classes_lst"]

    assert names
    assert [label["name"] for label in see(world, image_id)["labels"]] == names


def graphql_sees_colors(path: str) -> Check:
    def check(world: World) -> None:
        image_id = world.upload(make_picture(seed=621 + len(path)))

        assert world.old.post(path, json.dumps(color_body(image_id)).encode()).content == b""

        assert logged(world, image_id)[0] == ("REST", path, "SUCCEEDED")

    return check


def graphql_completes_a_ticket(world: World) -> None:
    info = world.old.begin(imgn="begun by rest", f="begun")
    httpx.put(info["presigned_url_str"], content=make_picture(seed=623), headers=OLD_PUT)

    payload = world.server.complete(info["upload_gf_image_id_str"])

    assert payload["userErrors"] == []
    assert payload["image"]["title"] == "begun by rest"


def graphql_sees_an_upload(world: World) -> None:
    image_id = world.upload(make_picture(seed=624), imgn="whole", f="uploaded")

    seen = see(world, image_id)
    assert (seen["state"], seen["title"], flows_of(seen)) == ("READY", "whole", ["uploaded"])


def graphql_sees_durations(world: World) -> None:
    image_id = world.old.begin()["upload_gf_image_id_str"]

    assert data_of(world.old.post("/v1/images/upload_metrics", DURATIONS, imgid=image_id)) == {}

    assert logged(world, image_id)[0] == ("REST", "uploadMetrics", "SUCCEEDED")


def graphql_sees_a_job(world: World) -> None:
    url = world.origin.url("/sea.jpg?job")
    body = {"job_type_str": "x", "client_type_str": "x", "imgs_urls_str": url, "imgs_origin_pages_urls_str": ""}

    started = post(world, "/images/jobs/start", body)

    world.server.watch_to_end(started["running_job_id_str"])
    [output] = started["job_expected_outputs_lst"]
    seen = see(world, output["image_id_str"])
    assert (seen["state"], seen["originUrl"]) == ("READY", url)


def graphql_sees_an_addition(world: World) -> None:
    named = {"image_extern_url_str": world.origin.url("/sea.jpg?add"), "image_origin_page_url_str": ""}

    added = post(
        world, "/v1/images/flows/add_img", {**named, "client_type_str": "x", "flows_names_lst": ["one", "two"]}
    )

    world.server.watch_to_end(added["images_job_id_str"])
    assert flows_of(see(world, added["image_id_str"])) == ["one", "two"]


def graphql_sees_a_saved_picture(world: World) -> None:
    picture = base64.b64encode(make_picture("PNG", seed=627)).decode()
    body = {
        "new_title_str": "Saved",
        "source_image_id_str": world.image_id,
        "source_flow_name_str": "sea",
        "target_flow_name_str": "saved",
        "image_base64_data_str": picture,
        "applied_filters_lst": [],
    }

    seen = see(world, post(world, "/images/editor/save", body)["image_id_str"])

    assert (seen["title"], flows_of(seen)) == ("Saved", ["saved"])


def rest_counts_shares(world: World) -> None:
    shared = {"imageId": world.image_id, "email": "eve@example.org", "subject": "Sea"}
    for _ in range(2):
        assert world.server.graphql(SHARE, input=shared)["share"]["userErrors"] == []

    refused = world.old.post("/v1/images/share", json.dumps(share_body(world.image_id, "eve@example.org")).encode())

    assert failure_of(refused)[0] == "policy__op_denied"
    assert int(refused.headers["Retry-After"]) > 0


def rest_tells_the_same_labels(world: World) -> None:
    [image] = world.server.graphql(CLASSIFY, id=world.image_id)["classify"]["images"]

    told = post(world, "/v1/images/classify", {"client_type_str": "x", "images_ids_lst": [world.image_id]})

    assert told["classes_lst"] == [label["name"] for label in image["labels"]]


def rest_knows_what_has_colors(path: str) -> Check:
    def check(world: World) -> None:
        made = world.server.upload(make_picture(seed=630 + len(path)), "JPEG")
        image_id = made["image"]["id"]
        world.server.watch_to_end(made["job"]["id"])
        there = world.old.post(path, json.dumps(color_body(image_id)).encode())
        world.server.graphql(DELETE, id=image_id)
        gone = world.old.post(path, json.dumps(color_body(image_id)).encode())

        assert (there.status_code, there.content) == (200, b"")
        assert failure_of(gone)[0] == "mongodb_not_found_error"

    return check


def rest_completes_a_ticket(world: World) -> None:
    data = make_picture(seed=632)
    upload = world.server.init(data, "JPEG", name="begun by graphql")["upload"]
    world.server.put(upload, data)

    job_id = data_of(world.old.post("/v1/images/upload_complete", imgid=upload["imageId"]))["images_job_id_str"]

    world.server.watch_to_end(job_id)
    assert exported(world, upload["imageId"])["title_str"] == "begun by graphql"


def rest_names_the_job_that_was_started(world: World) -> None:
    payload = world.server.upload(make_picture(seed=633), "JPEG")

    again = data_of(world.old.post("/v1/images/upload_complete", imgid=payload["image"]["id"]))

    assert again == {"images_job_id_str": payload["job"]["id"]}


def rest_takes_durations(world: World) -> None:
    upload = world.server.init(make_picture(seed=634), "JPEG")["upload"]

    own, foreign = (
        client.post("/v1/images/upload_metrics", DURATIONS, imgid=upload["imageId"])
        for client in (world.old, world.stranger)
    )

    assert data_of(own) == {}
    assert failure_of(foreign)[0] == "user_incorrect"


def rest_streams_a_job(world: World) -> None:
    url = world.origin.url("/sea.jpg?graphql")
    job = world.server.graphql(START, url=url)["startJob"]["job"]

    last = world.signed_out.get("/images/jobs/status", images_job_id_str=job["id"]).text.split("\n\n")[-2]

    assert json.loads(last.partition("data: ")[2]) == {
        "name_str": "image_done",
        "type_str": "completed",
        "image_id_str": job["items"][0]["imageId"],
        "image_source_url_str": url,
    }


def rest_shows_an_addition(world: World) -> None:
    assert world.server.graphql(ADD, id=world.image_id)["addToFlow"]["userErrors"] == []

    page = data_of(world.signed_out.get("/images/flows/browser_page", fname="by graphql"))["pages_lst"]

    assert [[image["id_str"] for image in images] for images in page] == [[world.image_id]]


def rest_shows_an_edit(world: World) -> None:
    image_id = world.upload(make_picture("PNG", (90, 60), seed=637), imgf="png")

    edited = world.server.graphql(EDIT, input={"id": image_id, "operations": [{"rotate": {"degrees": 90}}]})
    world.server.watch_to_end(edited["editImage"]["job"]["id"])

    assert size_of(world.old.get(exported(world, image_id)["thumbnail_large_url_str"]).content) == (60, 90)


SEEN_BY_GRAPHQL: dict[tuple[str, str], Check] = {
    ("POST", "/v1/images/share"): graphql_sees_a_share,
    ("POST", "/v1/images/classify"): graphql_sees_labels,
    ("POST", "/images/c"): graphql_sees_colors("/images/c"),
    ("POST", "/v1/images/c"): graphql_sees_colors("/v1/images/c"),
    ("GET", "/v1/images/upload_init"): graphql_completes_a_ticket,
    ("POST", "/v1/images/upload_complete"): graphql_sees_an_upload,
    ("POST", "/v1/images/upload_metrics"): graphql_sees_durations,
    ("POST", "/images/jobs/start"): graphql_sees_a_job,
    ("POST", "/v1/images/flows/add_img"): graphql_sees_an_addition,
    ("POST", "/images/editor/save"): graphql_sees_a_saved_picture,
}

SEEN_BY_REST: dict[tuple[str, str], Check] = {
    ("POST", "/v1/images/share"): rest_counts_shares,
    ("POST", "/v1/images/classify"): rest_tells_the_same_labels,
    ("POST", "/images/c"): rest_knows_what_has_colors("/images/c"),
    ("POST", "/v1/images/c"): rest_knows_what_has_colors("/v1/images/c"),
    ("GET", "/v1/images/upload_init"): rest_completes_a_ticket,
    ("POST", "/v1/images/upload_complete"): rest_names_the_job_that_was_started,
    ("POST", "/v1/images/upload_metrics"): rest_takes_durations,
    ("POST", "/images/jobs/start"): rest_streams_a_job,
    ("POST", "/v1/images/flows/add_img"): rest_shows_an_addition,
    ("POST", "/images/editor/save"): rest_shows_an_edit,
}


def test_nothing_else_writes() -> None:
    assert set(SEEN_BY_GRAPHQL) == set(SEEN_BY_REST) == WRITING


@pytest.mark.parametrize("route", sorted(WRITING), ids=" ".join)
def test_what_is_made_by_rest_is_seen_by_graphql(world: World, route: tuple[str, str]) -> None:
    SEEN_BY_GRAPHQL[route](world)


@pytest.mark.parametrize("route", sorted(WRITING), ids=" ".join)
def test_what_is_made_by_graphql_is_seen_by_rest(world: World, route: tuple[str, str]) -> None:
    SEEN_BY_REST[route](world)
