"""What may be done to the address of an upload, and must be refused by every store."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx

from app.blobs.signing import LocalSigner
from app.data_dir import DataDir
from app.domain.image import ImageFormat, ImageId
from app.domain.upload import Upload as Ticket
from app.domain.viewer import UserId
from tests.serving import RunningServer

OTHER_ID = "0b" * 16

Upload = dict[str, Any]
Tampering = Callable[[RunningServer, Upload, bytes], httpx.Response]
LateTampering = Callable[[RunningServer, Upload, bytes], tuple[dict[str, Any], httpx.Response]]


def send(upload: Upload, data: Any, method: str = "PUT", url: str = "", **changed: str | None) -> httpx.Response:
    """Send an upload with some of its headers changed; None leaves one out. Names have `_` for `-`."""
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    for name, value in changed.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    return httpx.request(method, url or upload["url"], content=data, headers=headers, timeout=60)


def sign_anew(server: RunningServer, upload: Upload, age: timedelta) -> str:
    """Return the address of an upload as its store would have signed it some time ago."""
    at = datetime.now(UTC) - age
    if "/uploads/" not in upload["url"]:
        return _sign_for_s3(upload, at)
    token = upload["url"].rpartition("/")[2].rpartition(".")[0]
    _, image_id, byte_size, _, expires = _fields_of(token)
    ticket = Ticket(
        image_id=ImageId(image_id),
        owner_id=UserId(""),
        format=ImageFormat.JPEG,
        byte_size=byte_size,
        title="",
        flows=(),
        tags=(),
        sha256=None,
        client_type=None,
        created_at=at,
        expires_at=datetime.fromtimestamp(expires, UTC) - age,
    )
    return server.url + LocalSigner((DataDir(server.data_dir).signing_key(),)).sign_upload(ticket).url


def _sign_for_s3(upload: Upload, at: datetime) -> str:
    """Sign by AWS's version 4 (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html)."""
    parts = urlsplit(upload["url"])
    query = {name: value for name, value in parse_qsl(parts.query) if name != "X-Amz-Signature"}
    key_id, _, *scope = query["X-Amz-Credential"].split("/")
    scope = [f"{at:%Y%m%d}", *scope]
    query |= {"X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}", "X-Amz-Credential": "/".join([key_id, *scope])}
    canonical_query = urlencode(sorted(query.items()), quote_via=quote, safe="-_.~")
    headers = {header["name"].lower(): header["value"] for header in upload["headers"]}
    headers |= {"host": parts.netloc, "content-length": str(upload["maxBytes"])}
    signed = query["X-Amz-SignedHeaders"]
    lines = [f"{name}:{headers[name]}" for name in signed.split(";")]
    request = "\n".join(["PUT", parts.path, canonical_query, *lines, "", signed, "UNSIGNED-PAYLOAD"])
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], "/".join(scope), digest])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for step in (*scope, text):
        key = hmac.digest(key, step.encode(), "sha256")
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{canonical_query}&X-Amz-Signature={key.hex()}"


def change_key(upload: Upload) -> str:
    return change_signed(upload, upload["imageId"], OTHER_ID)


def change_expiry(upload: Upload) -> str:
    """Make it good for longer."""
    if "/uploads/" in upload["url"]:
        return change_token(upload, lambda fields: [*fields[:4], fields[4] + 3600])
    return upload["url"].replace("X-Amz-Expires=900", "X-Amz-Expires=4500")


def change_date(upload: Upload) -> str:
    if "/uploads/" in upload["url"]:
        return change_token(upload, lambda fields: [*fields[:4], fields[4] + 1])
    before, _, date = upload["url"].partition("X-Amz-Date=20")
    return f"{before}X-Amz-Date=20{(int(date[:2]) + 1):02}{date[2:]}"


def change_signature(upload: Upload) -> str:
    url, last = upload["url"][:-1], upload["url"][-1]
    return url + ("0" if last != "0" else "1")


def drop_signature(upload: Upload) -> str:
    if "/uploads/" in upload["url"]:
        return upload["url"].rpartition(".")[0]
    return upload["url"].partition("?")[0]


def change_signed(upload: Upload, old: str, new: str) -> str:
    if "/uploads/" in upload["url"]:
        return change_token(upload, lambda fields: [new if value == old else value for value in fields])
    return upload["url"].replace(old, new)


def change_token(upload: Upload, change: Callable[[list[Any]], list[Any]]) -> str:
    """Change what an address of this server says, and keep its signature."""
    base, _, token = upload["url"].rpartition("/")
    payload, _, signature = token.rpartition(".")
    text = json.dumps(change(_fields_of(payload)), separators=(",", ":")).encode()
    return f"{base}/{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{signature}"


def _fields_of(payload: str) -> list[Any]:
    fields: list[Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return fields


def in_chunks(data: bytes) -> Iterator[bytes]:
    yield data


TAMPERINGS: dict[str, Tampering] = {
    "another key": lambda _, upload, data: send(upload, data, url=change_key(upload)),
    "a later expiry": lambda _, upload, data: send(upload, data, url=change_expiry(upload)),
    "an expiry that is past": lambda server, upload, data: send(
        upload, data, url=sign_anew(server, upload, timedelta(hours=2))
    ),
    "another date": lambda _, upload, data: send(upload, data, url=change_date(upload)),
    "another signature": lambda _, upload, data: send(upload, data, url=change_signature(upload)),
    "no signature": lambda _, upload, data: send(upload, data, url=drop_signature(upload)),
    "POST": lambda _, upload, data: send(upload, data, "POST"),
    "DELETE": lambda _, upload, data: send(upload, b"", "DELETE"),
    "GET": lambda _, upload, data: send(upload, b"", "GET"),
    "another type": lambda _, upload, data: send(upload, data, Content_Type="text/html"),
    "no type": lambda _, upload, data: send(upload, data, Content_Type=None),
    "a byte more": lambda _, upload, data: send(upload, data + b"x"),
    "a byte less": lambda _, upload, data: send(upload, data[:-1]),
    "more in chunks": lambda _, upload, data: send(upload, in_chunks(data + b"x")),
}


def send_again(server: RunningServer, upload: Upload, data: bytes) -> tuple[dict[str, Any], httpx.Response]:
    answer = send(upload, data)
    return server.complete(upload["imageId"])["image"], answer


def send_after_the_end(server: RunningServer, upload: Upload, data: bytes) -> tuple[dict[str, Any], httpx.Response]:
    image = server.complete(upload["imageId"])["image"]
    return image, send(upload, data)


LATE_TAMPERINGS: dict[str, LateTampering] = {
    "other bytes again": send_again,
    "other bytes after the end": send_after_the_end,
}
"""What comes when the bytes have arrived. Returns the image, and the answer to what came."""
