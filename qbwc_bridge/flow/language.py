"""qbXML as the stations use it: one message in, one text out, in the version that the company understands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qbwc_bridge.domain.quickbooks import Request
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.check import SchemaCheck
from qbwc_bridge.qbxml.requests import message_set, recovery_set
from qbwc_bridge.qbxml.templates import Templates

FIRST_VERSION = "8.0"
"""Spoken until the company's own list of versions is known; every list query we send exists in it."""


@dataclass(frozen=True, slots=True)
class Language:
    """The templates, an optional schema check, and the OwnerID of our private data."""

    templates: Templates
    owner_id: str
    schema: SchemaCheck | None = None

    @classmethod
    def load(cls, owner_id: str, *, templates_dir: Path | None = None, schema_dir: Path | None = None) -> "Language":
        """Load shipped templates, a folder that replaces some of them, and Intuit's schemas where given."""
        schema = SchemaCheck(schema_dir) if schema_dir else None
        return cls(Templates(templates_dir), owner_id, schema)

    def message(self, requests: Sequence[tuple[str, Request]], connection: Connection, *, set_id: str = "") -> str:
        """Write a message set of (requestID, request); with `set_id` QuickBooks keeps its reply.

        Raises QuickBooksError when Intuit's schema is at hand and refuses the text.
        """
        text = message_set(
            requests,
            version=connection.company.qbxml_version or FIRST_VERSION,
            new_message_set_id=set_id,
            stop_on_error=False,
            templates=self.templates,
        )
        if self.schema:
            problem = self.schema.problem(text)
            if problem:
                raise QuickBooksError(f"The request breaks Intuit's schema and is not sent: {problem}")
        return text

    def recovery(self, set_id: str, connection: Connection) -> str:
        """Write the empty message set that asks for the stored reply of a lost answer."""
        return recovery_set(set_id, connection.company.qbxml_version or FIRST_VERSION)
