"""Two servers on one folder: what both are asked for first at once is made once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.metrics import read_metrics
from tests.pictures import make_picture
from tests.serving import RunningServer

PUTS = 'gf_storage_seconds_count{operation="put"}'


def test_first_hits_on_two_servers_make_one_variant(running_server: RunningServer, tmp_path: Path) -> None:
    payload = running_server.upload(make_picture(size=(2400, 1800), seed=9), "JPEG")
    running_server.watch_to_end(payload["job"]["id"])
    query = f'{{ image(id: "{payload["image"]["id"]}") {{ variant(width: 900, format: AVIF) {{ url }} }} }}'
    url = running_server.graphql(query)["image"]["variant"]["url"]
    second = RunningServer(tmp_path / "data")
    second.start()
    try:
        servers = (running_server, second)
        before = [read_metrics(server).get(PUTS, 0) for server in servers]
        addresses = [server.url + httpx.URL(url).path for server in servers] * 20
        with ThreadPoolExecutor(len(addresses)) as threads:
            answers = list(threads.map(lambda address: httpx.get(address, timeout=60), addresses))
        made = [read_metrics(server).get(PUTS, 0) - count for server, count in zip(servers, before, strict=True)]
    finally:
        second.stop()

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sorted(made) == [0, 1]
