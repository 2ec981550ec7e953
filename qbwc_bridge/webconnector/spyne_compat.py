"""The only module that imports spyne: makes 2.14.0 importable on Python 3.12 and 3.13, keeps it discreet."""

import importlib
import logging
import sys
import warnings
from types import ModuleType

from qbwc_bridge.logs import without_values

SPYNE_LOGGERS_WITH_BODIES = ("spyne.protocol.soap.soap11.invalid", "spyne.protocol.xml.invalid")
"""Loggers to which spyne writes a malformed request whole, passwords included; the second is the one it documents."""


def _real_six() -> ModuleType:
    """Put the real six in the place of the copy inside spyne, whose importer Python 3.12 no longer understands.

    Used on every version, so that 3.11 tests what 3.13 runs. The names are those that spyne's server side imports.
    """
    six = importlib.import_module("six")
    setattr(six, "get_function_name", lambda function: function.__name__)  # noqa: B010 - spyne's copy adds this one
    sys.modules["spyne.util.six"] = six
    for name in ("", ".collections_abc", ".http_cookies", ".urllib", *(f".urllib.{part}" for part in _URLLIB)):
        sys.modules[f"spyne.util.six.moves{name}"] = importlib.import_module(f"six.moves{name}")
    return six


_URLLIB = ("error", "parse", "request")


def _discreet(record: logging.LogRecord) -> bool:
    """Let only warnings and worse pass, and of these only the kind and the place.

    Below it spyne writes whole requests, above it exceptions with their texts and traces.
    """
    cause = record.msg if isinstance(record.msg, BaseException) else (record.exc_info or (None, None))[1]
    record.msg = without_values(cause) if cause else f"a warning at line {record.lineno} in {record.funcName}"
    record.args, record.exc_info, record.exc_text, record.stack_info = (), None, None, None
    return record.levelno >= logging.WARNING


def _never(record: logging.LogRecord) -> bool:  # noqa: ARG001 - the signature of a logging filter
    """Let nothing pass."""
    return False


def hush() -> None:
    """Make every logger of spyne discreet, whatever the user's level, and close those that write requests whole.

    Filters as well as levels, because a later logging configuration resets `level` and `disabled` but not filters.
    Harmless to call again.
    """
    logging.getLogger("spyne").setLevel(logging.WARNING)
    for name in SPYNE_LOGGERS_WITH_BODIES:
        logger = logging.getLogger(name)
        logger.disabled = True
        logger.addFilter(_never)
    for name in list(logging.root.manager.loggerDict):
        if name == "spyne" or name.startswith("spyne."):
            logging.getLogger(name).addFilter(_discreet)


# Reason: spyne was last released in 2022. Its import warns of cgi, of invalid escapes and of `utcfromtimestamp`; nobody
# who runs the bridge with warnings as errors can mend that, and its calls are covered by our protocol tests.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    _real_six()
    from spyne import Application, Array, Integer32, ServiceBase, Unicode, rpc
    from spyne.protocol.soap import Soap11
    from spyne.server.wsgi import WsgiApplication

hush()


__all__ = [
    "Application",
    "Array",
    "Integer32",
    "ServiceBase",
    "Soap11",
    "Unicode",
    "WsgiApplication",  # the bridge speaks HTTP itself; what it is measured against does not
    "hush",
    "rpc",
]
