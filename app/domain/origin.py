"""Where an image from outside comes from."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.domain.errors import InvalidInput

MAX_URL_LENGTH = 2_048
MAX_AT_ONE_HOST = 2
"""Fetches that ask the same host at once."""

_PAGE = re.compile(r"https?://[^\x00-\x20\x7f]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """The address of the bytes, as it was given, and that of the page which showed them."""

    url: str
    page_url: str | None = None

    @property
    def host(self) -> str:
        """Whom a fetch will ask, in lower case; empty when the address names nobody."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


def clean_origin(origin: Origin, *, field: tuple[str, ...]) -> Origin:
    """Return the origin trimmed. Whether its address may be asked is judged when that is done.

    Raises:
        InvalidInput: An address is empty or too long, or that of the page is not http or https.
    """
    url, page_url = origin.url.strip(), (origin.page_url or "").strip() or None
    if not 1 <= len(url) <= MAX_URL_LENGTH:
        raise InvalidInput(
            f"The address has {len(url)} characters; 1 to {MAX_URL_LENGTH} are allowed.", field=(*field, "url")
        )
    if page_url is not None and (len(page_url) > MAX_URL_LENGTH or not _PAGE.fullmatch(page_url)):
        raise InvalidInput(
            f"The page's address is not http or https, or longer than {MAX_URL_LENGTH} characters.",
            field=(*field, "pageUrl"),
        )
    return Origin(url, page_url)
