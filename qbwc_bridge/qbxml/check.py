"""Checking requests against Intuit's schemas before they are sent, where the user has them (QBXML_SCHEMA_DIR)."""

import re
import threading
from pathlib import Path
from typing import Any

from lxml import etree

from qbwc_bridge.errors import QuickBooksError, WrongUsage
from qbwc_bridge.qbxml.parse import EXTRACT, parse_tree

NEWEST_FILE = "qbxmlops160.xsd"
"""Used where the folder has no file of the document's own version; for what the bridge sends they agree."""

_VERSION = re.compile(r'<\?qbxml version="(\d+)\.(\d)"\?>')


class SchemaCheck:
    """The schemas of a folder, each loaded once. Raises WrongUsage when the folder has none that can be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schemas: dict[str, etree.XMLSchema] = {}
        # A compiled schema keeps the complaints of its last document, so one document at a time.
        self._lock = threading.Lock()
        self._load(NEWEST_FILE)

    def problem(self, text: str) -> str:
        """Give the first thing that the schema refuses in a request document as a sentence, or an empty text.

        The file of the version that the document names is used where the folder has it (`qbxmlops130.xsd` for 13.0).
        """
        try:
            tree = parse_tree(text)
        except QuickBooksError as error:
            return str(error)
        with self._lock:
            schema = self._load(self._file_for(text))
            if schema.validate(tree):
                return ""
            complaints: Any = schema.error_log
            first = complaints[0]
            return f"{_place(first.path)}: {_short(first.message)}"

    def _file_for(self, text: str) -> str:
        found = _VERSION.search(text)
        name = f"qbxmlops{found[1]}{found[2]}.xsd" if found else NEWEST_FILE
        return name if (self._folder / name).is_file() else NEWEST_FILE

    def _load(self, name: str) -> etree.XMLSchema:
        if name not in self._schemas:
            path = self._folder / name
            if not path.is_file():
                raise WrongUsage(f"QBXML_SCHEMA_DIR names {self._folder}, where {name} is missing.")
            try:
                self._schemas[name] = etree.XMLSchema(file=str(path))
            except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
                raise WrongUsage(f"{path} is no usable schema: {_short(str(error))}") from error
        return self._schemas[name]


def _place(path: str | None) -> str:
    """Name the field: its element inside its request, from an XPath such as /QBXML/QBXMLMsgsRq/A/B/C[2]."""
    steps = [step for step in (path or "").split("/") if step][2:]
    return f"{steps[-1]} in {steps[0]}" if len(steps) > 1 else (steps[0] if steps else "The envelope")


def _short(message: str) -> str:
    words = " ".join(message.split())
    return words if len(words) <= 2 * EXTRACT else f"{words[: 2 * EXTRACT]}..."
