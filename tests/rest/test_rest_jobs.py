"""Images from outside by the older routes: jobs, additions to a flow, and what is there already."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.origins import Origin
from tests.rest.old_client import OldClient, data_of, failure_of

START = "/images/jobs/start"
ADD = "/v1/images/flows/add_img"
EXIST = "/v1/images/flows/imgs_exist"
PAGE = "https://example.com/a?b=1&c=2"

IMAGE = "query ($id: ID!) { image(id: $id) { state originUrl originPageUrl clientType } }"
JOB = "query ($id: ID!) { job(id: $id) { kind state items { imageId sourceUrl } } }"


def start(client: OldClient, urls: str, pages: str, **more: object) -> Any:
    body = {"job_type_str": "process_extern_image", "client_type_str": "gchrome_ext", "imgs_urls_str": urls}
    return client.post(START, json.dumps({**body, "imgs_origin_pages_urls_str": pages, **more}).encode())


def outputs(image_id: str, url: str) -> dict[str, str]:
    thumbnails = {
        f"thumbnail_{size}_relative_url_str": f"/images/d/thumbnails/{image_id}_thumb_{size}.jpeg"
        for size in ("small", "medium", "large")
    }
    return {"image_id_str": image_id, "image_source_url_str": url, **thumbnails}


def test_makes_the_very_images_that_it_announces(fetching: OldClient, origin: Origin) -> None:
    urls = [origin.url("/sea.jpg"), origin.url("/a,b.jpg")]

    started = data_of(start(fetching, quote(",".join(urls), safe=""), quote(f"{PAGE},{PAGE}", safe="")))

    job = fetching.server.graphql(JOB, id=started["running_job_id_str"])["job"]
    ids = [item["imageId"] for item in job["items"]]
    assert (job["kind"], [item["sourceUrl"] for item in job["items"]]) == ("EXTERNAL", urls)
    assert list(started) == ["running_job_id_str", "job_expected_outputs_lst"]
    assert started["job_expected_outputs_lst"] == list(map(outputs, ids, urls))
    fetching.server.watch_to_end(started["running_job_id_str"])
    for image_id, url in zip(ids, urls, strict=True):
        made = fetching.server.graphql(IMAGE, id=image_id)["image"]
        assert made == {"state": "READY", "originUrl": url, "originPageUrl": PAGE, "clientType": "gchrome_ext"}
        small = f"/images/d/thumbnails/{image_id}_thumb_small.jpeg"
        assert fetching.get(small).headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("urls", "wanted"),
    [
        ("http://a.test/1,http://a.test/2", ["http://a.test/1", "http://a.test/2"]),
        ("http%3A%2F%2Fa.test%2F1,HTTP%3a%2f%2Fa.test%2F2%2C3", ["http://a.test/1", "HTTP://a.test/2,3"]),
        ("http%3A%2F%2Fa.test%2F1%2Chttp%3A%2F%2Fa.test%2F2%2C3", ["http://a.test/1", "http://a.test/2,3"]),
        ("http://a.test/1?q=%2525", ["http://a.test/1?q=%25"]),
    ],
)
def test_reads_addresses_however_they_are_quoted(fetching: OldClient, urls: str, wanted: list[str]) -> None:
    started = data_of(start(fetching, urls, "," * (len(wanted) - 1)))

    assert [output["image_source_url_str"] for output in started["job_expected_outputs_lst"]] == wanted


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"imgs_urls_str": "http://a.test/1,http://a.test/2"}, "verify__invalid_key_value_error"),
        ({"imgs_urls_str": 5}, "verify__invalid_key_value_error"),
        ({"imgs_urls_str": ""}, "verify__invalid_value_error"),
        ({"imgs_urls_str": "http://a.test/" + "x" * 2048}, "verify__string_too_long_error"),
        ({"imgs_urls_str": ",".join(["http://a.test/"] * 101)}, "verify__invalid_value_error"),
        ({"imgs_origin_pages_urls_str": "javascript:alert(1)"}, "verify__invalid_value_error"),
        ({"flows_names_lst": "general"}, "verify__invalid_key_value_error"),
        ({"flows_names_lst": ["a/b"]}, "verify__invalid_value_error"),
        ({"client_type_str": "x" * 65}, "verify__invalid_value_error"),
        ({"job_type_str": None}, "verify__invalid_key_value_error"),
    ],
)
def test_starts_nothing_that_is_wrong(fetching: OldClient, change: dict[str, object], word: str) -> None:
    before = fetching.server.graphql("{ jobs { totalCount } }")

    found, message, _ = failure_of(start(fetching, "http://a.test/1", PAGE, **change))

    assert (found, message) == (word, f"handler {START} failed")
    assert fetching.server.graphql("{ jobs { totalCount } }") == before


@pytest.mark.parametrize("key", ["job_type_str", "client_type_str", "imgs_urls_str", "imgs_origin_pages_urls_str"])
def test_names_a_missing_key(fetching: OldClient, key: str) -> None:
    whole = dict.fromkeys(("job_type_str", "client_type_str", "imgs_urls_str", "imgs_origin_pages_urls_str"), "x")

    word, _, told = failure_of(fetching.post(START, json.dumps({k: v for k, v in whole.items() if k != key}).encode()))

    assert word == "verify__missing_key_error"
    assert key in told


def test_adds_an_image_to_flows_and_finds_it_there(fetching: OldClient, origin: Origin) -> None:
    url = origin.url("/sea.jpg?added")
    named = {"image_extern_url_str": url, "image_origin_page_url_str": PAGE, "client_type_str": "gchrome_ext"}

    added = data_of(fetching.post(ADD, json.dumps({**named, "flows_names_lst": ["added", "by hand"]}).encode()))

    image_id = added["image_id_str"]
    assert list(added.items()) == [
        ("images_job_id_str", added["images_job_id_str"]),
        ("thumbnail_small_relative_url_str", f"/images/d/thumbnails/{image_id}_thumb_small.jpeg"),
        ("image_id_str", image_id),
    ]
    fetching.server.watch_to_end(added["images_job_id_str"])
    seen = data_of(fetching.get("/v1/images/get", img_id=image_id))["image_export_map"]
    assert (seen["flows_names_lst"], seen["origin_page_url_str"]) == (["added", "by hand"], PAGE)
    for flow, ids in {"all": [image_id], "added": [image_id], "general": []}.items():
        asked = {"images_extern_urls_lst": [url, "http://a.test/never"], "flow_name_str": flow, "client_type_str": "x"}
        existing = data_of(fetching.post(EXIST, json.dumps(asked).encode()))["existing_images_lst"]
        assert [image["id_str"] for image in existing] == ids
        for image in existing:
            assert list(image.items()) == [
                ("creation_unix_time_f", seen["creation_unix_time_f"]),
                ("id_str", image_id),
                ("origin_url_str", url),
                ("origin_page_url_str", PAGE),
                ("flows_names_lst", ["added", "by hand"]),
                ("tags_lst", []),
            ]


def test_finds_what_graphql_fetched(fetching: OldClient, origin: Origin) -> None:
    url = origin.url("/sea.jpg?graphql")
    query = """mutation ($url: String!) { startJob(input: {external: {images: [{url: $url}]}}) {
      job { id items { imageId } } userErrors { code } } }"""
    job = fetching.server.graphql(query, url=url)["startJob"]["job"]
    fetching.server.watch_to_end(job["id"])

    asked = {"images_extern_urls_lst": [url], "flow_name_str": "general", "client_type_str": "x"}
    [image] = data_of(fetching.post(EXIST, json.dumps(asked).encode()))["existing_images_lst"]

    assert (image["id_str"], image["origin_page_url_str"]) == (job["items"][0]["imageId"], "")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"images_extern_urls_lst": ["x"] * 101}, "verify__invalid_value_error"),
        ({"images_extern_urls_lst": [1]}, "verify__invalid_key_value_error"),
        ({"flow_name_str": ["all"]}, "verify__invalid_key_value_error"),
    ],
)
def test_refuses_to_look_for_what_is_wrong(fetching: OldClient, change: dict[str, object], word: str) -> None:
    asked = {"images_extern_urls_lst": [], "flow_name_str": "all", "client_type_str": "x", **change}

    assert failure_of(fetching.post(EXIST, json.dumps(asked).encode()))[0] == word


def test_finds_nothing_for_no_addresses(fetching: OldClient) -> None:
    asked = {"images_extern_urls_lst": [], "flow_name_str": "all", "client_type_str": "x"}

    assert data_of(fetching.post(EXIST, json.dumps(asked).encode())) == {"existing_images_lst": []}
