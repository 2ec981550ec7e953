"""Business rules: nothing, or one plain sentence that says what is wrong and who can mend it."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_bridge.domain import document_rules, rules
from qbwc_bridge.domain.procore import BudgetChange, BudgetRow, ContractLine
from tests.unit.documents import NOW, TODAY, budget, cash, change_order, code, commitment, line

ODD = replace(code(9, "99-999", "Z"), other_segments=True)


@pytest.mark.parametrize(
    "reason",
    [
        rules.not_visited(NOW),
        rules.project_off("24-001", on=True),
        rules.multi_currency(None),
        rules.multi_currency(False),
        rules.feature_off("estimates", True),
        rules.feature_off("estimates", None),
        rules.budget_unlocked(budget()),
        rules.budget_empty(budget()),
        rules.unbudgeted(budget()),
        rules.change_without_row(budget(changes=(BudgetChange(1, "1", "", ((1, cash(5)),)),))),
        rules.other_estimate("Clients:24-001", []),
        rules.not_approved(commitment(1)),
        rules.no_vendor(commitment(1)),
        rules.no_lines("Order", [line(1, 1)]),
        rules.line_without_code("Order", [line(1, 1)]),
        rules.other_segments("Order", [code()]),
        rules.change_not_approved(change_order(1, 1)),
        rules.before_closing(TODAY, None),
        rules.before_closing(TODAY, TODAY - dt.timedelta(days=1)),
        document_rules.order_ended("PO-1", closed=False, received=False),
        document_rules.order_grouped("PO-1", grouped=False),
        rules.account_missing("income", "Construction Income", exists=True),
        rules.name_taken("Ready Mix", ""),
        rules.inactive("Ready Mix", is_active=True),
        rules.linked_elsewhere("Ready Mix", ""),
        rules.several_matches([]),
        rules.shortened("The name", "same", "same"),
        document_rules.total_differs("Order", cash(5), Decimal(5)),
    ],
)
def test_a_record_that_keeps_a_rule_hears_nothing(reason: str | None) -> None:
    """No reason, no sentence."""
    assert reason is None


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (rules.not_visited(None), ["QuickBooks has not visited yet"]),
        (rules.project_off("24-001", on=False), ["24-001", "switch it on"]),
        (rules.multi_currency(True), ["multi-currency"]),
        (rules.feature_off("estimates", False), ["estimates", "Preferences"]),
        (rules.budget_unlocked(budget(locked=False)), ["not locked", "Procore"]),
        (rules.budget_empty(replace(budget(), rows=())), ["no lines", "Procore"]),
        (rules.unbudgeted(replace(budget(), unbudgeted=(code(2, "09-250", "L"),))), ["09-250.L.", "Procore"]),
        (rules.unbudgeted(replace(budget(), unbudgeted=(code(),) * 14)), ["03-300.M and 2 more.", "Procore"]),
        (rules.change_without_row(budget(changes=(BudgetChange(1, "BC-1", "", ((8, cash(5)),)),))), ["BC-1"]),
        (rules.other_estimate("Clients:24-001", ["17", ""]), ["Clients:24-001", "17, without number", "inactive"]),
        (rules.not_approved(commitment(1, status="Draft")), ["Purchase order PO-1", "Draft", "approve"]),
        (rules.not_approved(commitment(1, status="Draft", subcontract=True)), ["Subcontract PO-1"]),
        (rules.no_vendor(commitment(1, vendor_id=None)), ["PO-1", "no vendor"]),
        (rules.no_lines("Change order 001", []), ["Change order 001", "schedule of values"]),
        (rules.line_without_code("Order", [ContractLine(1, "Pump", cash(1)), ContractLine(2, "", cash(1))]), ["Pump"]),
        (rules.line_without_code("Order", [ContractLine(2, "", cash(1))]), ["line 2"]),
        (rules.other_segments("The budget", [ODD, ODD, code()]), ["The budget", "(99-999.Z)"]),
        (rules.change_not_approved(change_order(1, 1, status="pending")), ["001", "pending"]),
        (rules.before_closing(TODAY, TODAY), [str(TODAY), "on or before", "Procore"]),
        (document_rules.order_ended("PO-1", closed=True, received=False), ["PO-1", "closed", "re-open"]),
        (document_rules.order_ended("PO-1", closed=False, received=True), ["received in full"]),
        (document_rules.order_grouped("PO-1", grouped=True), ["item groups", "by hand"]),
        (rules.account_missing("income", "", exists=False), ["No income account"]),
        (rules.account_missing("income", "X", exists=False), ["X", "not in QuickBooks"]),
        (rules.name_taken("Ready Mix", "customer"), ["Ready Mix", "customer"]),
        (rules.inactive("Ready Mix", is_active=False), ["Ready Mix", "inactive"]),
        (rules.linked_elsewhere("Ready Mix", "24-002"), ["Ready Mix", "24-002"]),
        (rules.several_matches(["B", "A"]), ["A; B", "Link one"]),
        (rules.shortened("The number", "PO-2024-000123", "024-000123"), ['"024-000123"', '"PO-2024-000123"']),
        (document_rules.total_differs("Order", cash(5), cash("5.01")), ["5.01", "5.00"]),
    ],
)
def test_a_broken_rule_is_one_plain_sentence(reason: str | None, words: list[str]) -> None:
    """The sentence names the record and what to do, begins large and ends with a full stop."""
    assert reason is not None
    assert all(word in reason for word in words), reason
    assert reason[0].isupper() or reason[0].isdigit()
    assert reason.endswith(".")


def test_only_approved_records_are_exported() -> None:
    """Every other status of a commitment is a reason, and the ended ones are not offered at all."""
    for status in ("Draft", "Out For Bid", "Out For Signature", "Processing", "Submitted", *rules.ENDED_STATUSES):
        assert rules.not_approved(commitment(1, status=status))
    assert not rules.ENDED_STATUSES & {rules.EXPORTED_STATUS}
    assert not rules.DEAD_CHANGES & {rules.APPROVED_CHANGE}


def test_five_matches_are_enough_to_name() -> None:
    """A hundred like names make no hundred-line sentence."""
    reason = rules.several_matches([f"Vendor {number}" for number in range(100)])

    assert reason is not None
    assert reason.count(";") == 4


def test_the_budget_row_of_a_zero_change_counts_too() -> None:
    """A change of 0.00 to an unknown code is still told: the code may get money later."""
    assert rules.change_without_row(
        budget(BudgetRow(code(), cash(1)), changes=(BudgetChange(1, "1", "", ((9, cash(0)),)),))
    )
