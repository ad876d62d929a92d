"""Trusted documents: operations that the operator has published, which clients name by the SHA-256 of their text.

A request names one as the specification does (https://graphql.github.io/graphql-over-http/draft/, appendix A:
`documentId: "sha256:…"`), or as Apollo's and urql's clients do (`extensions.persistedQuery.sha256Hash`). The text
that goes with it is none, or empty, for clients of graphql-ws must send one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graphql import GraphQLError, parse

from app.domain.error_code import ErrorCode
from app.domain.errors import InvalidInput
from app.graphql_settings import GraphQLSettings

ID_PREFIX = "sha256:"
DOCUMENT_SUFFIXES = (".graphql", ".gql")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """Finds the text of a document by its hash, and keeps texts out that are not trusted.

    Args:
        policy: `off` knows no hashes, `accept` takes other texts, too, `require` takes none.
        texts: By their SHA-256, in lower-case hex.
    """

    policy: Literal["off", "accept", "require"] = "off"
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: GraphQLSettings) -> TrustedDocuments:
        """Raises: InvalidInput when the documents cannot be read."""
        path = settings.trusted_documents_path
        if settings.trusted_documents == "off" or path is None:
            return cls()
        return cls(settings.trusted_documents, read_documents(path))

    def text_of(self, query: str | None, extensions: Mapping[str, object] | None, document_id: object) -> str | None:
        """Return the text that a request asks for; None when it names none at all.

        Raises:
            GraphQLError: With the code PERSISTED_QUERY_NOT_SUPPORTED, PERSISTED_QUERY_NOT_FOUND, DOCUMENT_NOT_TRUSTED,
                or INVALID_INPUT when text and hash do not belong together.
        """
        named = hash_of(extensions, document_id)
        if not query:
            return None if named is None else self._find(named)
        if self.policy == "off" or (self.policy == "accept" and named is None):
            return query
        actual = hashlib.sha256(query.encode()).hexdigest()
        if named is not None and named != actual:
            raise _refusal(ErrorCode.INVALID_INPUT, "The hash is not that of the query.")
        if self.policy == "require" and actual not in self.texts:
            raise _refusal(ErrorCode.DOCUMENT_NOT_TRUSTED, "Only documents that were published here are executed.")
        return query

    def _find(self, named: str) -> str:
        # Both messages are what clients look for, to the letter.
        if self.policy == "off":
            raise _refusal(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
        if named not in self.texts:
            raise _refusal(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
        return self.texts[named]


def hash_of(extensions: Mapping[str, object] | None, document_id: object) -> str | None:
    """Return the hash by which a request names its document; None when it names none."""
    if isinstance(document_id, str):
        return document_id.removeprefix(ID_PREFIX).lower()
    persisted = (extensions or {}).get("persistedQuery")
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return named.lower() if isinstance(named, str) else None


def read_documents(path: Path) -> dict[str, str]:
    """Return the documents of a manifest, or of a folder with manifests (`.json`) and documents (`.graphql`).

    A manifest is an object of texts by their hash, as Relay's compiler and GraphQL Code Generator write it, or Apollo's
    `apollo-persisted-query-manifest`.

    Raises:
        InvalidInput: Something cannot be read, is no document, or has another hash than it says.
    """
    try:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        texts = dict(pair for file in files for pair in _read_file(file))
    except (OSError, UnicodeError) as error:
        raise InvalidInput(f"The trusted documents at {str(path)!r} cannot be read: {error}.") from error
    if not texts:
        raise InvalidInput(f"There is no trusted document at {str(path)!r}.")
    return texts


def _read_file(file: Path) -> Iterator[tuple[str, str]]:
    if file.suffix in DOCUMENT_SUFFIXES:
        text = file.read_text(encoding="utf-8")
        yield _checked(file, hashlib.sha256(text.encode()).hexdigest(), text)
    elif file.suffix == ".json":
        for named, text in _read_manifest(file):
            yield _checked(file, named.removeprefix(ID_PREFIX).lower(), text)


def _read_manifest(file: Path) -> Iterator[tuple[str, str]]:
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if manifest.get("format") == "apollo-persisted-query-manifest":
            yield from ((operation["id"], operation["body"]) for operation in manifest["operations"])
        else:
            yield from manifest.items()
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise InvalidInput(f"{str(file)!r} is no manifest of documents.") from error


def _checked(file: Path, named: str, text: object) -> tuple[str, str]:
    """Return a hash and its document. Raises: InvalidInput."""
    if not isinstance(text, str) or not _HASH.fullmatch(named) or hashlib.sha256(text.encode()).hexdigest() != named:
        raise InvalidInput(f"In {str(file)!r}, {named[:80]!r} is not the SHA-256 of its document.")
    try:
        parse(text)
    except GraphQLError as error:
        raise InvalidInput(f"In {str(file)!r}, {named[:12]}… is no GraphQL document: {error.message}") from error
    return named, text


def _refusal(code: ErrorCode, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
