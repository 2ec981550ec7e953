"""The templates of requests: shipped with the bridge, each replaceable by a file of the same name in a folder.

A template decides the order of elements and which are left out when empty. It gets formatted strings only: what is not
text already is refused here, and every string is escaped once by `escape.py`.
"""

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes
from markupsafe import Markup

from qbwc_bridge.errors import QuickBooksError, WrongUsage
from qbwc_bridge.qbxml.escape import ascii_only, escape

_AS_IT_IS = (Markup, jinja2.Undefined)


class Templates:
    """All templates, read and checked once.

    `folder` (setting TEMPLATES_DIR) may hold files that replace shipped ones. Raises WrongUsage when the folder is
    missing or a template in it is not valid.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise WrongUsage(f"TEMPLATES_DIR names {folder}, which is not a folder.")
        self._folder = folder
        self._environment = jinja2.Environment(
            loader=jinja2.FunctionLoader(self._source),
            autoescape=True,
            finalize=_finished,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates = {name: self._load(name) for name in shipped()}
        own = [folder / name for name in shipped()] if folder else []
        for file in own:
            if file.is_file():
                self._check(file.name, file)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Fill the template of that name; `values` hold strings, or lists and mappings of them.

        Gives ASCII without a newline at its end. Raises QuickBooksError when the template asks for something unknown.
        """
        try:
            return ascii_only(self._templates[name].render(values)).strip("\n")
        except (jinja2.TemplateError, *_OF_EXPRESSIONS) as error:
            raise QuickBooksError(f"The template {name} cannot be filled: {error}") from error

    def _load(self, name: str) -> jinja2.Template:
        try:
            return self._environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            raise WrongUsage(
                f"The template {error.name} is not valid in line {error.lineno}: {error.message}"
            ) from error
        except UnicodeDecodeError as error:
            raise WrongUsage(f"The template {name} is not UTF-8 text.") from error

    def _check(self, name: str, file: Path) -> None:
        """Refuse a replaced template that asks for what its request does not have; such a one would fail when sent."""
        shipped_ones = {each: self._environment.parse(_shipped_text(each)) for each in shipped()}
        parts = {part for tree in shipped_ones.values() for part in _asked(tree) if part.startswith(".")}
        given = {*_asked(shipped_ones[name]), *parts, *_JINJA, *self._environment.globals}
        for asked, line in _asked(self._environment.parse(file.read_text(encoding="utf-8"))).items():
            if asked not in given:
                raise WrongUsage(
                    f"The template {name} asks in line {line} for {asked}, which the bridge does not give."
                )

    def _source(self, name: str) -> str | None:
        if self._folder and (self._folder / name).is_file():
            return (self._folder / name).read_text(encoding="utf-8")
        return _shipped_text(name) if name in shipped() else None


def shipped() -> list[str]:
    """Give the names of the shipped templates, sorted."""
    return sorted(file.name for file in resources.files("qbxml_templates").iterdir() if file.name.endswith(".xml"))


def _shipped_text(name: str) -> str:
    return (resources.files("qbxml_templates") / name).read_text(encoding="utf-8")


_OF_EXPRESSIONS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What an expression in somebody's own template can raise."""

_JINJA = frozenset({"caller", "kwargs", "loop", "self", "super", "varargs"})
"""Names that Jinja itself gives."""


def _asked(template: nodes.Template) -> dict[str, int]:
    """What a template asks for, with the first line that does: its values, their parts (`.amount`), other templates."""
    asked: dict[str, int] = {}
    own = {node.name for node in template.find_all(nodes.Macro)}
    own |= {node.target for node in template.find_all(nodes.Import)}
    own |= {node.name for node in template.find_all(nodes.Name) if node.ctx != "load"}
    for name in template.find_all(nodes.Name):
        if name.name not in own:
            asked.setdefault(name.name, name.lineno)
    for part in template.find_all(nodes.Getattr):
        of = part.node.name if isinstance(part.node, nodes.Name) else ""
        if of not in _JINJA:
            asked.setdefault(f".{part.attr}", part.lineno)
    others: Iterable[Any] = template.find_all((nodes.Import, nodes.FromImport, nodes.Include, nodes.Extends))
    for other in others:
        called = getattr(other.template, "value", None)
        if called not in shipped():
            asked.setdefault(f"the template {called}", other.lineno)
    return asked


def _finished(value: object) -> object:
    # An undefined name passes: Jinja's StrictUndefined complains about it with its name when it is written.
    if isinstance(value, _AS_IT_IS):
        return value
    if not isinstance(value, str):
        raise TypeError(f"it prints a {type(value).__name__}, and templates never format")
    return Markup(escape(value))  # noqa: S704 - escaped here, by the one escaper
