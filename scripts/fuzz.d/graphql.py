"""The schema of GraphQL, asked by documents that Schemathesis makes (https://schemathesis.io), as a user and as admin.

Of three ids and names in a document, two are changed into those of things that there are. Fails on a status of 5xx, an
answer that is not of GraphQL, an error without a code that the schema names, a masked bug, and a line in the log.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from graphql import (
    GraphQLSchema,
    Node,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)
from graphql.language import ast, print_ast
from graphql.utilities import build_schema
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from app.domain.error_code import ErrorCode
from tests.pictures import make_picture
from tests.serving import ADMIN_KEY, ROOT, RunningServer

SDL = ROOT / "schema" / "schema.graphql"
LIMITS = {f"GF_GRAPHQL_MAX_{name}": "1000000" for name in ("ALIASES", "DIRECTIVES", "DUPLICATES", "FRAGMENTS", "COST")}
SCALARS: dict[str, st.SearchStrategy[ast.ValueNode]] = {
    "BigInt": st.integers(-(2**70), 2**70).map(nodes.Int) | st.text(max_size=30).map(nodes.String),
    "DateTime": st.datetimes().map(lambda at: nodes.String(f"{at.isoformat()}Z")) | st.text().map(nodes.String),
    "HexColor": st.from_regex(r"#[0-9a-f]{6}", fullmatch=True).map(nodes.String) | st.text().map(nodes.String),
    "URL": st.sampled_from(("http://192.0.2.1/a.png", "https://[::1]/", "ftp://x", "")).map(nodes.String),
    "JSON": st.text(max_size=20).map(nodes.String) | st.just(ast.ObjectValueNode(fields=())),
}


class Known(Visitor):
    """Changes what names things into names of things that there are."""

    def __init__(self, types: TypeInfo, things: dict[str, list[str]], luck: random.Random) -> None:
        super().__init__()
        self.types = types
        self.things = things
        self.luck = luck

    def enter_string_value(self, node: StringValueNode, *_: object) -> Node | None:
        kind, argument = self.types.get_input_type(), self.types.get_argument()
        name = get_named_type(kind).name if kind else ""
        is_flow = name == "String" and argument is not None and node.value.isalpha()
        choices = self.things["ids"] if name == "ID" else self.things["flows"] if is_flow else []
        if not choices or self.luck.random() < 1 / 3:
            return None
        return StringValueNode(value=self.luck.choice(choices))


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz graphql", description=__doc__)
    parser.add_argument("--examples", type=int, default=5_000, help="documents in all, half of them as admin")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name, strategy in SCALARS.items():
        schemathesis.graphql.scalar(name, strategy)
    with tempfile.TemporaryDirectory() as folder:
        off = {"GF_RATE_LIMITS": "off", "GF_QUOTA_PENDING_UPLOADS": "0", "GF_GRAPHQL_MAX_DEPTH": "100", **LIMITS}
        server = RunningServer(Path(folder) / "data", off, log=Path(folder) / "log")
        server.start()
        try:
            outcomes = fuzz(server, options.examples, options.seed)
        finally:
            server.stop()
        logged = (Path(folder) / "log").read_text(encoding="utf-8")
    print(f"{outcomes.total()} documents: {', '.join(f'{count} {what}' for what, count in outcomes.most_common())}")
    print(logged[:10_000] or "The log is empty.")
    return 1 if logged or any(what.startswith("WRONG") for what in outcomes) else 0


def fuzz(server: RunningServer, examples: int, number: int) -> Counter[str]:
    """Return how often what came of a document."""
    keys = {"user": server.run_cli("keys", "create", "fuzzer").strip(), "admin": ADMIN_KEY}
    made = schemathesis.graphql.from_path(SDL)
    operations = [result.ok() for result in made.get_all_operations()]
    each = -(-examples // (len(operations) * len(keys)))  # never fewer than are asked for
    outcomes: Counter[str] = Counter()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for who, key in keys.items():
            things = make_things(server, key)
            for operation in operations:
                for document in documents(operation, each, number, things):
                    outcome = ask(client, key, document)
                    outcomes[outcome] += 1
                    if outcome.startswith("WRONG"):
                        print(f"{outcome} as {who}:\n{document}\n", flush=True)
                if "delete" in operation.label:
                    things = make_things(server, key)
    return outcomes


def make_things(server: RunningServer, key: str) -> dict[str, list[str]]:
    """Upload an image into a flow of its own; return the ids and names of what there is then."""
    number = random.randrange(2**32)  # noqa: S311 - another picture each time
    payload = server.upload(make_picture(seed=number, size=(32, 32)), "JPEG", flows=[f"fuzz{number}"])
    user = server.graphql("{ viewer { user { id } } }", key=key)["viewer"]["user"]["id"]
    ids = [payload["image"]["id"], payload["job"]["id"], f"flow:fuzz{number}", user]
    return {"ids": ids, "flows": [f"fuzz{number}", "general"]}


def documents(operation: Any, count: int, number: int, things: dict[str, list[str]]) -> Iterator[str]:
    """Yield documents that call one operation."""
    drawn: list[str] = []
    schema = build_schema(SDL.read_text(encoding="utf-8"))

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def draw(case: Any) -> None:
        drawn.append(with_known(schema, case.body, things, random.Random(len(drawn))))  # noqa: S311 - the same each time

    draw()
    yield from drawn


def with_known(schema: GraphQLSchema, document: str, things: dict[str, list[str]], luck: random.Random) -> str:
    types = TypeInfo(schema)
    return print_ast(visit(parse(document), TypeInfoVisitor(types, Known(types, things, luck))))


def ask(client: httpx.Client, key: str, document: str) -> str:
    """Return what came of a document: `data`, the code of its first error, or what is WRONG."""
    headers = {"GF-Api-Key": key, "Accept": "application/graphql-response+json"}
    answer = client.post("/graphql", json={"query": document}, headers=headers)
    if answer.status_code >= 500:
        return f"WRONG: status {answer.status_code}"
    body = answer.json()
    if "errors" not in body and "data" in body:
        return "data"
    codes = [error.get("extensions", {}).get("code", "invalid") for error in body.get("errors", [])]
    if not codes or not {*codes} <= {"invalid", *ErrorCode} - {"INTERNAL"}:
        return f"WRONG: {body.get('errors')}"
    return str(codes[0])


if __name__ == "__main__":
    sys.exit(main())
