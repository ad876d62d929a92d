"""The commands of a stand-in for MongoDB: what a driver asks over the wire, answered by mongomock.

It is no MongoDB: it plans nothing, keeps all in memory, knows one node and one thread. What it knows of the language is
what mongomock does, and an index of it is a check of uniqueness. It stands in for a server only in what drivers do:
sockets, BSON, cursors, time-outs, and being cut off, frozen and killed.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import mongomock
from bson import Int64
from mongomock.collection import Collection
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError, WriteError

Command = dict[str, Any]
Answer = dict[str, Any]

FIRST_BATCH = 101
"""Documents that the first answer to a query has at most, as a server does when nothing is asked."""

WRITES = frozenset({"insert", "update", "delete", "findAndModify", "createIndexes", "dropDatabase"})
"""Commands that change something."""

_OPTIONS_OF_INDEX = ("unique", "sparse", "name")


@dataclass
class StandIn:
    """All databases of one server, and the cursors that are open."""

    client: mongomock.MongoClient = field(default_factory=mongomock.MongoClient)
    cursors: dict[int, tuple[str, Iterator[Any]]] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1_000))

    def run(self, command: Command) -> Answer:
        """Return the answer to a command; failures are answers, too."""
        name = next(iter(command))
        answer = _ANSWERS.get(name)
        if answer is None:
            return {"ok": 0.0, "errmsg": f"no such command: {name!r}", "code": 59, "codeName": "CommandNotFound"}
        try:
            return {**answer(self, command), "ok": 1.0}
        except PyMongoError as error:
            return {"ok": 0.0, **_failure(error)}
        except NotImplementedError as error:
            return {
                "ok": 0.0,
                "errmsg": f"the stand-in knows no {error}",
                "code": 115,
                "codeName": "CommandNotSupported",
            }

    def collection(self, command: Command) -> Collection:
        return self.client[command["$db"]][command[next(iter(command))]]

    def open(self, namespace: str, rows: Iterator[Any], size: int | None, *, first: bool = True) -> Answer:
        """Return a batch, and keep a cursor when there is more."""
        batch = list(itertools.islice(rows, FIRST_BATCH if size is None else size))
        rest = list(itertools.islice(rows, 1))
        cursor_id = next(self.ids) if rest else 0
        if rest:
            self.cursors[cursor_id] = (namespace, itertools.chain(rest, rows))
        return {"cursor": {"id": Int64(cursor_id), "ns": namespace, "firstBatch" if first else "nextBatch": batch}}


def _hello(_: StandIn, __: Command) -> Answer:
    return {
        "isWritablePrimary": True,
        "ismaster": True,
        "helloOk": True,
        "maxBsonObjectSize": 16 * 1024**2,
        "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 100_000,
        "localTime": datetime.now(UTC),
        "connectionId": 1,
        "minWireVersion": 0,
        "maxWireVersion": 21,
        "readOnly": False,
    }


def _build_info(_: StandIn, __: Command) -> Answer:
    return {"version": "7.0.0", "versionArray": [7, 0, 0, 0]}


def _nothing(_: StandIn, __: Command) -> Answer:
    return {}


def _insert(server: StandIn, command: Command) -> Answer:
    collection = server.collection(command)
    return _each(
        command["documents"], lambda row: bool(collection.insert_one(row)), ordered=command.get("ordered", True)
    )


def _update(server: StandIn, command: Command) -> Answer:
    collection, changed, upserted = server.collection(command), 0, []

    def update(one: Command) -> int:
        nonlocal changed
        write = collection.update_many if one.get("multi") else collection.update_one
        result = write(one["q"], one["u"], upsert=one.get("upsert", False))
        changed += result.modified_count
        if result.upserted_id is not None:
            upserted.append({"index": 0, "_id": result.upserted_id})
        return result.matched_count + (result.upserted_id is not None)

    answer = _each(command["updates"], update, ordered=command.get("ordered", True))
    return {**answer, "nModified": changed, **({"upserted": upserted} if upserted else {})}


def _delete(server: StandIn, command: Command) -> Answer:
    collection = server.collection(command)

    def delete(one: Command) -> int:
        remove = collection.delete_one if one.get("limit") == 1 else collection.delete_many
        return int(remove(one["q"]).deleted_count)

    return _each(command["deletes"], delete, ordered=command.get("ordered", True))


def _find(server: StandIn, command: Command) -> Answer:
    rows = server.collection(command).find(command.get("filter", {}), command.get("projection"))
    if command.get("sort"):
        rows = rows.sort(list(command["sort"].items()))
    rows = rows.skip(command.get("skip", 0)).limit(abs(command.get("limit", 0)))
    return server.open(_namespace(command), iter(list(rows)), command.get("batchSize"))


def _get_more(server: StandIn, command: Command) -> Answer:
    if command["getMore"] not in server.cursors:
        return {"errmsg": "cursor not found", "code": 43}
    namespace, rows = server.cursors.pop(command["getMore"])
    return server.open(namespace, rows, command.get("batchSize", 1_000), first=False)


def _kill_cursors(server: StandIn, command: Command) -> Answer:
    for cursor_id in command["cursors"]:
        server.cursors.pop(cursor_id, None)
    return {"cursorsKilled": command["cursors"]}


def _aggregate(server: StandIn, command: Command) -> Answer:
    rows = list(server.collection(command).aggregate(command["pipeline"]))
    return server.open(_namespace(command), iter(rows), command.get("cursor", {}).get("batchSize"))


def _count(server: StandIn, command: Command) -> Answer:
    return {"n": server.collection(command).count_documents(command.get("query", {}))}


def _find_and_modify(server: StandIn, command: Command) -> Answer:
    collection, query = server.collection(command), command["query"]
    options: dict[str, Any] = {"sort": list(command["sort"].items())} if command.get("sort") else {}
    if command.get("remove"):
        row = collection.find_one_and_delete(query, **options)
    else:
        options |= {"return_document": bool(command.get("new")), "upsert": command.get("upsert", False)}
        row = collection.find_one_and_update(query, command["update"], **options)
    return {"value": row, "lastErrorObject": {"n": int(row is not None), "updatedExisting": row is not None}}


def _create_indexes(server: StandIn, command: Command) -> Answer:
    for index in command["indexes"]:
        options = {name: index[name] for name in _OPTIONS_OF_INDEX if name in index}
        server.collection(command).create_index(list(index["key"].items()), **options)
    return {}


def _list_indexes(server: StandIn, command: Command) -> Answer:
    indexes = server.collection(command).index_information().items()
    rows = [{"v": 2, "name": name, "key": dict(index["key"])} for name, index in indexes]
    return server.open(_namespace(command), iter(rows), None)


def _drop_database(server: StandIn, command: Command) -> Answer:
    server.client.drop_database(command["$db"])
    return {}


def _each(writes: list[Command], write: Callable[[Command], int], *, ordered: bool) -> Answer:
    """Make one write after the other, and answer with how many documents they found and which failed."""
    count, errors = 0, []
    for index, one in enumerate(writes):
        try:
            count += write(one)
        except (DuplicateKeyError, WriteError) as error:
            errors.append({"index": index, **_failure(error)})
            if ordered:
                break
    return {"n": count, **({"writeErrors": errors} if errors else {})}


def _failure(error: PyMongoError) -> Answer:
    code = error.code if isinstance(error, OperationFailure) else None
    if isinstance(error, DuplicateKeyError):
        code = 11000
    return {"errmsg": str(error), "code": code or 8}


def _namespace(command: Command) -> str:
    return f"{command['$db']}.{command[next(iter(command))]}"


_ANSWERS: dict[str, Callable[[StandIn, Command], Answer]] = {
    "hello": _hello,
    "isMaster": _hello,
    "ismaster": _hello,
    "ping": _nothing,
    "buildInfo": _build_info,
    "endSessions": _nothing,
    "insert": _insert,
    "update": _update,
    "delete": _delete,
    "find": _find,
    "getMore": _get_more,
    "killCursors": _kill_cursors,
    "aggregate": _aggregate,
    "count": _count,
    "findAndModify": _find_and_modify,
    "createIndexes": _create_indexes,
    "listIndexes": _list_indexes,
    "dropDatabase": _drop_database,
}
