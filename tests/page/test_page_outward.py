"""What goes to Procore, on the status page."""

from typing import Any

import pytest

from qbwc_bridge.domain.books import ListKind, ListRecord
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import Vendor
from qbwc_bridge.domain.records import DocumentRow, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import work
from tests.page.office import MAIN, NOW, Browser, Office


@pytest.fixture(name="born")
def _born(office: Office) -> Office:
    """An office whose QuickBooks got a job and a vendor, and whose Procore has a vendor of nearly that name."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        connection.pulled_at = NOW
        records: list[tuple[ListKind, str, str]] = [
            ("customer", "Acme:26-001 Library", "above"),
            ("vendor", "Bolt Bros", ""),
        ]
        for kind, name, parent in records:
            more: dict[str, Any] = {"is_active": True, "edit_sequence": "1", "parent_id": parent, "born": True}
            uow.lists.add(
                ListRecord(connection.id, kind, f"B-{kind}", name.rpartition(":")[2], name, fold(name), **more)
            )
        uow.documents.add(DocumentRow(connection.id, "vendor", "990", Vendor(990, "Bolt Bross")))
        work.settle(uow, connection, office.kit.options(connection), NOW)
    return office


def page(alice: Browser, row: Submission) -> str:
    """The page of a record."""
    return alice.get(f"/connections/{MAIN}/submissions/{row.id}").text


def test_a_new_project_waits_for_procore(born: Office, alice: Browser) -> None:
    """Accepted, it says that it waits for Procore, on its page, in its history and on the overview."""
    row = born.row("26-001")
    assert (row.kind, row.state) == ("new_project", State.READY)
    assert "It stands in QuickBooks as Acme:26-001 Library." in page(alice, row)
    before = alice.get("/").text
    alice.decide("accept", row)
    text = page(alice, row)
    assert "Waiting for Procore" in text
    assert "Ready to Export → Waiting for Procore: accepted" in text
    assert "Choose its name" not in text
    assert "1 for Procore" in alice.get("/").text
    assert "for Procore" not in before


def test_a_new_vendor_is_linked_or_said_to_be_new(born: Office, alice: Browser) -> None:
    """The blocked one offers both, in words about Procore; linking shows what it is in Procore."""
    row = born.row("Bolt Bros")
    text = page(alice, row)
    assert "It is new in Procore" in text
    assert "Link to a record that Procore has" in text
    record = {"from": "record"}
    assert "Procore has no vendor Nobody" in alice.follow(alice.decide("link", row, quickbooks="Nobody", **record)).text
    alice.decide("new", row, **record)
    assert born.row("Bolt Bros").state is State.READY
    alice.decide("link", born.row("Bolt Bros"), quickbooks="bolt bross", **record)
    linked = born.row("Bolt Bros")
    assert (linked.state, linked.quickbooks_id) == (State.SYNCED, "B-vendor")
    assert "<dt>In Procore</dt><dd>Bolt Bross</dd>" in page(alice, linked)
