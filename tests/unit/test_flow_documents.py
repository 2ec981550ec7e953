"""Any Procore document, from the offer to the text that leaves: valid and right to the cent, or stopped by a reason."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import TransactionRecord
from qbwc_bridge.domain.money import ZERO, cents, total
from qbwc_bridge.domain.names import mark
from qbwc_bridge.domain.procore import (
    Budget,
    BudgetChange,
    BudgetCode,
    BudgetRow,
    ChangeOrder,
    Commitment,
    ContractLine,
    Document,
)
from qbwc_bridge.domain.quickbooks import PurchaseOrderMod
from qbwc_bridge.domain.records import Submission, Task
from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow import decisions, work
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.qbxml.parse import Element, parse_tree
from tests.support import shared_dir
from tests.unit.documents import PROJECT, VENDOR, code, commitment, company_documents, line
from tests.unit.factories import OWNER, World, keep
from tests.unit.test_domain_changing import order_lines

VISIT = 1
"""The visit in which the order of a change was read."""

_ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
TEXTS = _ANY | st.sampled_from(["", " ", "x" * 5000, "]]>", "&amp;", "a:b", "żółw 🏗️ “q”"])
KNOWN = st.sampled_from([code(), code(2, "09-250", "L")])
"""Codes whose items stand in QuickBooks."""


def seldom(odd: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw something odd in one of about twenty draws: a document of several odd parts is always blocked."""
    return st.integers(0, 19).flatmap(lambda drawn: odd if drawn == 13 else usual)


CODES = seldom(
    st.builds(BudgetCode, st.just(3), TEXTS, st.sampled_from(["M", "", ":"]), TEXTS, TEXTS, st.booleans()), KNOWN
)
AMOUNTS = st.one_of(
    st.decimals(-(10**6), 10**6, places=2),
    st.decimals(-(10**4), 10**4, places=5),
    seldom(st.decimals(-(10**15), 10**15, places=2), st.decimals(0, 10**9, places=2)),
    st.sampled_from([Decimal(0), Decimal("-0.00"), Decimal("0.005"), Decimal("-0.004"), Decimal("1E+3")]),
)
NUMBERS = st.none() | st.decimals(-100, 10**5, places=2) | st.decimals(0, 100, places=8) | AMOUNTS
LINES = st.builds(
    ContractLine,
    id=st.just(0),
    description=TEXTS,
    amount=AMOUNTS,
    code=seldom(st.none(), CODES),
    quantity=NUMBERS,
    unit_cost=NUMBERS,
    uom=TEXTS,
)
DATES = st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))


def numbered(lines: list[ContractLine], first: int, linked: list[int] | None = None) -> tuple[ContractLine, ...]:
    """Give lines their ids, and those of a change order the lines that they change."""
    links = linked or [0] * len(lines)
    return tuple(
        ContractLine(
            first + at, each.description, each.amount, each.code, each.quantity, each.unit_cost, each.uom, link or None
        )
        for at, (each, link) in enumerate(zip(lines, links, strict=False))
    )


@st.composite
def commitments(draw: st.DrawFn) -> Commitment:
    """A purchase order or subcontract as Procore might show it, sound or not."""
    return Commitment(
        id=2,
        project_id=PROJECT,
        number=draw(TEXTS),
        title=draw(TEXTS),
        status=draw(seldom(st.sampled_from(["Draft", "Closed", "", "Out For Signature"]), st.just("Approved"))),
        lines=numbered(draw(st.lists(LINES, max_size=6)), 200),
        subcontract=draw(st.booleans()),
        vendor_id=draw(seldom(st.sampled_from([None, 99]), st.just(VENDOR))),
        contract_date=draw(DATES),
        retainage_percent=draw(st.decimals(0, 100, places=4)),
    )


@st.composite
def budgets(draw: st.DrawFn) -> Budget:
    """A budget, locked or not, with changes of codes that it has or has not."""
    rows = draw(st.lists(st.builds(BudgetRow, CODES, AMOUNTS, AMOUNTS), max_size=6))
    known = [row.code.id for row in rows] or [1]
    amounts = st.lists(st.tuples(seldom(st.just(4), st.sampled_from(known)), AMOUNTS), max_size=3).map(tuple)
    changes = draw(st.lists(st.builds(BudgetChange, st.integers(1, 9), TEXTS, TEXTS, amounts), max_size=3))
    return Budget(PROJECT, draw(seldom(st.just(False), st.just(True))), tuple(rows), tuple(changes))


@st.composite
def change_orders(draw: st.DrawFn) -> ChangeOrder:
    """A change order of the first commitment, whose lines change those of the order, added ones or none."""
    lines = draw(st.lists(LINES, max_size=5))
    return ChangeOrder(
        id=11,
        project_id=PROJECT,
        commitment_id=1,
        number=draw(TEXTS),
        title=draw(TEXTS),
        status=draw(seldom(st.sampled_from(["draft", "void", ""]), st.just("approved"))),
        lines=numbered(lines, 900, draw(st.lists(st.integers(0, 6), min_size=len(lines), max_size=len(lines)))),
    )


# ---------------------------------------------------------------- the way


@pytest.fixture(scope="module", name="office")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bridge whose project, vendor, two budget codes and first order stand in QuickBooks."""
    world = World(tmp_path_factory.mktemp("office"))
    world.journey(commitment(1, line(1, 1000), line(2, 500, code(2, "09-250", "L"))))
    assert set(world.states().values()) == {"synced"}
    yield world
    world.close()


@pytest.fixture(scope="module", name="language")
def _language() -> Language:
    """The language with Intuit's schema at hand."""
    return Language.load(OWNER, schema_dir=shared_dir("qbxml-schema"))


def accepted_task(world: World, scene: Scene, kind: str, *documents: Document) -> tuple[Submission | None, Task | None]:
    """Bring documents in, accept the one of that kind if nothing stands against it; gives it and what is queued."""
    uow, connection = scene.uow, scene.connection
    codes = [code(), code(2, "09-250", "L")]
    keep(uow, connection, {0: company_documents(), PROJECT: documents}, {PROJECT: codes}, world.now)
    work.settle(uow, connection, world.options, world.now, visit_id=VISIT)
    key = str(getattr(documents[-1], "id", PROJECT))
    row = uow.submissions.first(kind=kind, key=key)
    if row and row.state is State.READY:
        decisions.accept(uow, row, who="Alice", now=world.now)
        work.settle(uow, connection, world.options, world.now, visit_id=VISIT)
        row = uow.submissions.get(row.id)
    task = uow.tasks.first(submission_id=row.id, state=TaskState.QUEUED) if row else None
    return row, task


def sent(language: Language, scene: Scene, row: Submission | None, task: Task | None) -> Element | None:
    """The request as it leaves; None where a sentence says why it does not."""
    if row is None:  # a dead document is not offered
        return None
    if task is None:
        reasons = row.reasons if row.state in (State.BLOCKED, State.FAILED) else row.waits_for
        assert reasons
        assert all(len(reason.split()) > 1 for reason in reasons), reasons
        return None
    event("it goes")
    with suppress(_TooLargeError):
        return parse_tree(_text(language, scene, task))[0][0][0]
    return None


class _TooLargeError(Exception):
    """An amount has no form in qbXML: such a record fails alone with these words, before anything of it is sent."""


def _text(language: Language, scene: Scene, task: Task) -> str:
    try:
        return language.message([("1", task.request)], scene.connection, set_id="A" * 20)
    except QuickBooksError as problem:
        raise (_TooLargeError if "too large for QuickBooks" in str(problem) else AssertionError)(problem) from problem


def amounts_of(request: Element) -> list[Decimal]:
    """The amounts of a request's lines."""
    return [Decimal(each.text or "") for each in request.iter("Amount")]


@given(commitments())
def test_any_commitment_is_an_order_to_the_cent_or_has_a_reason(
    office: World, language: Language, shown: Commitment
) -> None:
    """The lines of the order are the commitment's, one for one, and add up to it."""
    with office.trial(VISIT) as scene:
        request = sent(language, scene, *accepted_task(office, scene, "commitment", shown))
        if request is not None:
            assert amounts_of(request) == [cents(each.amount) for each in shown.lines]
            assert total(amounts_of(request)) == shown.amount()
            _has_mark(scene.uow, request, "commitment", shown.id)


@given(budgets())
def test_any_budget_is_an_estimate_to_the_cent_or_has_a_reason(
    office: World, language: Language, shown: Budget
) -> None:
    """The estimate has a line for each budget code, and its lines add up to the budget."""
    with office.trial(VISIT) as scene:
        request = sent(language, scene, *accepted_task(office, scene, "budget", shown))
        if request is not None:
            assert total(amounts_of(request)) == shown.amount()
            assert len(amounts_of(request)) == len({row.code.id for row in shown.rows})
            _has_mark(scene.uow, request, "budget", PROJECT)


@given(change_orders(), st.data())
def test_any_change_order_moves_its_order_to_the_cent_or_has_a_reason(
    office: World, language: Language, shown: ChangeOrder, data: st.DataObject
) -> None:
    """Every line of the order stays, whatever came of it, and the new total is the old one and the change."""
    with office.trial(VISIT) as scene:
        order = _read_order(scene.uow, data.draw)
        first = office.documents[PROJECT][0]
        row, task = accepted_task(office, scene, "change_order", first, shown)
        request = sent(language, scene, row, task)
        if request is not None and task is not None:
            assert isinstance(task.request, PurchaseOrderMod)
            assert total(_after(order, request)) == order.total + shown.amount()
            _has_mark(scene.uow, request, "change_order", shown.id)


def _read_order(uow: UnitOfWork, draw: Callable[[st.SearchStrategy[list]], list]) -> TransactionRecord:  # type: ignore[type-arg]
    """Let the first order have been read in this visit, with other lines, partly received."""
    (order,) = uow.transactions.find(kind="PurchaseOrder")
    order.lines = draw(order_lines())
    order.total, order.read_visit_id = total(each.amount for each in order.lines), VISIT
    uow.transactions.save(order)
    holder = uow.submissions.first(kind="commitment", key="1")
    assert holder
    holder.line_ids = {str(at + 1): each.txn_line_id for at, each in enumerate(order.lines)}
    uow.submissions.save(holder)
    return order


def _after(order: TransactionRecord, request: Element) -> Iterator[Decimal]:
    """The amounts of the order's lines once QuickBooks has done the change."""
    before = {each.txn_line_id: each.amount for each in order.lines}
    lines = list(request.iter("PurchaseOrderLineMod"))
    ids = [each.findtext("TxnLineID") or "" for each in lines]
    assert ids[: len(before)] == list(before)
    assert set(ids[len(before) :]) <= {"-1"}
    for txn_line_id, each in zip(ids, lines, strict=True):
        amount = each.findtext("Amount")
        yield before.get(txn_line_id, ZERO) if amount is None else Decimal(amount)


def _has_mark(uow: UnitOfWork, request: Element, kind: str, key: int) -> None:
    row = uow.submissions.first(kind=kind, key=str(key))
    assert row
    assert (next(request.iter("Memo")).text or "").endswith(mark(row.mark))
