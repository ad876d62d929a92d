"""The command line, and beside it a list of every path that Python opens: in the file that OPENED_PATHS names."""

import os
import sys

from app.cli import main

LISTED = os.open(os.environ["OPENED_PATHS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _list(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("open", "os.listdir", "os.scandir"):
        path = arguments[0]
        os.write(LISTED, (os.fsdecode(path) if isinstance(path, str | bytes) else str(path)).encode() + b"\n")


if __name__ == "__main__":
    sys.addaudithook(_list)
    main()
