"""The plans that SQLite makes for the statements of a call."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.records.sqlite.database import SqliteRecords
from app.records.sqlite.functions import FUNCTIONS

PACKING = ("CO-ROUTINE page", "SCAN page")
"""The steps that make one text of the rows of a page, whatever page it is."""


async def explain(records: SqliteRecords, path: Path, call: Callable[[], Awaitable[object]]) -> list[str]:
    """Return the steps of the plan of each statement that a call runs."""
    statements: list[str] = []
    connections = (records.database.writer, *records.database.readers)
    for connection in connections:
        await connection.set_trace_callback(statements.append)
    await call()
    for connection in connections:
        await connection.set_trace_callback(None)
    inspector = sqlite3.connect(path)
    for name, count, function in FUNCTIONS:
        inspector.create_function(name, count, function)
    plans = []
    for statement in statements:
        if re.match(r"\s*(SELECT|UPDATE|INSERT|DELETE|WITH)", statement):
            steps = [row[3] for row in inspector.execute(f"EXPLAIN QUERY PLAN {statement}")]
            plans += [step for step in steps if step not in PACKING]
    inspector.close()
    return plans


def whole_scans(plan: list[str]) -> list[str]:
    """Return the steps that go through all rows of something, but for JSON arrays and what was selected already."""
    small = r"(json_each|asked|near) VIRTUAL TABLE INDEX 1:|\(subquery-\d+\)|CONSTANT ROW"
    few = "last|head|failed|tried|main.image_search_config"
    by_words = r"image_search VIRTUAL TABLE INDEX \S*M\S*"
    in_order = r"\w+ USING (COVERING )?INDEX \w+"
    return [
        step
        for step in plan
        if step.startswith("SCAN") and not re.fullmatch(f"SCAN ({small}|{few}|{by_words}|{in_order})", step)
    ]
