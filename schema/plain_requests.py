"""Requests as nearly all are: one operation in JSON, by POST, for an answer in JSON.

They are answered without what the library does for uploads, streams and batches. Whatever differs in the least, or has
a fault, is left to the library, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import Request

from schema.documents import operation_type
from schema.trusted_documents import TrustedDocuments

CONTENT_TYPES = frozenset({"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"})
STREAMS = ("event-stream", "multipart")
"""Parts of the media types of streams, which clients list beside JSON, too."""
MAX_NAME_LENGTH = 1_000
"""Of an operation, which errors repeat."""


@dataclass(frozen=True, slots=True)
class PlainRequest:
    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


async def read_plainly(request: Request, documents: TrustedDocuments) -> PlainRequest | None:
    """Return what a plain request asks; None for any other.

    Raises:
        GraphQLError: Its document is not trusted, or not known.
    """
    headers = request.headers
    if request.method != "POST" or headers.get("content-type", "").lower() not in CONTENT_TYPES:
        return None
    accepted = headers.get("accept", "")
    if any(name in accepted for name in STREAMS):
        return None
    try:
        asked = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    return _plain(asked, documents) if isinstance(asked, dict) else None


def _plain(asked: Mapping[str, Any], documents: TrustedDocuments) -> PlainRequest | None:
    query, name = asked.get("query"), asked.get("operationName")
    variables, extensions = asked.get("variables"), asked.get("extensions")
    if (
        not isinstance(query, str | None)
        or not isinstance(variables, dict | None)
        or not isinstance(extensions, dict | None)
        or not is_name(name)
    ):
        return None
    query = documents.text_of(query, extensions, None if query else asked.get("documentId"))
    if not query or operation_type(query, name) not in (OperationType.QUERY, OperationType.MUTATION):
        return None
    return PlainRequest(query, variables, name, extensions)


def is_name(name: object) -> bool:
    return name is None or (isinstance(name, str) and len(name) <= MAX_NAME_LENGTH)
