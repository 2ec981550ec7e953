"""The Protocol `Procore` on Procore's public REST API."""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import qbwc_bridge
from qbwc_bridge.domain.checkup import Access
from qbwc_bridge.domain.keys import Keyed, KeyKind, KeyOutcome
from qbwc_bridge.domain.procore import (
    BudgetChange,
    BudgetCode,
    ChangeOrder,
    Commitment,
    CostCode,
    CostType,
    DirectCost,
    DirectCostLine,
    PrimeChange,
    Project,
    Vendor,
)
from qbwc_bridge.domain.procore_billing import Forecast, PrimeContract, SubcontractorInvoice
from qbwc_bridge.domain.reading import NOTHING, Allowance, BudgetRead, Changed, CodeBook, ContractKind, Known
from qbwc_bridge.ports import Clock, SyncOutcome
from qbwc_bridge.procore import access, billing, budgets, changes, codes, commitments, directcosts, directory, keys, wbs
from qbwc_bridge.procore.auth import Tokens
from qbwc_bridge.procore.client import Client
from qbwc_bridge.procore.hooks import CompanyHooks
from qbwc_bridge.procore.hosts import check_hosts
from qbwc_bridge.procore.httpclient import LOGGERS, httpx
from qbwc_bridge.procore.pace import Pace
from qbwc_bridge.procore.wire import Wire

Transport = httpx.BaseTransport
"""What carries the calls, for those who hand one in; httpx itself stays in this room."""


class Gateway:
    """One Procore company, as the core sees it; safe to use from several threads.

    Needs the login and API address of one environment (raises WrongUsage), the company's id, the app's client id and
    secret, and a clock. `transport` replaces the network in tests. Writes to one project go one after the other,
    because Procore answers concurrent writes to a direct cost with 409.
    """

    def __init__(
        self,
        *,
        login_url: str,
        api_url: str,
        company_id: int,
        client_id: str,
        client_secret: str,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        transport: Transport | None = None,
    ) -> None:
        login_url, api_url = check_hosts(login_url, api_url)
        for library in LOGGERS:
            # Whatever level the user has asked of us: each call is logged in `wire`, without parameters and headers.
            logging.getLogger(library).setLevel(logging.WARNING)
        agent = {"User-Agent": f"qbwc-bridge/{qbwc_bridge.__version__}"}
        self._http = httpx.Client(transport=transport, headers=agent)
        # The login host counts apart from the API host.
        login_wire = Wire(http=self._http, pace=Pace(clock=clock, sleep=sleep), sleep=sleep)
        tokens = Tokens(
            wire=login_wire, login_url=login_url, client_id=client_id, client_secret=client_secret, clock=clock
        )
        self._pace = Pace(clock=clock, sleep=sleep)
        wire = Wire(http=self._http, pace=self._pace, sleep=sleep, company=str(company_id))
        self._client = Client(wire=wire, tokens=tokens, api_url=api_url, company_id=company_id)
        self.hooks = CompanyHooks(self._client)
        self._locks: dict[int, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def close(self) -> None:
        """Close the connections to Procore."""
        self._http.close()

    def allowance(self) -> Allowance:
        """What Procore allows, and how many calls were made; see the Protocol."""
        return self._pace.allowance()

    def clock_ahead(self) -> dt.timedelta | None:
        """How much Procore's clock is ahead of ours; see the Protocol."""
        return self._pace.ahead()

    def rest(self, told: Callable[[str], None]) -> bool:
        """Wait until Procore allows calls again; see the Protocol."""
        return self._pace.rest(told)

    def check(self) -> None:
        """Get a token and read the company: proves address, credentials and access."""
        directory.check(self._client)

    def access(self, project_id: int = 0) -> list[Access]:
        """What the app may see of the company's tools, or of a project's."""
        return access.project_access(self._client, project_id) if project_id else access.company_access(self._client)

    def projects(self) -> Changed[Project]:
        """All active projects that the service account may see."""
        return directory.projects(self._client)

    def vendors(self, known: Known = NOTHING) -> Changed[Vendor]:
        """Companies of the Directory; see the Protocol."""
        return directory.vendors(self._client, known)

    def code_lists(self) -> list[int]:
        """Ids of the company's lists of standard cost codes."""
        return codes.code_lists(self._client)

    def cost_codes(self, lists: Sequence[int]) -> Changed[CostCode]:
        """Standard cost codes of lists, divisions included."""
        return codes.cost_codes(self._client, lists)

    def cost_types(self) -> Changed[CostType]:
        """Cost types of the company."""
        return codes.cost_types(self._client)

    def code_book(self, project_id: int, known: Iterable[BudgetCode] = ()) -> CodeBook:
        """Budget codes by id; Procore is asked once one is not among those known."""
        return CodeBook(known, lambda: wbs.all_codes(self._client, project_id))

    def locked(self, project_id: int) -> bool:
        """Whether the budget is locked."""
        return budgets.locked(self._client, project_id)

    def budget_rows(
        self, project_id: int, book: CodeBook, view_id: int | None = None, known: Sequence[Forecast] = ()
    ) -> BudgetRead:
        """Budgeted rows and forecasts; see the Protocol."""
        return budgets.budget_rows(self._client, project_id, book, view_id, known)

    def budget_changes(self, project_id: int, known: Sequence[BudgetChange] = ()) -> list[BudgetChange]:
        """Approved budget changes; see the Protocol."""
        return budgets.budget_changes(self._client, project_id, known)

    def purchase_orders(self, project_id: int, known: Known, book: CodeBook) -> Changed[Commitment]:
        """Purchase orders of every status with their lines; see the Protocol."""
        return commitments.commitments(self._client, project_id, "purchase_order_contracts", known, book)

    def subcontracts(self, project_id: int, known: Known, book: CodeBook) -> Changed[Commitment]:
        """Subcontracts of every status with their lines; see the Protocol."""
        return commitments.commitments(self._client, project_id, "work_order_contracts", known, book)

    def commitment(
        self, project_id: int, commitment_id: int, book: CodeBook, *, subcontract: bool
    ) -> Commitment | None:
        """Read one purchase order or subcontract; see the Protocol."""
        kind: commitments.Kind = "work_order_contracts" if subcontract else "purchase_order_contracts"
        return commitments.commitment(self._client, project_id, kind, commitment_id, book)

    def change_orders(
        self, project_id: int, known: Known, book: CodeBook, contracts: Mapping[int, ContractKind]
    ) -> Changed[ChangeOrder | PrimeChange]:
        """Change orders of every status with their lines; see the Protocol."""
        return changes.change_orders(self._client, project_id, known, book, contracts)

    def prime_contracts(self, project_id: int) -> list[PrimeContract]:
        """Contracts with the owner, of every status."""
        return billing.prime_contracts(self._client, project_id)

    def subcontractor_invoices(self, project_id: int) -> list[SubcontractorInvoice]:
        """Subcontractors' invoices of every status with their lines."""
        return billing.subcontractor_invoices(self._client, project_id)

    def create_budget_code(self, project_id: int, cost_code: str, cost_type: str) -> BudgetCode:
        """Make (or find) the budget code of a cost code and a cost type; see the Protocol."""
        with self._writing(project_id):
            return wbs.create(self._client, project_id, cost_code, cost_type)

    def create_project(self, number: str, name: str) -> int:
        """Make an active project; see the Protocol."""
        return directory.create_project(self._client, number, name)

    def create_vendor(self, name: str) -> int:
        """Make a company of the Directory; see the Protocol."""
        return directory.create_vendor(self._client, name)

    def direct_costs(self, project_id: int) -> list[DirectCost]:
        """Every direct cost of a project with its lines, ours and those that people typed."""
        return directcosts.direct_costs(self._client, project_id)

    def sync_direct_costs(self, project_id: int, costs: Sequence[DirectCost]) -> SyncOutcome:
        """Create or update headers by origin_id; lines are not part of it."""
        with self._writing(project_id):
            return directcosts.sync_headers(self._client, project_id, costs)

    def sync_direct_cost_lines(self, project_id: int, lines: Mapping[int, Sequence[DirectCostLine]]) -> SyncOutcome:
        """Create or update lines by origin_id, keyed by the id of their header."""
        with self._writing(project_id):
            return directcosts.sync_lines(self._client, project_id, lines)

    def delete_direct_cost(self, project_id: int, direct_cost_id: int) -> bool:
        """Delete a direct cost with its lines; see the Protocol."""
        with self._writing(project_id):
            return directcosts.delete(self._client, project_id, direct_cost_id)

    def delete_direct_cost_line(self, project_id: int, direct_cost_id: int, line_id: int) -> bool:
        """Delete a line; see the Protocol."""
        with self._writing(project_id):
            return directcosts.delete_line(self._client, project_id, direct_cost_id, line_id)

    def keyed(self, kind: KeyKind, project_id: int = 0) -> list[Keyed]:
        """Every record of a kind with what stands in its `origin_id`."""
        return keys.keyed(self._client, kind, project_id)

    def set_keys(self, kind: KeyKind, wanted: Mapping[Keyed, str], project_id: int = 0) -> KeyOutcome:
        """Write the `origin_id` of records of one kind, by their ids; the empty text takes it away."""
        with self._writing(project_id):
            return keys.set_keys(self._client, kind, wanted, project_id)

    def _writing(self, project_id: int) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(project_id, threading.Lock())
