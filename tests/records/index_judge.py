"""Judges whether the queries of the MongoDB adapter are served by the indexes that its documents declare.

mongomock plans nothing, so this reads each query as it is asked, by the rule of MongoDB: the fields that are
given first, then those of the order, then those with bounds
(https://www.mongodb.com/docs/manual/tutorial/equality-sort-range-rule/).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from pymongo import IndexModel

from app.records.mongo.collections import Collections

Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]
Index = tuple[str, ...]
Indexes = Mapping[str, Sequence[Index]]

COARSE = frozenset(
    {
        *("state", "format", "kind", "is_deleted", "is_public", "is_open", "died_at", "door", "outcome"),
        *("priority", "mail_state", "revoked_at", "version", "frame_count"),
    }
)
"""Fields of few values: they need not lead an index when something else narrows a query down."""

NARROW = frozenset({"_id", "sha256", "request_id", "origin.url"})
"""Fields that few documents have alike: these may be sorted as they are found."""

SORTED_IN_MEMORY = {("images", "title"), ("images", "byte_size")}
"""Orders that are made of what a flow, tag, label or word holds: with an index for each of them every write of an image
would cost eight more."""

_GIVEN = frozenset({"$eq", "$in", "$all"})
_BOUNDS = frozenset({"$gt", "$gte", "$lt", "$lte"})


@dataclass(frozen=True, slots=True)
class Conditions:
    """Fields that are given, of which each may be one of several values, and fields with bounds."""

    given: frozenset[str] = frozenset()
    bounded: frozenset[str] = frozenset()

    def __or__(self, other: "Conditions") -> "Conditions":
        return Conditions(self.given | other.given, self.bounded | other.bounded)

    @property
    def telling(self) -> frozenset[str]:
        return self.given - COARSE


def indexes_of(collections: Collections) -> dict[str, list[Index]]:
    """Return the declared indexes by collection, and that of the id, which each has."""
    return {
        table.document.get_settings().name: [("_id",), *(_fields(index.index) for index in _declared(table.document))]
        for table in collections.tables
    }


def find_fault(indexes: Sequence[Index], name: str, query: Filter, sort: Sort = ()) -> str | None:
    """Return why a query is not served; None when it is."""
    for conditions in alternatives(query):
        if not any(_serves(index, conditions, sort, (name, sort[0][0]) if sort else None) for index in indexes):
            return f"{name}: {dict(query)} in the order {list(sort)}"
    return None


def alternatives(query: Filter) -> Iterator[Conditions]:
    """Yield what is asked for, once for each way to choose one branch of every `$or`."""
    choices: list[list[Conditions]] = []
    for key, value in query.items():
        if key == "$and":
            choices += [list(alternatives(part)) for part in value]
        elif key == "$or":
            choices.append([each for part in value for each in alternatives(part)])
        elif not key.startswith("$"):
            choices.append([_conditions_of(key, value)])
    for chosen in product(*choices):
        whole = Conditions()
        for each in chosen:
            whole |= each
        yield whole


def _conditions_of(key: str, value: object) -> Conditions:
    if not isinstance(value, Mapping) or not any(operator.startswith("$") for operator in value):
        return Conditions(given=frozenset({key}))
    if "$elemMatch" in value:
        [inner] = alternatives({f"{key}.{part}": wanted for part, wanted in value["$elemMatch"].items()})
        return inner
    given, bounded = ({key} if kind & value.keys() else set() for kind in (_GIVEN, _BOUNDS))
    return Conditions(frozenset(given), frozenset(bounded))


def _serves(index: Index, asked: Conditions, sort: Sort, order: tuple[str, str] | None) -> bool:
    if index[0] in asked.given & NARROW:
        return True
    led = _leading(index, asked.given)
    is_narrow = bool(set(index[:led]) & asked.telling) or not asked.telling
    is_bound = led > 0 or index[0] in asked.bounded
    if not sort:
        return is_bound and (is_narrow or index[0] in asked.bounded)
    fields = [each for each, _ in sort if each not in index[:led]]
    in_order = len({direction for _, direction in sort}) == 1 and list(index[led : led + len(fields)]) == fields
    return is_narrow and (in_order or (order in SORTED_IN_MEMORY and is_bound))


def _leading(index: Index, given: frozenset[str]) -> int:
    """Return how many fields at the start of an index are given."""
    return next((place for place, name in enumerate(index) if name not in given), len(index))


def _declared(document: Any) -> list[Any]:
    return list(document.get_settings().indexes)


def _fields(index: IndexModel) -> Index:
    return tuple(index.document["key"])


@dataclass(slots=True)
class Judge:
    """Attributes:
    indexes: By collection; of others nothing is judged.
    """

    indexes: dict[str, list[Index]] = field(default_factory=dict)
    asked: int = 0
    faults: list[str] = field(default_factory=list)

    def hear(self, name: str, query: Filter, sort: Sort = ()) -> None:
        if name in self.indexes:
            self.asked += 1
            fault = find_fault(self.indexes[name], name, query, sort)
            if fault is not None and fault not in self.faults:
                self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class JudgedCollection:
    """A collection of mongomock, whose every query a judge hears first."""

    collection: Any
    judge: Judge

    def __getattr__(self, name: str) -> Any:
        return getattr(self.collection, name)

    def find(self, query: Filter | None = None, *arguments: Any, **options: Any) -> Any:
        asked = options.get("filter", query) or {}
        self.judge.hear(self.collection.name, asked, options.get("sort") or ())
        given = () if query is None else (query,)
        return self.collection.find(*given, *arguments, **options)

    def aggregate(self, pipeline: Sequence[Filter], **options: Any) -> Any:
        self.judge.hear(self.collection.name, pipeline[0].get("$match", {}))
        return self.collection.aggregate(pipeline, **options)

    def find_one_and_update(self, query: Filter, update: Any, **options: Any) -> Any:
        self.judge.hear(self.collection.name, query, options.get("sort") or ())
        return self.collection.find_one_and_update(query, update, **options)

    def find_one_and_delete(self, query: Filter, **options: Any) -> Any:
        self.judge.hear(self.collection.name, query)
        return self.collection.find_one_and_delete(query, **options)

    def count_documents(self, query: Filter, **options: Any) -> Any:
        self.judge.hear(self.collection.name, query)
        return self.collection.count_documents(query, **options)

    def update_many(self, query: Filter, update: Any, **options: Any) -> Any:
        self.judge.hear(self.collection.name, query)
        return self.collection.update_many(query, update, **options)

    def delete_many(self, query: Filter, **options: Any) -> Any:
        self.judge.hear(self.collection.name, query)
        return self.collection.delete_many(query, **options)


@dataclass(frozen=True, slots=True)
class JudgedDatabase:
    database: Any
    judge: Judge

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    def __getitem__(self, name: str) -> JudgedCollection:
        return JudgedCollection(self.database[name], self.judge)
