"""What a server's `/metrics` says, as a test reads it."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.serving import RunningServer


def read_metrics(server: RunningServer) -> dict[str, float]:
    """Return each reading by its name with its labels in order: `gf_items{state="queued"}`."""
    answer = httpx.get(f"{server.url}/metrics", timeout=60)
    assert answer.status_code == 200, answer.text
    return parse_metrics(answer.text)


def parse_metrics(text: str) -> dict[str, float]:
    readings = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            readings[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return readings
