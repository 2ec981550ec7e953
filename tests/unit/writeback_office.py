"""A released project with a Procore that lies, loses answers and refuses, for the tests of the write-back."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NoReturn

from qbwc_bridge.domain.books import CostDocument
from qbwc_bridge.domain.procore import BudgetCode, DirectCost, DirectCostLine
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow import pushing
from qbwc_bridge.flow.pushing import Pushed
from qbwc_bridge.flow.writeback import plan
from qbwc_bridge.ports import SyncOutcome
from tests.unit.factories import World


@dataclass
class Desk:
    """A Procore of one project in values. `trouble` says what goes wrong with each next write, in turn.

    before: no answer, nothing done. after: no answer, but done. refuse: an error for each second item. silent: done,
    but the answer names nothing, with an error of nobody. forget: not done, and the answer names nothing. hide: a
    deletion is not done, and Procore says that there is no such record. A number: refused with this status.
    """

    costs: dict[str, DirectCost] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    unknown_codes: frozenset[str] = frozenset()
    numbers: int = 100

    def fresh(self) -> int:
        """A new id."""
        self.numbers += 1
        return self.numbers

    def _next(self, call: str) -> str:
        self.calls.append(call)
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble == "before":
            raise ProcoreUnreachable("No answer came.")
        if trouble.isdigit():
            raise ProcoreError("Locked.", status=int(trouble))
        return trouble

    def _end(self, trouble: str) -> None:
        if trouble == "after":
            raise ProcoreUnreachable("No answer came.")

    def direct_costs(self, _project_id: int) -> list[DirectCost]:
        """What stands there."""
        self.calls.append("GET")
        return list(self.costs.values())

    def sync_direct_costs(self, _project_id: int, costs: Sequence[DirectCost]) -> SyncOutcome:
        """Create or update headers."""
        trouble, ids, errors = self._next("headers"), {}, {}
        for at, cost in enumerate(costs):
            if trouble == "forget":
                continue
            if trouble == "refuse" and at % 2 == 0:
                errors[cost.origin_id] = "No."
                continue
            old = self.costs.get(cost.origin_id)
            assert old is None or old.type == cost.type, "Procore sets a type only when creating"
            found = replace(cost, id=old.id if old else self.fresh(), lines=old.lines if old else ())
            self.costs[cost.origin_id] = found
            ids[cost.origin_id] = found.id or 0
        self._end(trouble)
        return SyncOutcome({}, {}, "Of nobody.") if trouble == "silent" else SyncOutcome(ids, errors)

    def sync_direct_cost_lines(self, _project_id: int, lines: Mapping[int, Sequence[DirectCostLine]]) -> SyncOutcome:
        """Create or update lines below their headers."""
        trouble, ids, errors, at = self._next("lines"), {}, {}, 0
        for header, wanted in lines.items():
            cost = next(each for each in self.costs.values() if each.id == header)
            have = {each.origin_id: each for each in cost.lines}
            for each in wanted:
                at += 1
                assert each.budget_code_id in self.codes.values(), "Procore knows no such budget code"
                if trouble == "forget":
                    continue
                if trouble == "refuse" and at % 2:
                    errors[each.origin_id] = "No."
                    continue
                known = have.get(each.origin_id)
                have[each.origin_id] = replace(each, id=known.id if known else self.fresh())
                ids[each.origin_id] = have[each.origin_id].id or 0
            self.costs[cost.origin_id] = replace(cost, lines=tuple(have.values()))
        self._end(trouble)
        return SyncOutcome({}, {}, "Of nobody.") if trouble == "silent" else SyncOutcome(ids, errors)

    def delete_direct_cost(self, _project_id: int, direct_cost_id: int) -> bool:
        """Delete a direct cost; one that is gone is no error."""
        trouble = self._next("delete")
        known = any(each.id == direct_cost_id for each in self.costs.values())
        if trouble == "hide":
            return False
        self.costs = {key: each for key, each in self.costs.items() if each.id != direct_cost_id}
        self._end(trouble)
        return known

    def delete_direct_cost_line(self, _project_id: int, direct_cost_id: int, line_id: int) -> bool:
        """Delete a line."""
        trouble = self._next("delete line")
        known = any(row.id == line_id for each in self.costs.values() for row in each.lines)
        if trouble == "hide":
            return False
        for key, each in self.costs.items():
            if each.id == direct_cost_id:
                self.costs[key] = replace(each, lines=tuple(row for row in each.lines if row.id != line_id))
        self._end(trouble)
        return known

    def create_budget_code(self, _project_id: int, cost_code: str, cost_type: str) -> BudgetCode:
        """Make or find a budget code."""
        trouble, name = self._next("code"), f"{cost_code}.{cost_type}"
        if name in self.unknown_codes:
            raise ProcoreError(f"Procore has no cost code {cost_code}.", status=404)
        made = self.codes.setdefault(name, self.fresh())
        self._end(trouble)
        return BudgetCode(made, cost_code, cost_type)

    def check(self, *_asked: object, **_named: object) -> NoReturn:
        """No write-back asks any of these: a call is a fault of the code under test."""
        raise AssertionError("the write-back asked Procore for something that it has no use for")

    projects = vendors = code_lists = cost_codes = cost_types = create_project = create_vendor = check
    allowance = rest = code_book = locked = budget_rows = budget_changes = purchase_orders = subcontracts = check
    commitment = change_orders = prime_contracts = subcontractor_invoices = check
    keyed = set_keys = access = clock_ahead = check


@dataclass
class Office:
    """A released project, its ledger and Procore."""

    world: World
    procore: Desk

    def post(self, *documents: CostDocument) -> None:
        """Let the ledger be exactly these documents; what is no longer there was deleted, with a record."""
        with self.world.unit() as (uow, connection):
            known = {(row.txn_id, row.job_id): row for row in uow.costs.find()}
            for each in documents:
                stored = replace(each, connection_id=connection.id)
                stored.settle()
                old = known.pop((stored.txn_id, stored.job_id), None)
                if old:
                    stored.id = old.id
                    uow.costs.save(stored)
                else:
                    uow.costs.add(stored)
            for gone in known.values():
                gone.deleted = gone.deletion_known = True
                uow.costs.save(gone)
            connection.costs_whole_at = self.world.now
            uow.connections.save(connection)

    def release(self, choice: ReleaseChoice | None) -> None:
        """Release the project, or withdraw it."""
        with self.world.unit() as (uow, _):
            row = uow.projects.find()[0]
            row.release = choice
            uow.projects.save(row)

    def plan(self, *, confirmed: bool = False, closed: dt.date | None = None) -> str:
        """Fill the outbox."""
        with self.world.unit() as (uow, connection):
            return plan(uow, connection, self.world.options, confirmed=confirmed, closed=closed)

    def push(self, *, confirmed: bool = True, closed: dt.date | None = None) -> Pushed:
        """Plan and carry out, as the worker does."""
        held = self.plan(confirmed=confirmed, closed=closed)
        return pushing.push(
            self.world.database.work,
            self.procore,
            self.world.connection_id,
            self.world.now,
            lambda _told: None,
            held=held,
        )

    def there(self) -> dict[str, Decimal]:
        """Amounts in Procore by line key."""
        return {row.origin_id: row.amount for cost in self.procore.costs.values() for row in cost.lines}
