"""Job cost: where each posted line belongs, what is written, and when a person is asked first (ACCOUNTING 6, 16-22)."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.costs import Allocation, Books, Sink, Writing, allocate, brake, direct_costs, judge
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost, DirectCostLine
from qbwc_bridge.domain.records import ReleaseChoice
from tests.unit.documents import TODAY, cash, code

CUT_OFF = dt.date(2026, 1, 1)
CODES = {"03-300.M": 11, "03-300.L": 12, "09-250.L": 13, "01-500.O": 14}
BOOKS = Books(
    projects={"J1": 7, "J2": 7, "J3": 8},
    items={"03-300:m": ("03-300", "M"), "09-250:l": ("09-250", "L"), "09-250": ("09-250", ""), "tile": ("09-300", "")},
    accounts={"fuel": ("01-500", "O"), "labor": ("03-300", "L")},
    ignored=frozenset({("account", "donations"), ("item", "gifts")}),
    budget_codes={7: [code(13, "09-250", "L"), code(15, "03-300", "M"), code(16, "03-300", "L")]},
)
AMOUNTS = st.decimals(-(10**6), 10**6, places=2)


def posted(
    amount: str | Decimal = "10.00", *, item: str = "03-300:M", account: str = "Job Expenses", **more: Any
) -> CostLine:
    """A posted line of job J1."""
    shown = {"job_id": "J1", "job_name": "Clients:24-001", "account_type": "CostOfGoodsSold", "counted": True, **more}
    return CostLine(account=account, item=item, amount=Decimal(amount), **shown)


def document(*lines: CostLine, txn_id: str = "T1", txn_type: str = "Bill", **more: Any) -> CostDocument:
    """A bill of a known vendor."""
    shown = {"txn_date": TODAY, "ref_number": "B-1", "payee": "Ready Mix", "vendor_id": "V1", **more}
    return CostDocument(1, txn_id, txn_type, lines=list(lines), **shown)


def chosen(
    po_bills: Literal["write", "skip"] = "write", before: Literal["opening", "detail", "none"] = "detail"
) -> ReleaseChoice:
    """What a person chose."""
    return ReleaseChoice(CUT_OFF, before, po_bills)


def writing(**more: Any) -> Writing:
    """What building needs."""
    return Writing(**{"key": "abcd2345", "release": chosen(), "code_ids": CODES, "vendors": {"V1": 40}, **more})


LINES = st.builds(
    posted,
    AMOUNTS,
    item=st.sampled_from(["", "03-300:M", "09-250:L", "09-250", "Tile", "Unknown"]),
    account=st.sampled_from(["Job Expenses", "Fuel", "Labor", "Donations"]),
    job_id=st.sampled_from(["J1", "J2", "J3", "J9"]),
    counted=st.booleans(),
)
DOCUMENTS = st.lists(
    st.builds(
        document,
        LINES,
        LINES,
        txn_type=st.sampled_from(["Bill", "Check", "VendorCredit", "Paycheck", "JournalEntry"]),
        ref_number=st.sampled_from(["", "B-1", "b-1", "B-1 (T1)", "B-2"]),
        vendor_id=st.sampled_from(["", "V1", "V2"]),
        txn_date=st.sampled_from([CUT_OFF - dt.timedelta(days=40), CUT_OFF, TODAY]),
        deleted=st.sampled_from([False, False, True]),
    ),
    max_size=6,
).map(lambda found: [replace(each, txn_id=f"T{at}") for at, each in enumerate(found)])


# ---------------------------------------------------------------- where a cost belongs


@given(DOCUMENTS)
def test_every_counted_line_of_a_linked_job_is_placed_once(documents: list[CostDocument]) -> None:
    """Nothing is lost and nothing doubled: mapped, unmapped and ignored together are the job cost."""
    alive = [each for each in documents if not each.deleted]
    counted = [
        row for each in alive for row in each.lines if row.counted and row.amount and row.job_id in BOOKS.projects
    ]
    placed = allocate(documents, BOOKS)

    assert Counter(id(each.line) for each in placed) == Counter(id(row) for row in counted)
    assert all(each.project_id == BOOKS.projects[each.line.job_id] for each in placed)
    assert all(bool(each.cost_code) == bool(each.cost_type) for each in placed)
    assert all(bool(each.reason) != bool(each.code) for each in placed)


@pytest.mark.parametrize(
    ("item", "account", "expected"),
    [
        ("03-300:M", "Fuel", "03-300.M"),  # the item goes before the account
        ("03-300:m", "Job Expenses", "03-300.M"),  # names are compared as QuickBooks does
        ("", "Fuel", "01-500.O"),
        ("Unknown", "fuel", "01-500.O"),
        ("09-250", "Job Expenses", "09-250.L"),  # the project's only budget code of that cost code
        ("Tile", "Job Expenses", ""),  # no type anywhere: never a guess
        ("", "Job Expenses", ""),
    ],
)
def test_a_cost_is_placed_by_item_else_by_account(item: str, account: str, expected: str) -> None:
    """The item decides, else the account, and what has no full code waits in its list."""
    (found,) = allocate([document(posted(item=item, account=account))], BOOKS)

    assert found.code == expected
    assert found.reason == ("" if expected else "unmapped")


def test_the_type_of_an_item_without_type_comes_from_the_rules_in_their_order() -> None:
    """First the account's rule for the same code, then the only budget code, then the default, else it waits."""
    books = replace(BOOKS, items={"03-300": ("03-300", "")})

    def placed(account: str, known: Books) -> str:
        return allocate([document(posted(item="03-300", account=account))], known)[0].code

    assert placed("Labor", books) == "03-300.L"
    assert placed("Job Expenses", books) == ""  # two budget codes of that cost code: never a guess
    assert placed("Job Expenses", replace(books, default_cost_type="O")) == "03-300.O"
    assert placed("Fuel", books) == ""  # the rule of another cost code says nothing about this one


def test_an_ignored_account_or_item_is_told_apart_from_an_unmapped_one() -> None:
    """A person's lasting decision is no open question."""
    by_account, by_item = allocate(
        [document(posted(item="", account="Donations")), document(posted(item="Gifts", account="x"))], BOOKS
    )

    assert (by_account.reason, by_item.reason) == ("ignored", "ignored")


def test_an_ignored_item_stays_ignored_on_a_mapped_account() -> None:
    """What a person decided about an item is not overruled by the rule of its account."""
    (found,) = allocate([document(posted(item="Gifts", account="Fuel"))], BOOKS)

    assert found.reason == "ignored"


def test_what_is_no_cost_is_not_placed() -> None:
    """Lines on other accounts, of unlinked jobs, of deleted documents and of 0.00 are no job cost."""
    none = [
        document(posted(counted=False), posted(job_id="J9"), posted("0.00")),
        document(posted(), deleted=True),
    ]
    assert allocate(none, BOOKS) == []


# ---------------------------------------------------------------- what is written


def test_bills_on_orders_and_early_costs_are_left_out_with_their_reason() -> None:
    """The release's choices decide; without a release nothing is judged; a reason given before stays."""
    early = allocate([document(posted(), txn_date=CUT_OFF - dt.timedelta(days=1))], BOOKS)[0]
    open_one = allocate([document(posted(item="", account="x"))], BOOKS)[0]

    def on_order(_item: Allocation) -> bool:
        return True

    def off_order(_item: Allocation) -> bool:
        return False

    assert judge(early, None, on_order).reason == ""
    assert judge(early, chosen("skip"), on_order).reason == "skipped"
    assert judge(early, chosen("write"), on_order).reason == ""
    assert judge(early, chosen(before="none"), off_order).reason == "before"
    assert judge(early, chosen(before="detail"), off_order).reason == ""
    assert judge(replace(early, document=document(txn_date=CUT_OFF)), chosen(before="none"), off_order).reason == ""
    assert judge(open_one, chosen("skip", "none"), on_order).reason == "unmapped"


RELEASES = st.builds(chosen, st.just("write"), st.sampled_from(["opening", "detail"]))
SINKS = st.sampled_from(["direct_costs", "direct_costs_total"])


@given(DOCUMENTS, RELEASES, SINKS)
def test_direct_costs_conserve_money_code_by_code(
    documents: list[CostDocument], release: ReleaseChoice, sink: Sink
) -> None:
    """What is written equals what is mapped, for each budget code and in all."""
    placed = [each for each in allocate(documents, BOOKS) if each.code in CODES or each.reason]
    wanted: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for each in placed:
        if not each.reason:
            wanted[CODES[each.code]] += each.line.amount
    written: dict[int, Decimal] = defaultdict(lambda: ZERO)
    found = direct_costs(placed, writing(release=release, sink=sink))
    for cost in found.values():
        for row in cost.lines:
            written[row.budget_code_id] += row.amount

    assert written == wanted
    assert total(cost.amount() for cost in found.values()) == total(wanted.values())


@given(DOCUMENTS, RELEASES, SINKS)
def test_keys_are_those_of_the_rule_and_unique(
    documents: list[CostDocument], release: ReleaseChoice, sink: Sink
) -> None:
    """Header qbd:key:TxnID:job, line the same and the budget code: each once, one line per budget code."""
    placed = [each for each in allocate(documents, BOOKS) if each.code in CODES or each.reason]
    found = direct_costs(placed, writing(release=release, sink=sink))
    lines = [row.origin_id for cost in found.values() for row in cost.lines]

    assert len(lines) == len(set(lines))
    for key, cost in found.items():
        assert cost.origin_id == key
        assert key.startswith("qbd:abcd2345:")
        assert len(key.split(":")) == 4
        assert {row.origin_id for row in cost.lines} == {f"{key}:{row.budget_code_id}" for row in cost.lines}
        assert len({row.budget_code_id for row in cost.lines}) == len(cost.lines)


@given(DOCUMENTS)
def test_invoice_numbers_are_unique_per_vendor(documents: list[CostDocument]) -> None:
    """Procore refuses a second invoice of one number: two bills with one number are told apart."""
    placed = [each for each in allocate(documents, BOOKS) if each.code in CODES]
    found = direct_costs(placed, writing())
    numbers = Counter(
        (cost.vendor_id, cost.invoice_number.casefold()) for cost in found.values() if cost.invoice_number
    )

    assert set(numbers.values()) <= {1}


def test_a_number_made_to_tell_bills_apart_is_unique_itself() -> None:
    """Neither one bill on three jobs nor a bill that has such a number already makes a double."""
    documents = [
        document(*(posted(job_id=job) for job in ("J1", "J2", "J4")), txn_id="T1"),
        document(posted(), txn_id="T2", ref_number="B-1 (T1)"),
    ]
    placed = allocate(documents, replace(BOOKS, projects={**BOOKS.projects, "J4": 7}))
    numbers = [each.invoice_number for each in direct_costs(placed, writing()).values()]

    assert len(set(numbers)) == 4
    assert "B-1" in numbers


@given(DOCUMENTS, st.randoms(), SINKS)
def test_direct_costs_do_not_depend_on_the_order_of_reading(
    documents: list[CostDocument], dice: Any, sink: Sink
) -> None:
    """The same ledger in another order gives the same direct costs, or every push would write."""
    placed = [each for each in allocate(documents, BOOKS) if each.code in CODES]
    other = list(placed)
    dice.shuffle(other)

    assert direct_costs(other, writing(sink=sink)) == direct_costs(placed, writing(sink=sink))


@pytest.mark.parametrize(
    ("txn_type", "vendor_id", "number", "expected"),
    [
        ("Bill", "V1", "B-1", "invoice"),
        ("Bill", "V1", "", "expense"),
        ("Bill", "V9", "B-1", "expense"),
        ("Bill", "", "B-1", "expense"),
        ("VendorCredit", "V1", "C-1", "expense"),
        ("Check", "V1", "1001", "expense"),
        ("JournalEntry", "", "J-1", "expense"),
        ("Paycheck", "", "", "payroll"),
    ],
)
def test_the_type_follows_the_document(txn_type: str, vendor_id: str, number: str, expected: str) -> None:
    """Bills are invoices where vendor and number are there, payroll is payroll, all others expenses."""
    shown = document(posted(), txn_type=txn_type, vendor_id=vendor_id, ref_number=number)
    (cost,) = direct_costs(allocate([shown], BOOKS), writing()).values()

    assert cost.type == expected
    assert cost.vendor_id == (40 if expected == "invoice" else None)
    assert cost.invoice_number == (number if expected == "invoice" else "")
    assert (cost.status, cost.date) == ("approved", TODAY)


def test_a_credit_has_negative_lines() -> None:
    """A vendor credit lowers the cost."""
    shown = document(posted("-25.00"), txn_type="VendorCredit")
    (cost,) = direct_costs(allocate([shown], BOOKS), writing()).values()

    assert [row.amount for row in cost.lines] == [cash(-25)]


def test_costs_before_the_cut_off_become_one_opening_document() -> None:
    """One line per budget code, dated the day before the cut-off; later costs stay their own."""
    early = CUT_OFF - dt.timedelta(days=1)
    documents = [
        document(posted("1.00"), txn_id="A", txn_date=early),
        document(posted("2.00"), posted("4.00", item="09-250:L"), txn_id="B", txn_date=early),
        document(posted("8.00"), txn_id="C", txn_date=CUT_OFF),
    ]
    found = direct_costs(allocate(documents, BOOKS), writing(release=chosen(before="opening")))

    assert sorted(found) == ["qbd:abcd2345:C:J1", "qbd:abcd2345:opening:J1"]
    opening = found["qbd:abcd2345:opening:J1"]
    assert {row.budget_code_id: row.amount for row in opening.lines} == {11: cash(3), 13: cash(4)}
    assert (opening.date, opening.type) == (early, "expense")
    assert opening.days == ((early, "03-300.M", cash(3)), (early, "09-250.L", cash(4)))


# ---------------------------------------------------------------- the brake


def cost(key: str, amount: str, date: dt.date = TODAY) -> DirectCost:
    """A direct cost of one line."""
    return DirectCost(key, "expense", "approved", date, (DirectCostLine(f"{key}:11", 11, Decimal(amount)),))


def costs(count: int, amount: str, date: dt.date = TODAY) -> dict[str, DirectCost]:
    """So many direct costs of one amount."""
    return {f"K{number}": cost(f"K{number}", amount, date) for number in range(count)}


def asked(before: dict[str, DirectCost], after: dict[str, DirectCost], closed: dt.date | None = None) -> str:
    """What the brake says."""
    return brake(before, after, closed, vanished=0)


@pytest.mark.parametrize(("gone", "held"), [(25, False), (26, True)])
def test_more_than_25_deletions_ask(gone: int, held: bool) -> None:
    """25 pass, 26 ask."""
    before = costs(40, "1.00")
    assert bool(asked(before, dict(list(before.items())[gone:]))) == held


@pytest.mark.parametrize(
    ("was", "will", "held"),
    [
        ("10000.00", "9500.00", False),  # 5 %, but not more than 500.00
        ("10000.00", "9499.99", True),
        ("100000.00", "98000.00", False),  # 2000.00, but not more than 2 %
        ("100000.00", "97999.99", True),
        ("-10000.00", "-10500.01", True),
        ("100.00", "90000.00", False),  # raising never asks
    ],
)
def test_lowering_by_more_than_two_percent_and_500_asks(was: str, will: str, held: bool) -> None:
    """Both limits must be passed."""
    assert bool(asked({"K": cost("K", was)}, {"K": cost("K", will)})) == held


def test_a_closed_month_asks_whichever_way_it_is_touched() -> None:
    """A change in it, a move out of it and a move into it ask; an unchanged document does not."""
    closed = TODAY - dt.timedelta(days=10)
    inside, outside = cost("K", "5.00", closed), cost("K", "5.00", closed + dt.timedelta(days=1))

    assert asked({"K": inside}, {"K": cost("K", "6.00", closed)}, closed)
    assert asked({"K": inside}, {"K": outside}, closed)
    assert asked({"K": outside}, {"K": inside}, closed)
    assert asked({"K": inside}, {}, closed)
    assert asked({"K": outside}, {"K": outside, "N": replace(inside, origin_id="N")}, closed)
    assert not asked({"K": inside, "L": outside}, {"K": inside, "L": cost("L", "9.00")}, closed)


def test_the_first_writing_of_a_released_project_is_no_touch_of_a_closed_month() -> None:
    """A person has just seen its dry run, early months included."""
    assert not asked({}, costs(3, "5.00", dt.date(2025, 1, 1)), TODAY)


def test_documents_that_vanished_ask() -> None:
    """A restored or condensed file must not delete costs silently; the sentence says how many are gone."""
    assert brake({}, {}, None, vanished=3).startswith("3 documents")
    assert not brake({}, {}, None, vanished=0)


def test_what_an_earlier_run_let_pass_is_not_asked_about_again() -> None:
    """A push that was cut off goes on without a second question; a newer document in the closed time asks."""
    early = {key: cost(key, "5.00", dt.date(2025, 1, 1)) for key in ("A", "B", "C")}

    assert not brake({"A": early["A"]}, early, TODAY, vanished=0, passed=["B", "C"])
    assert brake({"A": early["A"]}, early, TODAY, vanished=0, passed=["B"])
