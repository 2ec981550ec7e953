"""Who was paid: only vendors of QuickBooks are told, in the ledger and in its history."""

from dataclasses import replace

import pytest

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.quickbooks import Ref
from qbwc_bridge.flow.cost_history import NO_VENDOR, what_changed
from tests.unit.factories import World
from tests.unit.test_flow_costs import cells, header, ledger_rows, read, template, world
from tests.unit.test_flow_writeback import bill

__all__ = ["template", "world"]  # the fixtures

PERSON = "Wilhelmina Obscura"


@pytest.mark.parametrize("kind", ["employee", "vendor"])
def test_an_employee_who_is_paid_by_check_is_no_vendor(world: World, kind: str) -> None:
    """A check names its payee by ListID, whoever that is: it counts as a vendor's only where the vendors have it."""
    with world.unit() as (uow, connection):
        uow.lists.add(
            ListRecord(connection.id, kind, "P1", PERSON, PERSON, PERSON.lower(), is_active=True, edit_sequence="1")  # type: ignore[arg-type]
        )
    row = cells("T1", 1, TxnType="Check", SourceName=PERSON)
    read(world, row, documents=(header(row, "1", party=Ref("P1", PERSON)),))

    assert [each.vendor_id for each in ledger_rows(world)] == [{"employee": "", "vendor": "P1"}[kind]]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (("Ready Mix", "V1"), ("Smith", "V2"), "payee Ready Mix became Smith"),
        (("Ready Mix", "V1"), (PERSON, ""), f"payee Ready Mix became {NO_VENDOR}"),
        (("", ""), (PERSON, ""), f"payee none became {NO_VENDOR}"),
        (("Jo", ""), (PERSON, ""), f"payee {NO_VENDOR} became another one"),
    ],
)
def test_history_tells_a_change_of_payee_without_naming_people(
    before: tuple[str, str], after: tuple[str, str], told: str
) -> None:
    """Vendors are named; others are told as no vendor, and two of them apart."""
    was, is_now = (replace(bill("A"), payee=payee, vendor_id=vendor) for payee, vendor in (before, after))
    assert what_changed(was, is_now) == told
