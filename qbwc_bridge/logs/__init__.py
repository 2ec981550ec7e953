"""Logging: one line per event to standard error and to files, readable or JSON, without any secret.

Every module logs with the standard library's `logging`; `configure` decides once how that is shown. `about` and `note`
say what the lines of a call or step are about.
"""

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from qbwc_bridge.logs.context import about as about
from qbwc_bridge.logs.context import note as note
from qbwc_bridge.logs.context import noted
from qbwc_bridge.logs.files import LogFiles
from qbwc_bridge.logs.hiding import MAX_PLACES as MAX_PLACES
from qbwc_bridge.logs.hiding import hidden
from qbwc_bridge.logs.hiding import without_secrets as without_secrets
from qbwc_bridge.logs.hiding import without_values as without_values

FOLDER = "logs"
"""Of the files of a server, in the data folder."""

CHATTY = ("spyne", "httpx", "httpcore", "httpx2", "httpcore2", "waitress", "alembic", "sqlalchemy", "asyncio")
"""Libraries held at WARNING whatever the level: below it some of them write addresses, headers or whole requests."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else was given by `extra`, except what other formatters write into it."""


def configure(
    level: str,
    as_json: bool,  # noqa: FBT001 - the setting LOG_JSON
    *,
    stream: TextIO | None = None,
) -> None:
    """Show events of `level` (debug, info, warning, error) and above on standard error; may be called again.

    `stream` replaces standard error.
    """
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Stream)]:
        root.removeHandler(old)
    _add(_Stream(stream), Formatter(as_json=as_json))
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def kept_in(folder: Path, *, as_json: bool) -> Iterator[None]:
    """Write the same into files in `folder` too, inside the block."""
    handler = LogFiles(folder)
    _add(handler, Formatter(as_json=as_json))
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _add(handler: logging.Handler, formatter: logging.Formatter) -> None:
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


class Formatter(logging.Formatter):
    """Makes a line of an event: its time, level, place and sentence, then its facts, all without secrets."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._line = _json if as_json else _plain

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, with a trace below it where an exception goes along."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        extra = {name: value for name, value in vars(record).items() if name not in _OWN}
        event: dict[str, Any] = {
            **noted(),
            **extra,
            "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            event["stack"] = record.stack_info
        return self._line({name: hidden(name, value) for name, value in event.items()})


def _json(event: dict[str, Any]) -> str:
    return json.dumps(event, default=repr)


def _plain(event: dict[str, Any]) -> str:
    head = f"{event.pop('timestamp')} {event.pop('level').upper():7} {event.pop('logger')}: "
    text = str(event.pop("event"))
    trace = "".join(f"\n{event.pop(name)}" for name in ("exception", "stack") if name in event)
    facts = "".join(f" {name}={value!r}" for name, value in sorted(event.items()))
    # A line break in a text from outside must not look like an event of its own.
    return head + text.replace("\r", "\\r").replace("\n", "\\n") + facts + trace


class _Stream(logging.StreamHandler[TextIO]):
    """Writes to the given stream, or to whatever standard error is at that moment."""

    def __init__(self, stream: TextIO | None) -> None:
        self._given = stream
        super().__init__(stream)

    @property
    def stream(self) -> TextIO:
        return self._given or sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        """Leave it as it is: the base class sets it once more."""
