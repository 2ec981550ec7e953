"""Refusals, in the four body shapes that Procore is known to use.

`{"errors": "one sentence"}`, `{"errors": {"field": ["sentence"]}}`, `{"error": {"code", "message", "details"}}` (the
project list and everything of version 2.0) and one plain sentence (429).
"""

from collections.abc import Mapping
from typing import Literal

from qbwc_bridge.rehearsal.procore.values import Row

Shape = Literal["errors", "error"]
"""Which of the two JSON shapes a route answers with."""

Fields = Mapping[str, list[str]]
"""Sentences by field name."""


class Problem(Exception):  # noqa: N818 - reads as the sentence it heads
    """A refused request: HTTP status, one sentence, and the fields to blame where there are any."""

    def __init__(
        self, status: int, text: str, *, fields: Fields | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.fields = {name: list(said) for name, said in (fields or {}).items()}
        self.headers = dict(headers or {})

    def body(self, shape: Shape) -> Row:
        """Give the JSON body in the shape that the route uses."""
        if shape == "errors":
            return {"errors": self.fields or self.text}
        details = [
            {"code": "invalid", "message": said, "source": name}
            for name, all_said in self.fields.items()
            for said in all_said
        ]
        return {"error": {"code": str(self.status), "message": self.text, "details": details}}


class Invalid(Problem):
    """A business rule refuses the values (422); inside a sync call it becomes one entry of `errors`."""

    def __init__(self, **fields: str) -> None:
        super().__init__(422, "Unprocessable Entity", fields={name: [said] for name, said in fields.items()})


def bad_request(text: str, **fields: str) -> Problem:
    """Make the refusal of a request that lacks a parameter or is not JSON (400)."""
    return Problem(400, text, fields={name: [said] for name, said in fields.items()})


def not_found(what: str = "Not Found") -> Problem:
    """Make the refusal for a record that does not exist or may not be seen (404)."""
    return Problem(404, what)


def forbidden(text: str) -> Problem:
    """Make the refusal for a company, project or tool that the application may not use (403)."""
    return Problem(403, text)
