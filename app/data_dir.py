"""The data folder: where the embedded parts live, and the secrets that are made at first start."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.domain.keys import new_secret


@dataclass(frozen=True, slots=True)
class DataDir:
    root: Path

    @property
    def database(self) -> Path:
        return self.root / "gf-images.sqlite"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def spool(self) -> Path:
        """Where bytes wait on their way to, or from, a store on another machine."""
        return self.root / "spool"

    @property
    def locks(self) -> Path:
        """Where processes that share the folder wait for each other."""
        return self.root / "locks"

    def create(self) -> None:
        """Make the folder, for its owner alone."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def signing_key(self) -> str:
        """Return the key of signed addresses; it is made the first time."""
        return _load_or_make(self.root / "signing.key", secrets.token_urlsafe(48))[0]

    def admin_key(self) -> tuple[str, bool]:
        """Return the first admin's key, and whether it was made just now."""
        return _load_or_make(self.root / "admin.key", new_secret())

    @contextmanager
    def presence(self) -> Iterator["Presence"]:
        """Be known as one who works on what is in the folder, until the block is left or the process is dead."""
        with (self.root / "workers.lock").open("w") as file:
            yield Presence(file)


@dataclass(frozen=True, slots=True)
class Presence:
    """A lock that all who work share; the system takes it from the dead."""

    file: IO[str]

    def is_alone(self) -> bool:
        """Tell whether nobody else works; if so, nobody else begins to before `share` is called."""
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def share(self) -> None:
        """Begin to work; wait for one who is finding out whether it is alone."""
        fcntl.flock(self.file, fcntl.LOCK_SH)


def _load_or_make(path: Path, value: str) -> tuple[str, bool]:
    """Return what the file holds and False; or keep the value in it, mode 0600, and return it and True.

    The file appears whole or not at all, and only one of many processes makes it.
    """
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(
                os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
            ) as file:
                file.write(value + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)
        except FileExistsError:
            pass
        else:
            return value, True
        finally:
            temporary.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip(), False
