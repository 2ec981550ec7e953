"""Where settings come from, how they are joined, and the sentence about one that is wrong.

Order of the sources: command line, environment (`QBWC_BRIDGE_<KEY>`), `bridge.toml` in the data directory, default. An
empty text in the environment or the file counts as not given. A secret may stand in a file of its own (`<KEY>_FILE`).
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from qbwc_bridge.domain.records import KINDS_IN_ORDER
from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.settings.keys import CONNECTION_DEFAULTS, SECRETS, Settings
from qbwc_bridge.settings.machine import default_data_dir, machine_zone
from qbwc_bridge.settings.values import Kinds, Line, Must, as_text

PREFIX = "QBWC_BRIDGE_"
FILE_NAME = "bridge.toml"

_CONNECTION_ONLY: Mapping[str, TypeAdapter[str]] = {
    "income_account": TypeAdapter(Line),
    "expense_account": TypeAdapter(Line),
    "default_customer": TypeAdapter(Line),
    "company_name": TypeAdapter(Line),
    "direct_export": TypeAdapter(Kinds),
}
CONNECTION_KEYS = (*CONNECTION_DEFAULTS, *_CONNECTION_ONLY)
"""Everything that `connection set` takes."""


def connection_value(key: str, value: str, source: str = "connection set") -> str:
    """Check a value for one connection and give it as it is stored; an empty one means the bridge's default.

    `source` names where it was given. Raises WrongUsage for an unknown key or a bad value.
    """
    if key not in CONNECTION_KEYS:
        raise WrongUsage(f"{key} is no setting of a connection{_nearest(key, CONNECTION_KEYS)}")
    if value == "":
        return ""
    if key in _CONNECTION_ONLY:
        try:
            return _CONNECTION_ONLY[key].validate_python(value)
        except ValidationError as error:
            must = "one line of text" if key != "direct_export" else f"kinds out of {', '.join(KINDS_IN_ORDER)}"
            raise WrongUsage(f"{key} is {value!r}, but must be {must}.") from error
    return as_text(getattr(_checked({key: (value, source)}), key))


def load_settings(overrides: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Join the sources and check everything; `overrides` are the command line's, by lower-case key.

    Raises WrongUsage with one sentence that names the key, the value (never a secret's) and what is allowed.
    """
    environ = os.environ if environ is None else environ
    given: dict[str, tuple[str, str]] = {
        "data_dir": (str(default_data_dir(environ)), "the default"),
        "time_zone": (machine_zone(environ), "the machine's time zone"),
    }
    named = {key: (value, "the command line") for key, value in (overrides or {}).items()}
    around = {
        name.removeprefix(PREFIX).lower(): (value, f"the environment ({name})")
        for name, value in environ.items()
        if name.startswith(PREFIX) and value
    }
    data_dir = Path({**given, **around, **named}["data_dir"][0]).absolute()
    for source in (_from_file(data_dir / FILE_NAME), around, named):
        given |= _with_secret_files(source)
    found = _checked({**given, "data_dir": (str(data_dir), given["data_dir"][1])})
    if found.smtp_url and not found.mail_from:
        raise WrongUsage("SMTP_URL is set, but MAIL_FROM is not: give the address that the bridge's mail comes from.")
    return found


def _from_file(path: Path) -> dict[str, tuple[str, str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WrongUsage(f"The settings file {path} cannot be read by this account: {error.strerror}.") from error
    except ValueError as error:
        raise WrongUsage(f"The settings file {path} cannot be read: {error}.") from error
    if "data_dir" in content:
        raise WrongUsage(f"data_dir cannot stand in {path}, which is found by it: give --data-dir or {PREFIX}DATA_DIR.")
    return {key: (as_text(value), str(path)) for key, value in content.items() if value not in ("", [])}


def _with_secret_files(given: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Replace `<key>_file` of a secret by what its file holds."""
    found = dict(given)
    for key in SECRETS:
        if f"{key}_file" not in found:
            continue
        path, source = found.pop(f"{key}_file")
        if key in found:
            raise WrongUsage(f"{key.upper()} and {key.upper()}_FILE are both given in {source}: keep one of them.")
        try:
            found[key] = (Path(path).read_text(encoding="utf-8").strip(), source)
        except (OSError, ValueError) as error:
            raise WrongUsage(f"The file {path}, named by {key.upper()}_FILE in {source}, cannot be read.") from error
    return found


def _checked(given: Mapping[str, tuple[str, str]]) -> Settings:
    for key, (_, source) in given.items():
        if key not in Settings.model_fields:
            raise WrongUsage(_no_setting(key, source))
    try:
        return Settings(**{key: value for key, (value, _) in given.items()})  # type: ignore[arg-type] # texts, checked here
    except ValidationError as error:
        key = str(error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"][0])
    # Outside of the handler, so that no chained exception carries a secret.
    value, source = given[key]
    shown = "set" if key in SECRETS else f"{value!r}"
    raise WrongUsage(f"{key.upper()} is {shown} in {source}, but must be {_must(Settings.model_fields[key])}.")


def _no_setting(key: str, source: str) -> str:
    """Say what is wrong with a name that is no setting."""
    lower, upper = key.lower(), key.upper()
    if lower in _CONNECTION_ONLY:
        return (
            f"{key} in {source} is a setting of one connection, not of the bridge: remove it there, and use "
            f"`connection set NAME {lower} VALUE`."
        )
    if key != lower and lower in {*Settings.model_fields, *(f"{name}_file" for name in SECRETS)}:
        return f"{key} in {source} must be written in small letters: {lower}."
    return f"{upper} in {source} is no setting{_nearest(upper, [name.upper() for name in Settings.model_fields])}"


def _nearest(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, list(known), 1)
    return f"; did you mean {near[0]}?" if near else "."


def _must(field: FieldInfo) -> str:
    """Say what a value must be, from the field's own type."""
    bounds: dict[str, Any] = {}
    choices = ""
    found, parts = [*field.metadata], [field.annotation]
    while parts:
        part = parts.pop()
        if get_origin(part) is Literal:
            choices = f"one of {', '.join(get_args(part))}"
        elif part is bool:
            choices = "true or false"
        else:
            found += getattr(part, "__metadata__", ())
            parts += [inner for inner in get_args(part) if not isinstance(inner, Must)]
    for entry in found:
        if isinstance(entry, Must):
            return entry.text
        bounds |= {name: getattr(entry, name) for name in ("ge", "le") if hasattr(entry, name)}
    return choices or (f"a whole number from {bounds['ge']} to {bounds['le']}" if bounds else "a path")
