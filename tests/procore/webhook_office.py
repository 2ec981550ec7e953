"""A bridge with webhooks, and what Procore sends to it, in each version of the payload."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qbwc_bridge.bootstrap import web_app
from qbwc_bridge.domain.records import Connection, ProjectChoice
from tests.journeys.bridge import Bridge, connected_bridge, small_company
from tests.protocol.fakes import Answer, ask

PUBLIC_URL = "https://bridge.example.com"
PATH = "/webhooks/procore/"
VERSIONS = ("v2.0", "v3.0", "v4.0")


@dataclass
class WebhookOffice:
    """A bridge whose project 24-001 is on, and the header that Procore was told to send."""

    bridge: Bridge
    authorization: str = field(default_factory=lambda: f"Bearer {secrets.token_urlsafe(32)}")

    def __post_init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Let the bridge be as before the first event, with a new process in front."""
        sealed = self.bridge.app.vault.seal(self.authorization)
        self.change_connection(name="Bluestone", webhook_secret=sealed, touched_at=None, event_at=None)
        self.change_project(on=True, touched_at=None)
        self.bridge.wsgi = web_app(self.bridge.app)

    def change_connection(self, **values: Any) -> None:
        """Set fields of the connection."""
        with self.bridge.app.kit.work() as uow:
            row = uow.connections.get(self.bridge.connection.id)
            for name, value in values.items():
                setattr(row, name, value)
            uow.connections.save(row)

    def connection(self) -> Connection:
        """The connection as stored."""
        with self.bridge.app.kit.work() as uow:
            return uow.connections.get(self.bridge.connection.id)

    def project(self, number: str = "24-001") -> ProjectChoice:
        """A project as stored."""
        with self.bridge.app.kit.work() as uow:
            row = uow.projects.first(connection_id=self.bridge.connection.id, number=number)
        assert row is not None
        return row

    def change_project(self, **values: Any) -> None:
        """Set fields of project 24-001."""
        row_id = self.project().id
        with self.bridge.app.kit.work() as uow:
            row = uow.projects.get(row_id)
            for name, value in values.items():
                setattr(row, name, value)
            uow.projects.save(row)

    def event(
        self, version: str = "v2.0", resource: str = "Purchase Order Contracts", **changes: Any
    ) -> dict[str, Any]:
        """An event about project 24-001, as Procore's documentation shows it."""
        company, project = self.bridge.procore.company_id, self.project().project_id
        if version == "v4.0":
            told: dict[str, Any] = {
                "id": "01JMYXMZRBVKK0PC6XS8SA4QRE",
                "timestamp": "2026-03-10T16:04:43.619085Z",
                "reason": "update",
                "company_id": str(company),
                "project_id": str(project),
                "user_id": "5447",
                "resource_type": resource,
                "resource_id": "379913",
            }
            return told | changes
        told = {
            "id": 5_982_324_300_946_918_154,
            "ulid": "01EDPD2J6SBY1163N77H95GW09",
            "timestamp": "2026-03-10T16:04:43.619085Z",
            "metadata": {
                "source_user_id": 5447,
                "source_project_id": project,
                "source_operation_id": None,
                "source_company_id": company,
                "source_application_id": None,
            },
            "user_id": 5447,
            "company_id": company,
            "project_id": project,
            "api_version": version,
            "event_type": "update",
            "resource_name": resource,
            "resource_id": 379_913,
        }
        told |= {"related_resources": [{"id": 1234, "name": "Direct Costs"}]} if version == "v3.0" else {}
        return told | changes

    def send(
        self,
        content: object = b"",
        authorization: str | None = "right",
        name: str = "Bluestone",
        method: str = "POST",
        **environ: Any,
    ) -> int:
        """Send a body (JSON of it, unless it is bytes) with a header; gives the status. None leaves the header out."""
        return self.ask(content, authorization, name, method, **environ).status

    def ask(
        self,
        content: object = b"",
        authorization: str | None = "right",
        name: str = "Bluestone",
        method: str = "POST",
        **environ: Any,
    ) -> Answer:
        """The same, giving the whole answer."""
        usual = {
            "SCRIPT_NAME": "",
            "PATH_INFO": (PATH + name).encode().decode("latin-1"),
            "CONTENT_TYPE": "application/json",
            "REMOTE_ADDR": "203.0.113.7",
            "HTTP_AUTHORIZATION": self.authorization if authorization == "right" else authorization,
        }
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return ask(self.bridge.wsgi, method, body, **usual, **environ)


@contextmanager
def webhook_office(folder: Path) -> Iterator[WebhookOffice]:
    """Open such a bridge, between a small Procore and a fresh QuickBooks company."""
    with connected_bridge(folder, small_company, PUBLIC_URL) as bridge:
        bridge.switch_on("24-001")
        yield WebhookOffice(bridge)
