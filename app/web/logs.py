"""Logs: one line for each event on standard error, facts as `name=value`."""

import logging
import sys

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class LineFormatter(logging.Formatter):
    """Time, level, logger, message, and what the caller gave as `extra`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's own name
        facts = [f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD]
        return " ".join([super().formatMessage(record), *facts])


def _without_traceback(record: logging.LogRecord) -> bool:
    """Take the traceback off what only says that a client sent a frame of bad UTF-8, which closes its socket."""
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info = None
    return True


def configure_logging(level: str) -> None:
    """Send the logs of everything to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLogger().level))
    logging.getLogger("uvicorn.error").addFilter(_without_traceback)
    logging.getLogger("strawberry").setLevel(logging.ERROR)
    logging.getLogger("httpcore").setLevel(logging.WARNING)  # it would tell whole requests, and strangers' answers
