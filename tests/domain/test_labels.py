"""Labels: their order, their names, and scores that callers give."""

import math

import pytest

from app.domain.errors import InvalidInput
from app.domain.label import Label, best_first, check_min_score, label_name, names_of
from tests.records.record_factories import NOW


def make_label(name: str, score: float, model: str = "m") -> Label:
    return Label(name, score, model, "1", NOW)


def test_the_surest_label_comes_first() -> None:
    labels = [make_label("b", 0.5), make_label("c", 0.75), make_label("a", 0.5, "n"), make_label("a", 0.5, "m")]

    assert [(label.name, label.model) for label in best_first(labels)] == [
        ("c", "m"),
        ("a", "m"),
        ("a", "n"),
        ("b", "m"),
    ]


def test_names_are_told_once() -> None:
    assert names_of([make_label("b", 0.5), make_label("a", 0.25), make_label("a", 0.75)]) == ("a", "b")


def test_names_are_looked_for_as_they_are_kept() -> None:
    assert label_name(" Golden Retriever ") == "golden retriever"


@pytest.mark.parametrize(("label", "score"), [("cat", 1.01), ("cat", -0.01), ("cat", math.nan), (None, 0.5)])
def test_refuses_scores_that_mean_nothing(label: str | None, score: float) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_min_score(label, score)

    assert refusal.value.field == ("minLabelScore",)
