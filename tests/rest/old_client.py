"""A client as old pages are: it knows the REST routes alone, and labels JSON as a form."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.serving import ADMIN_KEY, RunningServer

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
OLD_PUT = {"content-type": "image/png", "x-amz-acl": "public-read"}


@dataclass
class OldClient:
    """Speaks to a server with a key, or signed out."""

    server: RunningServer
    key: str | None = ADMIN_KEY

    def get(self, path: str, **query: str) -> httpx.Response:
        return httpx.get(f"{self.server.url}{path}", params=query or None, headers=self._headers(), timeout=60)

    def post(self, path: str, content: bytes = b"", **query: str) -> httpx.Response:
        headers = {"Content-Type": FORM, **self._headers()}
        return httpx.post(f"{self.server.url}{path}", params=query, content=content, headers=headers, timeout=60)

    def upload(self, data: bytes, **query: str) -> tuple[str, str]:
        """Upload as the old page does; return the ids of the image and its job."""
        info = self.begin(**query)
        assert httpx.put(info["presigned_url_str"], content=data, headers=OLD_PUT).status_code == 200
        image_id = info["upload_gf_image_id_str"]
        job_id = data_of(self.post("/v1/images/upload_complete", imgid=image_id))["images_job_id_str"]
        return image_id, job_id

    def begin(self, **query: str) -> dict[str, Any]:
        named = {"imgf": "jpeg", "imgn": "undefined", "f": "general", "ct": "browser", "auth_r": "0", **query}
        info: dict[str, Any] = data_of(self.get("/v1/images/upload_init", **named))["upload_info_map"]
        return info

    def _headers(self) -> dict[str, str]:
        return {"GF-Api-Key": self.key} if self.key else {}


def data_of(answer: httpx.Response) -> Any:
    """Return what the envelope of a success holds."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (list(body), body["status"]) == (["data", "status"], "OK"), body
    return body["data"]


def failure_of(answer: httpx.Response) -> tuple[str, str, str]:
    """Return the old word, the handler's message and the user's of a failure in its envelope."""
    body = answer.json()
    assert (answer.status_code, list(body), body["status"]) == (200, ["data", "status"], "ERROR"), body
    assert list(body["data"]) == ["handler_error_user_msg", "gf_error_type", "gf_error_user_msg"], body
    data = body["data"]
    return data["gf_error_type"], data["handler_error_user_msg"], data["gf_error_user_msg"]
