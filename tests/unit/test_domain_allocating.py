"""Where a cost belongs: the order of the rules, each against all that could overrule it (ACCOUNTING 6)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.costs import Allocation, Books, allocate, ignoring, naming
from qbwc_bridge.domain.txn_types import PAYROLL, TXN_TYPES, called_type, known_type, txn_type
from tests.unit.documents import TODAY, code

PROJECT = 7
CODES, TYPES = ("01-500", "03-300", "09-250"), ("L", "M", "S")
ANY_CODE = st.sampled_from(CODES)
FULL = st.tuples(ANY_CODE, st.sampled_from(TYPES))
CODE_ALONE = st.tuples(ANY_CODE, st.just(""))
TYPE_ALONE = st.tuples(st.just(""), st.sampled_from(TYPES))


def rules(*kinds: Any) -> st.SearchStrategy[dict[str, tuple[str, str]]]:
    """What a person may have said of the one name that the line has, or nothing."""
    return st.one_of(st.just({}), st.fixed_dictionaries({"name": st.one_of(*kinds)}))


BOOKS = st.builds(
    Books,
    projects=st.just({"J1": PROJECT}),
    items=rules(FULL, CODE_ALONE),
    accounts=rules(FULL, TYPE_ALONE),
    classes=rules(FULL, CODE_ALONE, TYPE_ALONE),
    types=st.one_of(st.just({}), st.fixed_dictionaries({"bill": st.sampled_from(TYPES)})),
    budget_codes=st.lists(FULL, max_size=4).map(
        lambda found: {PROJECT: [code(at, *each) for at, each in enumerate(found)]}
    ),
    default_cost_type=st.sampled_from(["", "O"]),
)
NAMED = st.fixed_dictionaries({kind: st.sampled_from(["", "Name"]) for kind in ("item", "class_name")})


def line(**more: Any) -> CostLine:
    """A posted line of job J1 on the account Name."""
    shown = {"item": "Name", "account": "Name", "class_name": "Name", **more}
    return CostLine("J1", "Job", account_type="Expense", amount=Decimal("1.00"), counted=True, **shown)


def placed(books: Books, **more: Any) -> Allocation:
    """Where that line of a bill goes."""
    (found,) = allocate([CostDocument(1, "T", "Bill", TODAY, lines=[line(**more)])], books)
    return found


def of(found: Mapping[str, tuple[str, str]], name: str) -> tuple[str, str]:
    """What is said of a name."""
    return found.get("name", ("", "")) if name else ("", "")


@given(BOOKS, NAMED)
def test_the_cost_code_comes_from_the_item_then_the_account_then_the_class(books: Books, named: Any) -> None:
    """Whichever names a code first gives it, whatever the others say; where none does, the cost waits."""
    said = [of(books.items, named["item"]), of(books.accounts, "Name"), of(books.classes, named["class_name"])]
    codes = [each[0] for each in said if each[0]]
    found = placed(books, **named)

    assert found.cost_code in ("", *codes[:1])
    assert (found.cost_code or found.known_code) == (codes[0] if codes else "")
    assert found.reason == ("" if found.code else "unmapped")


@given(BOOKS, NAMED)
def test_the_cost_type_comes_from_the_rules_in_their_order(books: Books, named: Any) -> None:
    """The code's own, the transaction type's, the account's, the class's, the only budget's, the default: or none."""
    said = [of(books.items, named["item"]), of(books.accounts, "Name"), of(books.classes, named["class_name"])]
    first = next((each for each in said if each[0]), ("", ""))
    budget = {each.cost_type for each in books.budget_codes[PROJECT] if each.cost_code == first[0]}
    order = [first[1], books.types.get("bill", "")]
    order += [cost_type for cost_code, cost_type in said[1:] if cost_code in ("", first[0])]
    order += [min(budget) if len(budget) == 1 else books.default_cost_type]
    found = placed(books, **named)

    assert found.cost_type == (next(filter(None, order), "") if first[0] else "")


@given(st.dictionaries(st.sampled_from("abcd"), st.one_of(FULL, CODE_ALONE)), BOOKS, st.lists(st.sampled_from("abcde")))
@example(
    {"a": ("03-300", ""), "b": ("03-300", "M")}, Books({"J1": PROJECT}, {}, {}, budget_codes={PROJECT: []}), ["a", "b"]
)
def test_making_the_budget_codes_of_costs_moves_no_other_cost(
    items: dict[str, tuple[str, str]], books: Books, lines: list[str]
) -> None:
    """Once the codes that costs need stand in the budget, every cost is still where it was."""
    books = replace(books, items=items, accounts={}, classes={})
    documents = [CostDocument(1, "T", "Bill", TODAY, lines=[line(item=name) for name in lines])]
    before = allocate(documents, books)
    needed = sorted({(each.cost_code, each.cost_type) for each in before if each.code})
    made = [code(100 + at, *pair) for at, pair in enumerate(needed)]
    after = allocate(documents, replace(books, budget_codes={PROJECT: [*books.budget_codes[PROJECT], *made]}))

    assert after == before


@given(st.dictionaries(st.sampled_from("abcd"), st.one_of(FULL, CODE_ALONE)), BOOKS, st.lists(st.sampled_from("abcde")))
@example({"a": ("03-300", ""), "b": ("03-300", "M")}, Books({"J1": PROJECT}, {}, {}), ["a", "b"])
def test_a_document_by_itself_stands_as_among_all(
    items: dict[str, tuple[str, str]], books: Books, lines: list[str]
) -> None:
    """By the codes of all costs of its project each document is placed as it is together with all the others."""
    books = replace(books, items=items, accounts={}, classes={})
    documents = [CostDocument(1, f"T{at}", "Bill", TODAY, lines=[line(item=name)]) for at, name in enumerate(lines)]
    among_all = allocate(documents, books)
    by_codes = naming(books, PROJECT, ((each.cost_code, each.cost_type) for each in among_all if each.code))

    assert [allocate([each], by_codes) for each in documents] == [[each] for each in among_all]


@given(BOOKS, NAMED, st.sampled_from(["item", "account", "class", "type"]))
def test_what_is_ignored_by_item_or_type_stays_out_and_by_account_or_class_where_nothing_else_says(
    books: Books, named: Any, kind: str
) -> None:
    """An ignored item or transaction type is not overruled; an ignored account or class gives way to a full code."""
    name = {"type": "bill", "item": named["item"], "class": named["class_name"], "account": "Name"}[kind].casefold()
    said = {"account": "accounts", "class": "classes", "item": "items"}.get(kind, "projects")
    without = replace(books, **{said: books.projects if kind == "type" else {}})  # type: ignore[arg-type]
    with_it = replace(without, ignored=frozenset({(kind, name)}))
    before, after = placed(without, **named), placed(with_it, **named)

    if name and (kind in ("type", "item") or not before.code):
        assert after.reason == "ignored"
        assert ignoring(after.document, after.line, with_it) == (kind, name)
    else:
        assert (after.code, after.reason) == (before.code, before.reason)


@pytest.mark.parametrize("each", TXN_TYPES)
def test_a_transaction_type_is_known_by_each_of_its_names(each: str) -> None:
    """In qbXML's word, as a bookkeeper calls it, in any case, and spelled apart."""
    spelled = "".join(f" {letter}" if letter.isupper() else letter for letter in each)
    names = {each, each.lower(), called_type(each), called_type(each).upper(), spelled, f"{called_type(each)}s"}
    assert {known_type(name) for name in names} == {each}


def test_words_of_reports_and_unknown_ones() -> None:
    """Reports have words of their own; what is no type is none."""
    assert [known_type(word) for word in ("General Journal", "bill credit", "Payroll")] == [
        "JournalEntry",
        "VendorCredit",
        PAYROLL,
    ]
    assert {known_type(word) for word in ("", "s", "Receipt of goods", "Estimate")} == {""}
    assert (txn_type("General Journal"), txn_type("Paycheck")) == ("JournalEntry", PAYROLL)
