"""Where the status page shows what, below PUBLIC_URL: for links that do not come from the page itself."""

from urllib.parse import quote, urlencode


def overview(connection: str) -> str:
    """One connection: whether it works, what needs a person, what is on its way."""
    return _of(connection)


def submissions(connection: str, **filters: str) -> str:
    """The list of submissions; `filters` are `kind` and `state`."""
    query = f"?{urlencode(filters)}" if filters else ""
    return f"{_of(connection)}/submissions{query}"


def record(connection: str, submission_id: int) -> str:
    """One submission."""
    return f"{_of(connection)}/submissions/{submission_id}"


def costs(connection: str) -> str:
    """Job costs, with what is not in the Procore budget."""
    return f"{_of(connection)}/costs"


def reconciliation(connection: str) -> str:
    """The proof."""
    return f"{_of(connection)}/reconciliation"


def wip(connection: str) -> str:
    """The work-in-progress schedule, with what changed in closed months."""
    return f"{_of(connection)}/wip"


def _of(connection: str) -> str:
    return f"/connections/{quote(connection, safe='')}"
