"""A stand-in Procore with a clock that stands still until it is told, and a client that has a token."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.test import Client, TestResponse

from qbwc_bridge.rehearsal.procore import CommitmentLine, Procore

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock for tests, moved by hand."""

    moment: datetime = START

    def __call__(self) -> datetime:
        """Give the present moment."""
        return self.moment

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)


@dataclass
class Desk:
    """A company, its clock, and HTTP calls with token and company header."""

    clock: Clock
    procore: Procore
    headers: dict[str, str] = field(default_factory=dict)

    def token(self) -> dict[str, Any]:
        """Fetch a token and use it from now on; give the answer."""
        form = {"grant_type": "client_credentials"}
        secret = {"client_id": self.procore.client_id, "client_secret": self.procore.client_secret}
        body: dict[str, Any] = Client(self.procore).post("/oauth/token", data=form | secret).get_json()
        self.headers = {
            "Authorization": f"Bearer {body['access_token']}",
            "Procore-Company-Id": str(self.procore.company_id),
        }
        return body

    def call(self, method: str, path: str, body: object = None, **query: object) -> TestResponse:
        """Make one call; `query` names with brackets are given as `filters={"status": "Approved"}`."""
        asked = {name: value for name, value in query.items() if name != "filters"}
        filters = query.get("filters", {})
        assert isinstance(filters, dict)
        asked |= {f"filters[{name}]": value for name, value in filters.items()}
        return Client(self.procore).open(path, method=method, json=body, query_string=asked, headers=self.headers)

    def get(self, path: str, **query: object) -> Any:
        """Read; the answer must be 200."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def send(self, method: str, path: str, body: object, status: int = 200, **query: object) -> Any:
        """Write; the answer must have the status."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code == status, answer.text
        return answer.get_json()


def desk(*, hourly_limit: int = 3600, spike_limit: int = 1000, token_seconds: int = 86_400) -> Desk:
    """Make a company with cost types L, M, S, cost codes 03-300 and 09-250, and nothing else."""
    clock = Clock()
    made = Desk(
        clock, Procore(now=clock, hourly_limit=hourly_limit, spike_limit=spike_limit, token_seconds=token_seconds)
    )
    types = (("L", "Labor", "other"), ("M", "Materials", "materials"), ("S", "Subcontract", "commitment"))
    for code, name, base in types:
        made.procore.add_cost_type(code, name, base)
    made.procore.add_cost_code("03-300", "Cast-in-Place Concrete")
    made.procore.add_cost_code("09-250", "Gypsum Board")
    made.token()
    return made


def project(made: Desk, number: str = "24-001", **fields: object) -> int:
    """Add a project with budget lines for 03-300.M (1,000.00) and 09-250.M (2,000.50)."""
    made_id = made.procore.add_project(number, f"Project {number}", **fields)
    made.procore.set_budget(made_id, {"03-300.M": Decimal("1000.00"), "09-250.M": Decimal("2000.50")})
    return made_id


def wbs_ids(made: Desk, project_id: int) -> dict[str, int]:
    """Give the ids of a project's budget codes by their text."""
    path = f"/rest/v1.0/projects/{project_id}/work_breakdown_structure/wbs_codes"
    return {row["flat_code"]: row["id"] for row in made.get(path)}


def line(code: str, amount: str, **more: Any) -> CommitmentLine:
    """Type a line."""
    return CommitmentLine(code, f"Work on {code}", Decimal(amount), **more)
