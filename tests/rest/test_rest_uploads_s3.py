"""The upload of an old page whose bytes go straight to an S3 server."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.pictures import make_picture
from tests.rest.old_client import OLD_PUT, OldClient, data_of, failure_of
from tests.s3_server import S3Server
from tests.serving import RunningServer


@pytest.fixture(scope="module")
def on_s3(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldClient]:
    settings = {"GF_STORAGE": "s3", "GF_S3_BUCKET": s3_server.new_place().bucket, "GF_MAX_UPLOAD_BYTES": "200000"}
    server = RunningServer(tmp_path_factory.mktemp("rest-s3") / "data", {**s3_server.settings, **settings})
    server.run_cli("storage", "setup")
    server.start()
    yield OldClient(server)
    server.stop()


def test_takes_what_an_old_page_sends(on_s3: OldClient, s3_server: S3Server) -> None:
    data = make_picture("WEBP", (320, 200), seed=660)
    info = on_s3.begin(imgf="webp", f="bucket")
    address = info["presigned_url_str"]

    put = httpx.put(address, content=data, headers=OLD_PUT)
    completed = data_of(on_s3.post("/v1/images/upload_complete", imgid=info["upload_gf_image_id_str"]))
    on_s3.server.watch_to_end(completed["images_job_id_str"])

    assert address.startswith(f"{s3_server.settings['GF_S3_ENDPOINT_URL']}/")
    assert parse_qs(urlsplit(address).query)["X-Amz-SignedHeaders"] == ["content-type;host;x-amz-acl"]
    assert put.status_code == 200, put.text
    shown = data_of(on_s3.get("/v1/images/get", img_id=info["upload_gf_image_id_str"]))["image_export_map"]
    assert (shown["format_str"], shown["flows_names_lst"]) == ("webp", ["bucket"])
    original = on_s3.get(f"/images/d/{info['upload_gf_image_id_str']}.webp")
    assert httpx.get(original.headers["location"]).content == data if original.is_redirect else original.content == data


@pytest.mark.parametrize("headers", [{"content-type": "image/png"}, {**OLD_PUT, "content-type": "image/webp"}])
def test_refuses_other_headers_than_those(on_s3: OldClient, headers: dict[str, str]) -> None:
    put = httpx.put(on_s3.begin()["presigned_url_str"], content=make_picture(seed=661), headers=headers)

    assert put.status_code == 403


def test_counts_the_bytes_once_they_are_there(on_s3: OldClient) -> None:
    info = on_s3.begin()

    put = httpx.put(info["presigned_url_str"], content=make_picture(seed=662) + bytes(200_000), headers=OLD_PUT)
    refused = on_s3.post("/v1/images/upload_complete", imgid=info["upload_gf_image_id_str"])

    assert put.status_code == 200
    assert failure_of(refused)[0] == "verify__invalid_value_error"
