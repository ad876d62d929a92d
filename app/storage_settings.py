"""Settings of the stores that keep objects."""

from typing import Annotated, Literal, Self

from pydantic import AnyHttpUrl, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

StoreName = Literal["local", "s3", "ipfs"]


class StorageSettings(BaseSettings):
    """A part of `Settings`. The keys of an S3 account come from where AWS's own tools find them."""

    storage: Annotated[tuple[StoreName, ...], NoDecode, Field(min_length=1)] = ("local",)
    scrub_bytes_per_s: Annotated[int, Field(ge=0)] = 1024 * 1024
    scrub_days: Annotated[int, Field(ge=1)] = 30
    s3_bucket: str | None = None
    s3_region: str = "us-east-1"
    s3_endpoint_url: AnyHttpUrl | None = None
    s3_public_url: AnyHttpUrl | None = None
    ipfs_api_url: AnyHttpUrl | None = None
    ipfs_gateway_url: AnyHttpUrl | None = None
    ipfs_folder: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$", max_length=200)] = "/gf-images"

    @field_validator("storage", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value

    @field_validator("storage")
    @classmethod
    def _check_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice!r} is named twice")
        return names

    @field_validator("s3_bucket", "s3_endpoint_url", "s3_public_url", "ipfs_api_url", "ipfs_gateway_url", mode="before")
    @classmethod
    def _empty_place_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _check_storage(self) -> Self:
        if "s3" in self.storage and self.s3_bucket is None:
            raise ValueError("GF_S3_BUCKET must be set when GF_STORAGE names s3")
        if "ipfs" in self.storage and self.ipfs_api_url is None:
            raise ValueError("GF_IPFS_API_URL must be set when GF_STORAGE names ipfs")
        return self
