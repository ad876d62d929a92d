"""Some forty shapes of requests that have hurt GraphQL servers: by JSON, and by what the query in it asks."""

import json

from tests.api.bombs import BOMBS, doubling_fragments

DIGITS = "9" * 5_000


def _query(text: str, **more: object) -> bytes:
    return json.dumps({"query": text, **more}).encode()


BODIES: dict[str, bytes] = {
    "a number": b"5",
    "null": b"null",
    "a text": b'"{ __typename }"',
    "an empty list": b"[]",
    "a batch": b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
    "half an object": b'{"query": "{ __typename }"',
    "200,000 brackets": b"[" * 200_000,
    "an object 50,000 deep": b'{"a":' * 40_000,
    "variables 20,000 deep": b'{"query": "{ __typename }", "variables": {"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}}",
    "bad UTF-8": b'{"query": "{ \xff }"}',
    "half a letter": b'{"query": "{ __typename }", "operationName": "\\ud800"}',
    "half a letter in a variable": b'{"query": "query($a: ID) { __typename }", "variables": {"a": "\\udfff"}}',
    "5,000 digits as a number": b'{"query": "query($n: Int) { images(first: $n) { totalCount } }", "variables": {"n": '
    + DIGITS.encode()
    + b"}}",
    "5,000 digits in the query": _query(f"{{ images(first: {DIGITS}) {{ totalCount }} }}"),
    "5,000 digits as a BigInt": _query(
        f'mutation {{ uploadInit(input: {{format: PNG, byteSize: "{DIGITS}"}}) {{ userErrors {{ code }} }} }}'
    ),
    "a float beyond all": b'{"query": "query($n: Float!) { __typename }", "variables": {"n": 1e999999}}',
    "a query that is a number": b'{"query": 5}',
    "a query of spaces": _query(" " * 200_000),
    "a query of one long name": _query("{" + "a" * 200_000 + "}"),
    "a text that never ends": _query('{ image(id: "' + "a" * 100_000),
    "fields 900 deep": _query("{a" * 900 + "}" * 900),
    "lists 900 deep": _query("{ images(filter: " + "[" * 900 + "]" * 900 + ") { totalCount } }"),
    "types 900 deep": _query("query($a: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }"),
    "a long text for a name": _query(f'{{ "{"a" * 100_000}" }}'),
    "an operation of a long name": _query("query A { __typename }", operationName="B" * 10_000),
    "a NUL": _query("{ __typename \0 }"),
    "unknown names by the hundred": _query("{" + " ".join(f"no{n}" for n in range(600)) + "}"),
    "a fragment in itself": _query("{ ...a } fragment a on Query { ...a }"),
    "fragments in a ring": _query("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
    "fragments that double 40 times": _query(doubling_fragments(40)),
    "a hundred variables of one name": _query("query(" + "$a: Int " * 100 + ") { __typename }"),
    **{f"a bomb: {name}": _query(query) for name, (_, query) in BOMBS.items()},
    "20 MB": b'{"query": "' + b" " * 20_000_000 + b'"}',
}
