"""Parts that documents of several collections have."""

from pydantic import BaseModel, ConfigDict

from app.domain.error_code import ErrorCode
from app.domain.job import ItemError
from app.domain.origin import Origin


class Part(BaseModel):
    """Something inside a document."""

    model_config = ConfigDict(frozen=True)


class ErrorPart(Part):
    code: str
    message: str


class OriginPart(Part):
    url: str
    page_url: str | None = None


def error_part(error: ItemError | None) -> ErrorPart | None:
    return None if error is None else ErrorPart(code=error.code.value, message=error.message)


def error_of(part: ErrorPart | None) -> ItemError | None:
    return None if part is None else ItemError(ErrorCode(part.code), part.message)


def origin_part(origin: Origin | None) -> OriginPart | None:
    return None if origin is None else OriginPart(url=origin.url, page_url=origin.page_url)


def origin_of(part: OriginPart | None) -> Origin | None:
    return None if part is None else Origin(part.url, part.page_url)
