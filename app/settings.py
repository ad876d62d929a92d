"""Settings: everything that an operator may choose, read from the environment and `.env`."""

import json
import os
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.viewer import Role
from app.graphql_settings import GraphQLSettings
from app.image_settings import ImageSettings
from app.mail.settings import MailSettings
from app.overlay_settings import OverlaySettings
from app.plugin_settings import PluginSettings
from app.records.mongo.address import check_address
from app.storage_settings import StorageSettings

MIN_KEY_LENGTH = 32


class Settings(
    GraphQLSettings, StorageSettings, ImageSettings, MailSettings, OverlaySettings, PluginSettings, BaseSettings
):
    """Each field is `GF_` and its name in capitals. Lists are separated by commas."""

    model_config = SettingsConfigDict(env_prefix="GF_", env_file=".env", extra="ignore", frozen=True)

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    public_url: AnyHttpUrl | None = None
    media_url: AnyHttpUrl | None = None
    data_dir: Path = Path("data")
    admin_key: SecretStr | None = None
    signing_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    jwt_keys: Annotated[dict[str, SecretStr], NoDecode] = {}
    jwt_issuer: Annotated[str, Field(min_length=1)] = "gf-images"
    jwt_audience: Annotated[str, Field(min_length=1)] = "gf-images"
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    role_claim: Annotated[str, Field(min_length=1)] = "role"
    default_role: Role = Role.VIEWER
    local_roots: Annotated[tuple[Path, ...], NoDecode] = ()
    fetch_allow_cidrs: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    default_visibility: Literal["public", "private"] = "public"
    playground: bool | None = None
    introspection: bool | None = None
    metrics: bool = True
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    max_upload_bytes: Annotated[int, Field(ge=1)] = 40 * 1024 * 1024
    max_pixels: Annotated[int, Field(ge=1)] = 50_000_000
    max_side: Annotated[int, Field(ge=1)] = 20_000
    max_frames: Annotated[int, Field(ge=1)] = 500
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    quota_bytes: Annotated[int, Field(ge=0)] = 0
    quota_images: Annotated[int, Field(ge=0)] = 0
    quota_pending_uploads: Annotated[int, Field(ge=0)] = 10_000
    max_waiting_jobs: Annotated[int, Field(ge=0)] = 1_000
    max_waiting_jobs_of_user: Annotated[int, Field(ge=0)] = 100
    rate_limits: bool = True
    rate_read: Annotated[int, Field(ge=1)] = 12_000
    rate_write: Annotated[int, Field(ge=1)] = 6_000
    rate_upload: Annotated[int, Field(ge=1)] = 12_000
    rate_expensive: Annotated[int, Field(ge=1)] = 600
    audit_days: Annotated[int, Field(ge=0)] = 365
    models_dir: Path | None = None
    model: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("fetch_allow_cidrs", "trusted_proxies", mode="before")
    @classmethod
    def _parse_networks(cls, networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
        # Runs behind `_split`: the last of these validators in the text is the first to run.
        return tuple(ip_network(network) for network in networks)

    @field_validator(
        "signing_keys", "local_roots", "fetch_allow_cidrs", "allowed_origins", "trusted_proxies", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator(
        *("public_url", "media_url", "admin_key", "database_url", "redis_url", "oidc_issuer", "oidc_audience"),
        *("models_dir", "model"),
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("jwt_keys", mode="before")
    @classmethod
    def _parse_jwt_keys(cls, value: object) -> object:
        """Take `id:key,id:key`, or the same as a JSON object."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("{"):
            return json.loads(value)
        pairs = [part.strip().partition(":") for part in value.split(",") if part.strip()]
        return {key_id.strip(): key.strip() for key_id, _, key in pairs}

    @field_validator("jwt_keys")
    @classmethod
    def _check_jwt_keys(cls, keys: dict[str, SecretStr]) -> dict[str, SecretStr]:
        if any(not key_id or len(key.get_secret_value().encode()) < MIN_KEY_LENGTH for key_id, key in keys.items()):
            raise ValueError(f"each key must be given as id:key and have at least {MIN_KEY_LENGTH} bytes")
        return keys

    @field_validator("default_role", mode="before")
    @classmethod
    def _fold_role(cls, role: object) -> object:
        return role.upper() if isinstance(role, str) else role

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, issuer: str | None) -> str | None:
        if issuer is not None and not issuer.startswith(("https://", "http://")):
            raise ValueError("the issuer must be an http or https address")
        return issuer

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_address(url.get_secret_value())
        return url

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("the address must begin with redis://, rediss:// or unix://")
        return url

    @field_validator("local_roots")
    @classmethod
    def _resolve_roots(cls, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        for root in roots:
            if not root.is_absolute():
                raise ValueError(f"{str(root)!r} is not an absolute path")
        return tuple(root.resolve() for root in roots)

    @field_validator("admin_key")
    @classmethod
    def _check_admin_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < 8:
            raise ValueError("the key must have at least 8 characters")
        return key

    @field_validator("signing_keys")
    @classmethod
    def _check_signing_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < MIN_KEY_LENGTH for key in keys):
            raise ValueError(f"each key must have at least {MIN_KEY_LENGTH} characters")
        return keys

    @model_validator(mode="after")
    def _check_watermark(self) -> "Settings":
        if self.watermark is None:
            if "watermark" in self.plugins:
                raise ValueError("GF_WATERMARK must be set when GF_PLUGINS names watermark")
            for name, spec in self.presets.items():
                if spec.is_marked:
                    raise ValueError(f"GF_WATERMARK must be set for the preset {name!r}")
        return self

    @model_validator(mode="after")
    def _check_oidc(self) -> "Settings":
        if (self.oidc_issuer is None) != (self.oidc_audience is None):
            raise ValueError("GF_OIDC_ISSUER and GF_OIDC_AUDIENCE must be set together")
        return self

    @model_validator(mode="after")
    def _check_production(self) -> "Settings":
        if self.env == "production":
            if self.admin_key is None:
                raise ValueError("GF_ADMIN_KEY must be set when GF_ENV is production")
            if len(self.admin_key.get_secret_value()) < MIN_KEY_LENGTH:
                raise ValueError(f"GF_ADMIN_KEY must have at least {MIN_KEY_LENGTH} characters in production")
        return self

    @property
    def is_development(self) -> bool:
        return self.env == "development"

    @property
    def has_playground(self) -> bool:
        return self.is_development if self.playground is None else self.playground

    @property
    def has_introspection(self) -> bool:
        return self.is_development if self.introspection is None else self.introspection

    @property
    def listens_on_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
