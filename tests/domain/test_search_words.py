"""The words of a text, by which images are found."""

import pytest

from app.domain.errors import InvalidInput
from app.domain.search import MAX_SEARCH_LENGTH, searched_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" -!_ ", ()),
        ("Sunset_at-the Harbour.JPG", ("sunset", "at", "the", "harbour", "jpg")),
        ("sea Sea SEA", ("sea",)),
        ("Müller & Söhne", ("muller", "sohne")),
        ("Mu\u0308ller", ("muller",)),
        ("Straße \ufb01ne \uff12\uff10", ("strasse", "fine", "20")),
        ("ΕΛΛΆΣ", ("ελλασ",)),
        ("東京タワー 2024", ("東", "京", "タ", "ワ", "ー", "2024")),
        ("हिन्दी", ("हिन्दी",)),
        ("x\x00y", ("x", "y")),
    ],
)
def test_splits_and_folds(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_words_are_words_by_themselves() -> None:
    text = "Ünïcödé ŉ İstanbul ẞ 東京 हिन्दी ½ ﷺ"

    assert words_of(" ".join(words_of(text))) == words_of(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a" * (MAX_SEARCH_LENGTH + 1), "The search has 257 characters; at most 256 are allowed."),
        (" ".join(map(str, range(17))), "The search has 17 words; at most 16 are allowed."),
    ],
)
def test_refuses_searches_without_measure(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        searched_words(text)
