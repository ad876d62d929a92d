"""The functions that the triggers of the search index call, which each connection must have."""

from typing import Final

from app.domain.search import words_of


def search_words(text: str | None) -> str:
    """Return the words of a text with spaces between."""
    return " ".join(words_of(text or ""))


def rank_words(title: str | None, tags: str | None, others: str | None) -> str:
    """Return each word once, behind the digit of the best of the three that has it, with spaces between."""
    ranks: dict[str, int] = {}
    for rank, text in enumerate((title, tags, others)):
        for word in words_of(text or ""):
            ranks.setdefault(word, rank)
    return " ".join(f"{rank}{word}" for word, rank in ranks.items())


FUNCTIONS: Final = (("search_words", 1, search_words), ("rank_words", 3, rank_words))
"""Name, count of arguments, and what is called. The same arguments always give the same answer."""
