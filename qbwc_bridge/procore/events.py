"""Events as Procore sends them: payload versions 2.0, 3.0 (adds related resources) and 4.0 (ids as text, new names)."""

from pydantic import AliasChoices, AliasPath, Field, ValidationError

from qbwc_bridge.domain.webhooks import Event
from qbwc_bridge.procore.jsontext import read_json
from qbwc_bridge.procore.payloads import Payload, Text

MOST_EVENTS = 1000
"""Events in one request: Procore sends one; a list is read as well, since its guide speaks of bundled deliveries."""


class NoJson(ValueError):  # noqa: N818 - reads as the sentence it heads
    """A body that is no JSON: cut off or changed on its way, so that sending it again may help."""


class EventRow(Payload):
    """One event, of whichever version: `resource_name` became `resource_type`, ids became texts."""

    company_id: int
    project_id: int | None = None
    resource: Text = Field("", validation_alias=AliasChoices("resource_name", "resource_type"))
    source_application: Text = Field("", validation_alias=AliasPath("metadata", "source_application_id"))


def read_events(body: bytes) -> list[Event | None]:
    """Give the events of a request's body, None for what is JSON and no event that we know.

    Raises NoJson for anything else.
    """
    try:
        content = read_json(body.decode())
    except (ValueError, RecursionError) as error:
        raise NoJson("The body is no JSON.") from error
    return [_event(row) for row in (content[:MOST_EVENTS] if isinstance(content, list) else [content])]


def _event(row: object) -> Event | None:
    try:
        read = EventRow.model_validate(row)
    except ValidationError:
        return None
    return Event(read.company_id, read.project_id, read.resource, read.source_application)
