"""Webhooks: which changes Procore tells of, under which name and to which address.

Names of resources are Procore's own. Which belong to the company and which to a project stands in Procore's lists of
webhook resources. None exists for the lock of a budget, for budget codes and for subcontractors' invoices: those are
found by polling alone.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from qbwc_bridge.errors import Refused

NAMESPACE = "qbwc-bridge"
"""Keeps our hooks apart from those of other programs; letters and dashes are allowed since Procore has namespaces."""

PATH = "/webhooks/procore"
"""Where events come in, followed by a slash and the connection's name."""

_CREATED, _CHANGED, _DELETED = "create", "update", "delete"
_ALL = (_CREATED, _CHANGED, _DELETED)

COMPANY_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "Projects": (_CREATED, _CHANGED),
    "Company Vendors": (_CREATED, _CHANGED),
    "Standard Cost Codes": _ALL,
    "Line Item Types": _ALL,
}
"""Events by resource of the company's hook: the lists that a pull reads."""

PROJECT_RESOURCES: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    (
        "Purchase Order Contracts",
        "Purchase Order Contract Line Items",
        "Work Order Contracts",
        "Work Order Contract Line Items",
        "Change Order Packages",
        "Potential Change Orders",
        "Potential Change Order Line Items",
        "Budget Line Items",
        "Budget Changes",
        "Budget Change Adjustment Line Items",
        "Budget Modifications",
        "Prime Contracts",
        "Prime Contract Line Items",
        "Cost Codes",
    ),
    _ALL,
)
"""The same of a project's hook. Direct costs are left out: the bridge writes them itself."""


@dataclass(frozen=True, slots=True, order=True)
class Trigger:
    """One kind of change that a hook tells of; `event` is create, update or delete."""

    resource: str
    event: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as Procore shows it; `project_id` is None for the company's own.

    `shown` is the end of its Authorization header, all that Procore shows of it; empty where it shows nothing.
    """

    id: int
    project_id: int | None
    destination: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """How many deliveries of a hook fail and are tried again, and how many Procore gave up; as far as it lists them."""

    failing: int = 0
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A change that Procore tells of: which company and project (None: the company itself), and what kind of record."""

    company_id: int
    project_id: int | None
    resource: str
    source_application: str = ""
    """The application that made the change, where Procore says so."""

    @property
    def of_company(self) -> bool:
        """Whether it concerns the company's lists rather than one project's documents."""
        return self.project_id is None or self.resource in COMPANY_RESOURCES


def wanted(project_id: int | None) -> set[Trigger]:
    """Give the triggers that a hook of the company (None) or of a project shall have."""
    resources = COMPANY_RESOURCES if project_id is None else PROJECT_RESOURCES
    return {Trigger(resource, event) for resource, events in resources.items() for event in events}


def destination(public_url: str, name: str) -> str:
    """Give the address that Procore shall send the events of connection `name` to.

    Raises Refused where Procore could not reach it: PUBLIC_URL must be https and lead in from the internet.
    """
    parts = urlsplit(public_url)
    if parts.scheme != "https" or not _from_outside(parts.hostname or ""):
        raise Refused(
            f"Procore cannot reach {public_url}: webhooks need an https address that leads here from the internet; set "
            "PUBLIC_URL to it and restart the server, or do without: the bridge finds every change by polling."
        )
    return f"{public_url}{PATH}/{quote(name, safe='')}"


def _from_outside(host: str) -> bool:
    """Whether a host could be reached from elsewhere; of a name only that it is not this machine's own."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(host) and host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))
