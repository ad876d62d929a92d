"""Words: what a text is found by, and what a search asks for."""

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from app.domain.errors import InvalidInput

MAX_SEARCH_LENGTH = 256
MAX_SEARCH_WORDS = 16

_MARKS = 200
"""The first canonical combining class of marks that stand above or below their letter: accents, not vowels."""

_WRITTEN_TOGETHER = (("\u3040", "\u30ff"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\U00020000", "\U000323af"))
"""Kana and Han: nothing between two words tells where one ends, so each character is a word."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, each once: without case and accents, compatibility forms made plain.

    Letters, digits and marks make words (Unicode Standard Annex 29 in short); all else stands between them.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = (character for character in plain if unicodedata.combining(character) < _MARKS)
    return tuple(dict.fromkeys(_split(kept)))


def searched_words(text: str) -> tuple[str, ...]:
    """Return the words that all must be there; none, when the text has none, and then everything is found.

    Raises:
        InvalidInput: The text is too long, or has too many words.
    """
    if len(text) > MAX_SEARCH_LENGTH:
        raise InvalidInput(
            f"The search has {len(text)} characters; at most {MAX_SEARCH_LENGTH} are allowed.",
            field=("filter", "search"),
        )
    words = words_of(text)
    if len(words) > MAX_SEARCH_WORDS:
        raise InvalidInput(
            f"The search has {len(words)} words; at most {MAX_SEARCH_WORDS} are allowed.", field=("filter", "search")
        )
    return words


def _split(characters: Iterable[str]) -> Iterator[str]:
    for kind, group in groupby(characters, _kind):
        if kind == "together":
            yield from group
        elif kind == "word":
            yield "".join(group)


def _kind(character: str) -> str:
    if any(first <= character <= last for first, last in _WRITTEN_TOGETHER):
        return "together"
    return "word" if unicodedata.category(character)[0] in "LNM" else "between"
