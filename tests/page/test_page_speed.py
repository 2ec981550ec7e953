"""How many statements pages run does not grow with rows, and what they show of kept figures is always of now."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbwc_bridge.domain.books import TransactionLine, TransactionRecord
from qbwc_bridge.domain.records import Mapping
from qbwc_bridge.flow.figures import KeptLedger, ProjectSums
from qbwc_bridge.flow.job_to_date import job_to_date
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.proof import unmapped
from qbwc_bridge.flow.renewing import renew_figures
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.statuspage.app import ADDRESSES
from qbwc_bridge.storage import open_database
from tests.bench.large import NAME, Large
from tests.bench.large import fill as fill_large
from tests.bench.page import a_document, a_record, counted, opened
from tests.page.office import NOW, Office

PLACES = {"name": NAME, "project": "1", "token": "none"}
"""What stands in an address where a rule has a place; documents and records are looked up."""

FILES = {"cost_file", "wip_file", "reconciliation_file", "mapping_file", "qwc_file"}
"""They hold every row, and are made while somebody waits for a download: no page."""

SMALL = Large(submissions=200, lines=40, projects=2, vendors=10)
GREAT = Large(submissions=1_200, lines=4_000, projects=20, vendors=100)


def addresses(office: Office) -> dict[str, str]:
    """Give an address of every route that can be asked for, by its endpoint."""
    places = {**PLACES, "document": str(a_document(office)), "number": str(a_record(office))}
    found = {}
    for rule in ADDRESSES.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in FILES:
            path = rule.rule
            for place in rule.arguments:
                value = "page.css" if rule.endpoint == "static" else places[place]
                path = path.replace(f"<{place}>", value).replace(f"<int:{place}>", value)
            found[str(rule.endpoint)] = path
    return found


def statements(folder: Path, size: Large) -> dict[str, int]:
    """Count the statements of each page once its figures are kept."""
    folder.mkdir()
    with opened(folder, size) as (office, browser):
        found = {}
        for endpoint, path in addresses(office).items():
            browser.get(path)
            with counted() as ran:
                browser.get(path)
            found[endpoint] = len(ran)
    return found


def test_statements_do_not_grow_with_rows(tmp_path: Path) -> None:
    """Every page asks the database the same number of times, however many projects, records and costs there are."""
    assert statements(tmp_path / "small", SMALL) == statements(tmp_path / "great", GREAT)


@pytest.fixture(name="large")
def _large(tmp_path: Path) -> Iterator[Office]:
    database = open_database(f"sqlite:///{tmp_path / 'large.db'}")
    fill_large(database, SMALL, NOW)
    yield Office(database)
    database.close()


def kept_and_fresh(office: Office) -> tuple[Any, Any]:
    """Give what pages show of costs, and the same from the ledger itself."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=NAME)
        assert connection is not None
        options = office.kit.options(connection)
        kept, ledger = KeptLedger(uow, connection, options), Ledger(uow, connection, options)
        every = kept.of(ProjectSums)
        sums = {choice.project_id: every[choice.project_id] for choice in kept.linked}
        shown = {number: (each.cost, each.budget, each.committed) for number, each in sums.items()}
        made = [(choice.project_id, job_to_date(ledger, choice)) for choice in ledger.linked]
        count = sum(not each.ignored for each in unmapped(ledger))
        return (shown, sum(each.unmapped for each in sums.values())), (
            {number: (each.cost, each.budget, each.committed) for number, each in made},
            count,
        )


def _mapped(uow: UnitOfWork, number: int) -> None:
    uow.mappings.add(Mapping(number, "item", "Fuel", procore="01-100.L"))


def _ignored(uow: UnitOfWork, number: int) -> None:
    (mapping,) = uow.mappings.find(connection_id=number)
    mapping.ignored = True
    uow.mappings.save(mapping)


def _forgotten(uow: UnitOfWork, number: int) -> None:
    (mapping,) = uow.mappings.find(connection_id=number)
    uow.mappings.remove(mapping)


def _cost(uow: UnitOfWork, number: int) -> None:
    document = uow.costs.find(connection_id=number, job_id="J1")[0]
    document.lines[0].amount += Decimal("10.00")
    document.settle()
    uow.costs.save(document)


def _order_gone(uow: UnitOfWork, number: int) -> None:
    order = uow.documents.find(connection_id=number, kind="commitment", project_id=1)[0]
    order.gone = True
    uow.documents.save(order)


def _account_mapped(uow: UnitOfWork, number: int) -> None:
    uow.mappings.add(Mapping(number, "account", "Job Expenses", procore="01-100.L"))


def _renamed(uow: UnitOfWork, number: int) -> None:
    account = uow.lists.find(connection_id=number, kind="account")[0]
    account.full_name = "Another name"
    uow.lists.save(account)


def _unlinked_codes(uow: UnitOfWork, number: int) -> None:
    for code in uow.submissions.find(connection_id=number, kind="cost_code")[:10]:
        code.quickbooks_id, code.quickbooks_name = "", ""
        uow.submissions.save(code)


def _skipped(uow: UnitOfWork, number: int) -> None:
    """A bill of a released project comes to be drawn on an order that is linked only after it."""
    (order,) = uow.submissions.find(connection_id=number, kind="commitment", key="1")
    document = next(each for each in uow.costs.find(connection_id=number, job_id="J1") if each.lines[0].item_id)
    line = TransactionLine("1", document.lines[0].item_id, document.lines[0].item, job_id="J1")
    uow.transactions.add(
        TransactionRecord(number, "PurchaseOrder", "PX", "1", "X", "V1", "", "", Decimal(1), lines=[line])
    )
    document.order_ids = ["PX"]
    uow.costs.save(document)
    order.quickbooks_id = ""
    uow.submissions.save(order)


def _linked_order(uow: UnitOfWork, number: int) -> None:
    """The commitment is of another project than the job on the order's line."""
    (order,) = uow.submissions.find(connection_id=number, kind="commitment", key="1")
    assert order.project_id != 1
    order.quickbooks_id = "PX"
    uow.submissions.save(order)


def _withdrawn(uow: UnitOfWork, number: int) -> None:
    (choice,) = uow.projects.find(connection_id=number, project_id=1)
    choice.release, choice.budget_codes = None, choice.budget_codes[:3]
    uow.projects.save(choice)


def _unlinked_job(uow: UnitOfWork, number: int) -> None:
    job = uow.submissions.find(connection_id=number, kind="job")[1]
    job.quickbooks_id = ""
    uow.submissions.save(job)


CHANGES = [
    _mapped,
    _ignored,
    _forgotten,
    _cost,
    _order_gone,
    _skipped,
    _linked_order,
    _withdrawn,
    _account_mapped,
    _renamed,
    _unlinked_codes,
    _unlinked_job,
]


def test_kept_figures_are_of_now_after_each_change(large: Office) -> None:
    """Whatever of the ledger's sources changes, the page's figures change with it and are those of the ledger."""
    with large.kit.work() as uow:
        connection = uow.connections.first(name=NAME)
        assert connection is not None
    before, made = kept_and_fresh(large)
    assert before == made
    for change in CHANGES:
        with large.kit.work() as uow:
            change(uow, connection.id)
        shown, made = kept_and_fresh(large)
        assert shown == made, change.__name__
        assert shown != before or change is _skipped, f"{change.__name__} moved nothing, so it proves nothing"
        before = shown


def test_what_was_renewed_is_read_and_not_reckoned(large: Office) -> None:
    """After the clockwork's turn nothing is stale; a change makes one project stale, and its turn ends that."""
    with large.kit.work() as uow:
        connection = uow.connections.first(name=NAME)
        assert connection is not None
    assert renew_figures(large.kit, connection.id) == SMALL.projects
    assert renew_figures(large.kit, connection.id) == 0
    with large.kit.work() as uow:
        document = uow.costs.find(connection_id=connection.id, job_id="J1")[0]
        document.deleted = True
        document.settle()
        uow.costs.save(document)
    assert renew_figures(large.kit, connection.id) == 1
