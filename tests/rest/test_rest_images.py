"""Images and flows by the REST routes, as GraphQL made or changed them."""

from datetime import datetime

import pytest

from tests.pictures import make_picture
from tests.rest.conftest import Made
from tests.rest.old_client import OldClient, data_of, failure_of
from tests.serving import RunningServer

IMAGE = """query ($id: ID!) { image(id: $id) {
  title createdAt width height palette placeholder { dominantColor } tags } }"""


def test_exports_an_image(made: Made, signed_out: OldClient) -> None:
    seen = signed_out.server.graphql(IMAGE, id=made.image_id)["image"]

    found = data_of(signed_out.get("/v1/images/get", img_id=made.image_id))

    assert found["image_exists_bool"] is True
    assert list(found["image_export_map"].items()) == [
        ("creation_unix_time_f", datetime.fromisoformat(seen["createdAt"]).timestamp()),
        ("user_name_str", "admin"),
        ("title_str", "harbour.jpg"),
        ("flows_names_lst", ["old_flow", "second"]),
        ("origin_page_url_str", ""),
        ("thumbnail_small_url_str", f"/images/d/thumbnails/{made.image_id}_thumb_small.jpeg"),
        ("thumbnail_medium_url_str", f"/images/d/thumbnails/{made.image_id}_thumb_medium.jpeg"),
        ("thumbnail_large_url_str", f"/images/d/thumbnails/{made.image_id}_thumb_large.jpeg"),
        ("format_str", "jpeg"),
        ("tags_lst", []),
    ]


def test_lists_an_image_on_its_page(made: Made, signed_out: OldClient) -> None:
    seen = signed_out.server.graphql(IMAGE, id=made.image_id)["image"]

    pages = data_of(signed_out.get("/images/flows/browser_page", fname="old_flow", pg_size="1"))

    [[image]] = pages["pages_lst"]
    assert pages["pages_user_names_lst"] == [["admin"]]
    assert list(image.items()) == [
        ("id_str", made.image_id),
        ("creation_unix_time_f", datetime.fromisoformat(seen["createdAt"]).timestamp()),
        ("title_str", "harbour.jpg"),
        ("flows_names_lst", ["old_flow", "second"]),
        ("origin_url_str", ""),
        ("origin_page_url_str", ""),
        ("thumbnail_small_url_str", f"/images/d/thumbnails/{made.image_id}_thumb_small.jpeg"),
        ("thumbnail_medium_url_str", f"/images/d/thumbnails/{made.image_id}_thumb_medium.jpeg"),
        ("thumbnail_large_url_str", f"/images/d/thumbnails/{made.image_id}_thumb_large.jpeg"),
        ("format_str", "jpeg"),
        ("width_str", 1200),
        ("height_str", 900),
        ("dominant_color_hex_str", seen["placeholder"]["dominantColor"]),
        ("pallete_str", ",".join(seen["palette"])),
        ("tags_lst", []),
        ("meta_map", {}),
    ]


@pytest.fixture(scope="module")
def paged(shared_server: RunningServer) -> list[str]:
    """Five images of one flow, the newest first, made by GraphQL."""
    ids = []
    for seed in range(5):
        payload = shared_server.upload(make_picture(seed=520 + seed), "JPEG", flows=["rest-paged"])
        shared_server.watch_to_end(payload["job"]["id"])
        ids.insert(0, payload["image"]["id"])
    return ids


@pytest.mark.parametrize(
    ("window", "wanted"),
    [
        ((0, 2, 1), [[0, 1]]),
        ((0, 2, 4), [[0, 1], [2, 3], [4], []]),
        ((1, 2, 2), [[2, 3], [4]]),
        ((0, 5, 1), [[0, 1, 2, 3, 4]]),
        ((9, 2, 2), [[], []]),
        ((2_147_483_647, 100, 1), [[]]),
    ],
)
@pytest.mark.parametrize("path", ["/images/flows/browser_page", "/v1/images/flows/browser_page"])
def test_pages_through_a_flow(
    paged: list[str], signed_out: OldClient, path: str, window: tuple[int, int, int], wanted: list[list[int]]
) -> None:
    arguments = zip(("pg_index", "pg_size", "pg_num"), map(str, window), strict=True)

    pages = data_of(signed_out.get(path, fname="rest-paged", **dict(arguments)))

    assert [[image["id_str"] for image in page] for page in pages["pages_lst"]] == [
        [paged[place] for place in page] for page in wanted
    ]
    assert pages["pages_user_names_lst"] == [["admin"] * len(page) for page in wanted]


def test_has_nothing_on_the_page_of_a_flow_that_is_none(signed_out: OldClient) -> None:
    pages = data_of(signed_out.get("/images/flows/browser_page", fname="../'--<script>"))

    assert pages == {"pages_lst": [[]], "pages_user_names_lst": [[]]}


@pytest.mark.parametrize(
    ("argument", "value", "word"),
    [
        ("pg_index", "x", "int_parse_error"),
        ("pg_index", "1.5", "int_parse_error"),
        ("pg_index", "9" * 18, "int_parse_error"),
        ("pg_index", "\u0663", "int_parse_error"),
        ("pg_index", "-1", "verify__invalid_value_error"),
        ("pg_size", "0", "verify__invalid_value_error"),
        ("pg_size", "101", "verify__invalid_value_error"),
        ("pg_num", "11", "verify__invalid_value_error"),
    ],
)
def test_refuses_pages_that_are_none(signed_out: OldClient, argument: str, value: str, word: str) -> None:
    failure = failure_of(signed_out.get("/images/flows/browser_page", **{argument: value}))

    assert failure[:2] == (word, "handler /images/flows/browser_page failed")


def test_counts_the_images_of_all_flows(paged: list[str], made: Made, signed_out: OldClient) -> None:
    flows = data_of(signed_out.get("/v1/images/flows/all"))["all_flows_lst"]

    assert {"flow_name_str": "rest-paged", "flow_imgs_count_int": 5} in flows
    assert [list(flow) for flow in flows] == [["flow_name_str", "flow_imgs_count_int"]] * len(flows)
    assert flows == sorted(flows, key=lambda flow: (-flow["flow_imgs_count_int"], flow["flow_name_str"]))


def test_lists_more_flows_than_a_page_of_them(running_server: RunningServer) -> None:
    for first in range(0, 120, 10):
        parts = " ".join(
            f'f{number}: createFlow(input: {{name: "many{number:03}"}}) {{ flow {{ name }} }}'
            for number in range(first, first + 10)
        )
        running_server.graphql(f"mutation {{ {parts} }}")

    flows = data_of(OldClient(running_server, key=None).get("/v1/images/flows/all"))["all_flows_lst"]

    assert [flow["flow_name_str"] for flow in flows] == ["general", *(f"many{number:03}" for number in range(120))]


def test_shows_what_graphql_changed(running_server: RunningServer) -> None:
    old, signed_out = OldClient(running_server), OldClient(running_server, key=None)
    image_id, job_id = old.upload(make_picture(seed=530), f="mine")
    running_server.watch_to_end(job_id)
    running_server.graphql(
        'mutation ($id: ID!) { updateImage(input: {id: $id, title: "<b>", tags: ["x"]}) { image { id } } '
        'updateFlow(input: {name: "mine", isPublic: false}) { flow { name } } }',
        id=image_id,
    )

    own = data_of(old.get("/v1/images/get", img_id=image_id))
    hidden = data_of(signed_out.get("/v1/images/get", img_id=image_id))
    hidden_flows = data_of(signed_out.get("/v1/images/flows/all"))
    hidden_page = data_of(signed_out.get("/images/flows/browser_page", fname="mine"))
    running_server.graphql("mutation ($id: ID!) { deleteImages(input: {ids: [$id]}) { deletedIds } }", id=image_id)

    assert (own["image_export_map"]["title_str"], own["image_export_map"]["tags_lst"]) == ("<b>", ["x"])
    assert hidden == {"image_exists_bool": False, "image_export_map": None}
    assert hidden_flows == {"all_flows_lst": [{"flow_name_str": "general", "flow_imgs_count_int": 0}]}
    assert hidden_page == {"pages_lst": [[]], "pages_user_names_lst": [[]]}
    assert data_of(old.get("/v1/images/get", img_id=image_id))["image_exists_bool"] is False
    assert data_of(old.get("/v1/images/flows/all"))["all_flows_lst"] == [
        {"flow_name_str": "general", "flow_imgs_count_int": 0},
        {"flow_name_str": "mine", "flow_imgs_count_int": 0},
    ]
