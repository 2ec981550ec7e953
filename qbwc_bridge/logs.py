"""Logging: one line per event to standard error, readable or JSON, without any secret.

Every module logs with the standard library's `logging`; `configure` decides once how that is shown.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = "[hidden]"

CHATTY = ("spyne", "httpx", "httpcore", "httpx2", "httpcore2", "waitress", "alembic", "sqlalchemy", "asyncio")
"""Libraries held at WARNING whatever the level: below it some of them write addresses, headers or whole requests."""

MAX_CAUSES = 5
"""How many exceptions of a chain are told."""
MAX_PLACES = 20
"""How many places of one exception are told, the innermost ones: endless recursion passes a thousand."""

_SECRET_NAME = re.compile(
    r"passw|secret|token|ticket|authorization|cookie|credential|api_?key|smtp_url|database_url", re.IGNORECASE
)
_SECRET_TEXTS = (
    re.compile(r"(?i)(\b(?:basic|bearer)\s+)[A-Za-z0-9+/=._~-]{6,}()"),
    re.compile(r"(://[^\s/:@]*:)[^\s/@]+(@)"),
    re.compile(r"(?i)(<(?:\w+:)?(?:strpassword|ticket|password)>)[^<]*(<)"),
    re.compile(r"""(?i)(\b\w*(?:password|secret|token|ticket|api_?key)\b["']?\s*[=:]\s*["']?)[^\s"'&,;<>)}\]]+()"""),
)


def configure(level: str, as_json: bool, *, stream: TextIO | None = None) -> None:  # noqa: FBT001 - the setting LOG_JSON
    """Show events of `level` (debug, info, warning, error) and above on standard error; may be called again.

    `stream` replaces standard error.
    """
    renderer: Any = structlog.processors.JSONRenderer() if as_json else _line
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _without_twice_told,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
    )
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide fields whose names say that they are secret, and secrets that stand in texts with their names."""
    return {key: _hidden(key, value) for key, value in event.items()}


def without_secrets(text: str) -> str:
    """Hide what a text itself calls a password, secret, token or ticket, and passwords in addresses."""
    for pattern in _SECRET_TEXTS:
        text = pattern.sub(rf"\g<1>{HIDDEN}\g<2>", text)
    return text


def without_values(error: BaseException) -> str:
    """Tell in one line the kinds of an exception and its causes and the places they passed.

    No message, which may quote a secret, and no path of this machine.
    """
    told: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < MAX_CAUSES:
        places = [
            f"{frame.f_globals.get('__name__')}:{line} in {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(cause.__traceback__)
        ]
        kind = f"{type(cause).__module__}.{type(cause).__qualname__}"
        told.append(f"{kind} at {' > '.join(places[-MAX_PLACES:])}" if places else kind)
        cause = cause.__cause__ or cause.__context__
    return " after ".join(told)


class _Handler(logging.StreamHandler[TextIO]):
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


def _hidden(key: str, value: Any) -> Any:
    if _SECRET_NAME.search(key):
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _hidden(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", inner) for inner in value]
    return without_secrets(value) if isinstance(value, str) else value


def _without_twice_told(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave out what other formatters of the same event have written into its record."""
    return {key: value for key, value in event.items() if key not in {"message", "asctime"}}


def _line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    text = str(event.pop("event", ""))
    head = f"{event.pop('timestamp', '')} {str(event.pop('level', '')).upper():7} {event.pop('logger', '')}: "
    trace = event.pop("exception", "")
    facts = "".join(f" {key}={value!r}" for key, value in sorted(event.items()))
    # A line break in a text from outside must not look like an event of its own.
    return head + text.replace("\n", "\\n") + facts + (f"\n{trace}" if trace else "")
