"""The OpenAPI document of the older routes: whole, valid, and true."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import validate

from app.rest.openapi.document import describe
from app.rest.openapi.operations import OPERATIONS
from app.rest.routes import TABLE
from schema.build import build_schema
from schema.limits import Limits
from tests.rest.old_client import OldClient
from tests.serving import ROOT

DOCUMENT = describe(TABLE)


def test_the_document_is_valid_and_names_the_server(signed_out: OldClient) -> None:
    document = signed_out.get("/openapi.json").json()

    validate(document)
    assert document == {**DOCUMENT, "servers": [{"url": signed_out.server.url}]}


def test_every_route_is_described_and_nothing_else() -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert described == set(OPERATIONS)
    assert len(described) == len(TABLE)


def test_every_twin_is_in_the_schema() -> None:
    fields = {
        f"{name}.{field}"
        for name, kind in build_schema(introspection=True, limits=Limits())._schema.type_map.items()
        for field in getattr(kind, "fields", {})
    }

    assert {route.twin for route in TABLE} - fields == set()


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_every_answer_leads_to_its_twin(signed_out: OldClient, route: object) -> None:
    path = route.path.replace("{key:path}", "x").replace("{image_id}", "x")

    answer = httpx.request(route.method, f"{signed_out.server.url}{path}")

    assert answer.headers["deprecation"] == "@1795564800"
    assert answer.headers["link"] == (
        f'</graphql>; rel="successor-version"; title="{route.twin}", </openapi>; rel="deprecation"'
    )


def test_answers_made_up_requests_as_the_document_says(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "fuzz.d" / "rest.py"), "--examples", "5"]

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
