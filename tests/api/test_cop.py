"""The twelve checks of graphql-cop (https://github.com/dolevf/graphql-cop), in production mode.

The tool is no package, so what each check sends and looks for is stated here anew.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.serving import RunningServer

INTROSPECTION = "query { __schema { types { name fields { name } } } }"
CIRCULAR = "query { __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RunningServer(tmp_path_factory.mktemp("production") / "data", {"GF_ENV": "production"})
    server.start()
    yield f"{server.url}/graphql"
    server.stop()


def _ask(url: str, query: str) -> Any:
    return httpx.post(url, json={"query": query}, timeout=60).json()


def _has_data(answer: httpx.Response) -> bool:
    return "json" in answer.headers["content-type"] and bool(answer.json().get("data"))


def test_refuses_a_hundred_aliases(production: str) -> None:
    answer = _ask(production, "query { " + " ".join(f"alias{n}: __typename" for n in range(101)) + " }")

    assert answer["errors"][0]["extensions"]["limit"] == "aliases"


def test_refuses_batches(production: str) -> None:
    answer = httpx.post(production, json=[{"query": "query { __typename }"}] * 10)

    assert answer.status_code == 400
    assert isinstance(answer.json(), dict)


def test_refuses_queries_by_get_unless_json_is_named(production: str) -> None:
    plain = httpx.get(production, params={"query": "{__typename}"})
    asked = httpx.get(production, params={"query": "{__typename}"}, headers={"Accept": "application/json"})

    assert (plain.status_code, _has_data(plain)) == (406, False)
    assert asked.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    "mutation", ["mutation { __typename }", 'mutation { cancelJob(input: {jobId: "x"}) { job { id } } }']
)
def test_refuses_mutations_by_get(production: str, mutation: str) -> None:
    answer = httpx.get(production, params={"query": mutation}, headers={"Accept": "application/json"})

    assert (answer.status_code, _has_data(answer)) == (405, False)


def test_refuses_forms(production: str) -> None:
    answer = httpx.post(production, data={"query": "{__typename}"})

    assert (answer.status_code, _has_data(answer)) == (400, False)


def test_traces_nothing(production: str) -> None:
    answer = _ask(production, "query { __typename }")

    assert "tracing" not in answer["extensions"]
    assert set(answer["extensions"]) == {"cost", "rateLimit"}


def test_refuses_fields_that_are_repeated(production: str) -> None:
    answer = _ask(production, "query { " + "__typename \n" * 500 + "}")

    refusal = answer["errors"][0]["extensions"]
    assert refusal == {"code": "LIMIT_EXCEEDED", "limit": "duplicates", "allowed": 100, "actual": 499}


def test_suggests_no_names(production: str) -> None:
    assert "Did you mean" not in str(_ask(production, "query { __schema { directive } serverr { versio } }"))


@pytest.mark.parametrize("path", ["/graphiql", "/playground", "/console", "/graphql"])
def test_shows_no_playground(production: str, path: str) -> None:
    page = httpx.get(production.removesuffix("/graphql") + path, headers={"Accept": "text/html"})

    words = ("graphiql.min.css", "GraphQL Playground", "GraphiQL", "graphql-playground")
    assert not any(word in page.text for word in words)


def test_shows_no_schema(production: str) -> None:
    assert _ask(production, INTROSPECTION).get("data") is None


def test_tells_few_errors_of_many_directives(production: str) -> None:
    assert len(_ask(production, "query { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }")["errors"]) == 5


def test_answers_no_circular_introspection(production: str) -> None:
    assert _ask(production, CIRCULAR).get("data") is None


def test_shows_no_exception(production: str) -> None:
    assert "exception" not in str(_ask(production, "qwerty cop { abc }")).lower()
