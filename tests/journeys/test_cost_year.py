"""A generated year of postings: the ledger equals QuickBooks after each visit, Procore the ledger after each push."""

from contextlib import ExitStack, suppress
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from qbwc_bridge.domain.money import total
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.work import settle_all
from qbwc_bridge.worker import push
from tests.journeys.bridge import Bridge, connected_bridge
from tests.journeys.cost_year import Office, company_costs, ledger_costs, map_accounts, two_projects
from tests.journeys.crashing import CutAt, PowerCutError
from tests.support import DEEP, SOAK

SEEDS = 300 if SOAK else 10 if DEEP else 3
ROUNDS, MOST_ACTIONS = 8, 9


def opened(stack: ExitStack, seed: int) -> tuple[Bridge, Office]:
    """A bridge with two linked jobs, a job that nobody linked, and an empty year; the projects are released."""
    folder = stack.enter_context(TemporaryDirectory())
    bridge = stack.enter_context(connected_bridge(Path(folder), two_projects))
    bridge.switch_on("24-001", "24-002")
    bridge.visit()
    bridge.accept_all()
    bridge.visit()
    company = bridge.company
    company.add_class("Labor")
    stranger = company.add_customer("Not linked", parent="Bluestone Clients")
    jobs = [row.quickbooks_id for row in bridge.submissions(kind="job") if row.quickbooks_id]
    assert len(jobs) == 2
    items = [row.quickbooks_id for row in bridge.submissions(kind="cost_code") if row.quickbooks_id and "." in row.key]
    items.append(company.add_item("Loose", income_account="Construction Income", expense_account="Job Expenses"))
    map_accounts(bridge)
    chosen = [*items[:6], items[-1]]
    random = Random(seed)  # noqa: S311 - nothing secret is drawn, and a seed must give the same year again
    office = Office(company, random, lambda: bridge.clock.now().date(), [*jobs, stranger], chosen)
    return bridge, office


def visit(bridge: Bridge) -> None:
    """Let the Web Connector read costs."""
    bridge.refresh_costs()
    bridge.clock.pass_time(minutes=16)
    bridge.visit()
    settle_all(bridge.app.kit, bridge.connection.id)


def in_procore(bridge: Bridge) -> tuple[Decimal, Decimal]:
    """Of both projects: what shall stand in Procore by the ledger, and what does."""
    with bridge.app.kit.work() as uow:
        connection = uow.connections.get(bridge.connection.id)
        ledger = Ledger(uow, connection, bridge.app.kit.options(connection))
        placed = total(item.line.amount for item in ledger.allocations if item.code and not item.reason)
    found = [cost for number in bridge.projects("24-001", "24-002") for cost in bridge.procore.direct_costs(number)]
    keys = [cost.origin_id for cost in found]
    assert len(keys) == len(set(keys)), "a direct cost stands there twice"
    return placed, total(line.amount for cost in found for line in cost.lines)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_year_of_costs(seed: int) -> None:
    """Entered, edited, voided, deleted, re-dated, re-coded, billed, renamed or merged: it is followed to the cent."""
    with ExitStack() as stack:
        bridge, office = opened(stack, seed)
        visit(bridge)
        bridge.release("24-001", "24-002")
        for _ in range(ROUNDS):
            for _ in range(office.random.randint(1, MOST_ACTIONS)):
                office.act()
                bridge.clock.pass_time(minutes=office.random.randint(0, 3000))
            if office.merged:
                bridge.clock.pass_time(hours=25)
                visit(bridge)
                office.merged = False
            visit(bridge)
            assert ledger_costs(bridge) == company_costs(bridge.company), office.told
            if office.random.random() < 0.6:
                bridge.push(confirmed=True)
                placed, there = in_procore(bridge)
                assert placed == there, office.told
        bridge.push(confirmed=True)
        assert bridge.difference() == 0


@pytest.mark.parametrize("seed", range(1000, 1000 + SEEDS))
def test_a_year_of_costs_and_trouble(seed: int) -> None:
    """Visits that are cut, answers that are lost, an expired token, 409, 429 and 503: the same end, nothing twice."""
    with ExitStack() as stack:
        bridge, office = opened(stack, seed)
        visit(bridge)
        bridge.release("24-001", "24-002")
        for _ in range(ROUNDS):
            for _ in range(office.random.randint(1, MOST_ACTIONS)):
                office.act()
            bridge.refresh_costs()
            bridge.clock.pass_time(minutes=office.random.randint(11, 200))
            bridge.tap = CutAt(office.random.randint(1, 60))
            with suppress(PowerCutError):
                bridge.visit()
            bridge.tap = None
            bridge.company.end_session()
            if office.random.random() < 0.3:
                bridge.restart()
            status = office.random.choice([0, 0, 401, 409, 429, 503])
            bridge.procore.fail_next(
                status=status,
                count=office.random.randint(1, 3),
                path_contains=office.random.choice(["direct_costs", "line_items", "sync", "oauth"]),
                after_effect=office.random.random() < 0.5,
            )
            with suppress(BridgeError):
                push(bridge.app.kit, bridge.connection.id, confirmed=True)
            bridge.procore.clear_faults()
            bridge.clock.pass_time(hours=office.random.randint(0, 3))
        for _ in range(4):
            bridge.clock.pass_time(hours=13)
            visit(bridge)
        assert ledger_costs(bridge) == company_costs(bridge.company), office.told
        bridge.push(confirmed=True)
        placed, there = in_procore(bridge)
        assert placed == there, office.told
        assert bridge.difference() == 0
