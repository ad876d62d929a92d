"""A client that uploads through whatever happens to the server, as a good client does: it asks again."""

import asyncio
import hashlib
from typing import Any

import httpx
from ends import Accepted

from tests.serving import ADMIN_KEY, UPLOAD_INIT

COMPLETE = """mutation ($input: UploadCompleteInput!) { uploadComplete(input: $input) {
  job { id } userErrors { code message } } }"""
STATES = "query ($id: ID!) { job(id: $id) { state } }"
AGAIN_S = 0.2
ENDED = {"COMPLETED", "FAILED", "FAILED_PARTIAL", "CANCELLED"}


class Client:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def upload(self, data: bytes, flow: str) -> Accepted:
        """Return when the server has accepted the image."""
        announced = {"format": "JPEG", "byteSize": len(data), "flows": [flow]}
        ticket = (await self.ask(UPLOAD_INIT, input=announced))["uploadInit"]["upload"]
        headers = {header["name"]: header["value"] for header in ticket["headers"]}
        # 409: the bytes had arrived, and the answer was lost.
        await self._send("PUT", ticket["url"], accepted=(200, 409), content=data, headers=headers)
        payload = (await self.ask(COMPLETE, input={"imageId": ticket["imageId"]}))["uploadComplete"]
        return Accepted(_job_of(payload), hashlib.sha256(data).hexdigest())

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        answer = await self._send("POST", "/graphql", json={"query": query, "variables": variables})
        data: dict[str, Any] = answer.json()["data"]
        return data

    async def wait_for_end(self, job_id: str) -> str:
        """Return the state in which a job ended."""
        while (state := (await self.ask(STATES, id=job_id))["job"]["state"]) not in ENDED:
            await asyncio.sleep(AGAIN_S)
        return str(state)

    async def _send(self, method: str, url: str, accepted: tuple[int, ...] = (200,), **rest: Any) -> httpx.Response:
        while True:
            try:
                answer = await self._http.request(method, url, **rest)
            except httpx.TransportError:
                await asyncio.sleep(AGAIN_S)  # it is being started again
                continue
            if answer.status_code in accepted:
                return answer
            if answer.status_code != 503:
                raise AssertionError(f"{url} answers {answer.status_code}: {answer.text}")
            await asyncio.sleep(AGAIN_S)


def open_http(base: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_keepalive_connections=0)  # they would be those of a server that was killed
    return httpx.AsyncClient(base_url=base, headers={"GF-Api-Key": ADMIN_KEY}, timeout=30, limits=limits)


def _job_of(payload: dict[str, Any]) -> str:
    """Return the job of a completed upload, also when it was completed before its answer was lost."""
    if payload["job"] is not None:
        return str(payload["job"]["id"])
    [error] = payload["userErrors"]
    if error["code"] != "ALREADY_COMPLETED":
        raise AssertionError(error)
    return str(error["message"].rpartition(" ")[2].removesuffix("."))
