"""Settings of the GraphQL endpoint: what one request may ask for, which documents are trusted, what caches may keep."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

MAX_GRAPHQL_DEPTH = 100
"""Deeper documents are refused whatever is set, for the sake of the interpreter's stack."""


class GraphQLSettings(BaseSettings):
    """A part of `Settings`."""

    graphql_max_depth: Annotated[int, Field(ge=1, le=MAX_GRAPHQL_DEPTH)] = 15
    graphql_max_aliases: Annotated[int, Field(ge=0)] = 30
    graphql_max_directives: Annotated[int, Field(ge=0)] = 50
    graphql_max_duplicates: Annotated[int, Field(ge=0)] = 100
    graphql_max_fragments: Annotated[int, Field(ge=0)] = 50
    graphql_max_cost: Annotated[int, Field(ge=1)] = 5_000
    graphql_max_mutations: Annotated[int, Field(ge=1)] = 10
    graphql_timeout_s: Annotated[float, Field(gt=0)] = 10
    graphql_max_age_s: Annotated[int, Field(ge=0, le=86_400)] = 0
    trusted_documents: Literal["off", "accept", "require"] = "off"
    trusted_documents_path: Path | None = None

    @field_validator("trusted_documents_path", mode="before")
    @classmethod
    def _empty_path_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _check_documents(self) -> Self:
        if self.trusted_documents != "off" and self.trusted_documents_path is None:
            raise ValueError("GF_TRUSTED_DOCUMENTS_PATH must be set when GF_TRUSTED_DOCUMENTS is accept or require")
        return self
