"""Takes secrets out of what is logged, by the names of fields and by what a text itself calls a secret."""

import re
import traceback
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"

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
    re.compile(
        r"""(?i)(\b\w*(?:password|secret|token|ticket|api_?key)\b["']?\s*[=:]\s*["']?)(?!\[hidden\])[^\s"'&,;<>)}\]]+()"""
    ),
)


def hidden(name: str, value: Any) -> Any:
    """Give a value as it may be logged: hidden whole where its name says that it is secret, else without secrets."""
    if _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {inner: hidden(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [hidden("", each) for each in value]
    return without_secrets(value) if isinstance(value, str) else value


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
