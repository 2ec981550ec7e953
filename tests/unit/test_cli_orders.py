"""Commands about orders that stand in QuickBooks: previews of updates, and the decisions that only they need."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.rehearsal.procore.views import CommitmentLine
from tests.journeys.crashing import finish
from tests.journeys.test_orders_change import look, order_of
from tests.unit.cli_office import Office, office


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    """An office whose first project stands in QuickBooks."""
    with office(tmp_path) as made:
        made.bridge.switch_on("24-001")
        made.bridge.visit()
        made.run("review", "accept", "--all")
        finish(made.bridge)
        yield made


def add_change(here: Office, number: str) -> int:
    """Approve a change order of the drywall order in Procore; gives its submission."""
    contract = int(here.bridge.find("commitment", "PO24-003").key)
    more = CommitmentLine("09-250.M", "More board", Decimal(300))
    here.bridge.procore.add_change_order(contract, number, "More board", [more])
    here.run("pull")
    found: int = here.submission("change_order", f"PO24-003 CO {number}")["id"]
    return found


def test_a_preview_of_an_update_shows_both_sides(here: Office) -> None:
    """Field by field what will be written beside what is there, and the exact PurchaseOrderMod; nothing is kept."""
    row = here.submission("commitment", "PO24-003")
    contract = int(here.bridge.find("commitment", "PO24-003").key)
    (board, _) = here.bridge.procore.commitment_lines(contract)
    dearer = CommitmentLine("09-250.M", "Gypsum board, 5/8 in. type X", Decimal("12500.00"))
    here.bridge.procore.set_commitment_line(contract, board, dearer)
    here.run("pull")

    found = here.ask("review", "preview", str(row["id"]))
    assert found["request"] == "PurchaseOrderMod"
    assert {"field": "line 1 amount", "writes": "12,500.00", "there": "12,000.00"} in found["fields"]
    assert "<Amount>12500.00</Amount>" in found["qbxml"]
    assert here.ask("review", "preview", str(row["id"])) == found


def test_a_hand_edit_is_agreed_to(here: Office) -> None:
    """`review agree` takes what QuickBooks has; before a hand edit there is nothing that differs."""
    order = order_of(here.bridge)
    here.bridge.company.edit_order(order.txn_id, amounts={order.lines[0].line_id: Decimal("12100.00")})
    look(here.bridge)
    row = here.submission("commitment", "PO24-003")
    assert "changed by hand" in row["reasons"][0]
    here.run("review", "agree", str(row["id"]))
    assert "QuickBooks shows 20,100.00" in here.submission("commitment", "PO24-003")["reasons"][0]
    assert "no order or estimate" in here.refused("review", "agree", str(here.submission("job", "24-001")["id"]))


def test_an_order_is_closed_only_when_its_commitment_ended(here: Office) -> None:
    """Refused while Procore shows it approved; afterwards closed with the next visit."""
    row = here.submission("commitment", "PO24-003")
    assert "approved in Procore" in here.refused("review", "close-order", str(row["id"]))
    here.bridge.procore.set_commitment(int(here.bridge.find("commitment", "PO24-003").key), status="Closed")
    here.run("pull")
    here.run("review", "close-order", str(row["id"]))
    finish(here.bridge)
    assert order_of(here.bridge).is_closed
    assert "closed or received in full already" in here.refused("review", "close-order", str(row["id"]))


@pytest.mark.parametrize(("command", "orders"), [("reopen", 2), ("second-order", 3)])
def test_a_change_of_a_closed_order_goes_as_a_person_says(here: Office, command: str, orders: int) -> None:
    """Into the order, opened again, or into one of its own."""
    here.bridge.company.close_order(order_of(here.bridge).txn_id)
    look(here.bridge)
    change = add_change(here, "002")
    assert "closed in QuickBooks" in here.submission("change_order", "PO24-003 CO 002")["reasons"][0]
    here.run("review", command, str(change))
    here.run("review", "accept", str(change))
    finish(here.bridge)

    assert here.submission("change_order", "PO24-003 CO 002")["state"] == "synced"
    assert len(here.bridge.company.orders()) == orders + 1
    assert order_of(here.bridge).is_closed is (command == "second-order")
    assert "was not written yet" in here.refused("review", command, str(change))
