"""An upload's four calls: the announcement, the bytes, the completion, and what the client measured."""

import asyncio
import time
from typing import Any

import httpx
from contenders.loading import Clock, Speed

from tests.pictures import make_picture
from tests.serving import ADMIN_KEY

INIT = """mutation ($input: UploadInitInput!) { uploadInit(input: $input) {
  upload { imageId url headers { name value } } userErrors { message } } }"""
COMPLETE = "mutation ($id: ID!) { uploadComplete(input: {imageId: $id}) { job { id } userErrors { message } } }"
METRICS = """mutation ($id: ID!) { uploadMetrics(input: {imageId: $id, durationMs: 1, transferMs: 1}) {
  imageId userErrors { message } } }"""
AT_ONCE = 8


async def measure_uploads(url: str, clock: Clock, count: int) -> None:
    """Upload small pictures, some at once, and print uploads a CPU second of the server and how long each call took."""
    numbers, calls = iter(range(count)), {name: Speed() for name in ("init", "put", "complete", "metrics")}
    headers = {"GF-Api-Key": ADMIN_KEY}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:

        async def work() -> None:
            for number in numbers:
                await upload(client, make_picture("PNG", (32, 32), seed=number), calls)

        began = clock()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        print(f"upload, four calls\n  {count / (clock() - began):.0f} uploads/CPU s")
    for name, speed in calls.items():
        print(
            f"  {name:8} p50 {sorted(speed.waits)[len(speed.waits) // 2] * 1000:6.1f} ms   p99 {speed.p99_ms:6.1f} ms"
        )


async def upload(client: httpx.AsyncClient, data: bytes, calls: dict[str, Speed]) -> None:
    async def ask(name: str, query: str, **variables: object) -> Any:
        began = time.perf_counter()
        answer = await client.post("/graphql", json={"query": query, "variables": variables})
        calls[name].waits.append(time.perf_counter() - began)
        [payload] = answer.json()["data"].values()
        if payload["userErrors"]:
            raise RuntimeError(payload["userErrors"])
        return payload

    ticket = (await ask("init", INIT, input={"format": "PNG", "byteSize": len(data)}))["upload"]
    began = time.perf_counter()
    headers = {header["name"]: header["value"] for header in ticket["headers"]}
    (await client.put(ticket["url"], content=data, headers=headers)).raise_for_status()
    calls["put"].waits.append(time.perf_counter() - began)
    await ask("complete", COMPLETE, id=ticket["imageId"])
    await ask("metrics", METRICS, id=ticket["imageId"])
