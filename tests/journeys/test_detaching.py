"""Detaching: every key leaves Procore, everything else stays, and nothing is written a second time."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge import worker
from qbwc_bridge.domain.keys import beginning
from qbwc_bridge.domain.records import ReleaseChoice
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow import pushing, release_steps
from qbwc_bridge.procore import wire
from qbwc_bridge.rehearsal.procore import CommitmentLine
from tests.journeys.bridge import START, Bridge
from tests.journeys.test_keys import KilledError, _there, all_there, ask_for_keys, facts, on_records
from tests.unit.cli_office import Office

__all__ = ["_there"]  # the fixture


@pytest.fixture(name="keyed")
def _keyed(there: Bridge) -> Bridge:
    """A bridge whose keys stand on records and on direct costs."""
    ask_for_keys(there)
    there.push()
    all_there(there)
    return there


def ours(bridge: Bridge) -> list[str]:
    """Every key of the bridge in Procore."""
    found = [key for keys in bridge.procore.keys().values() for key in keys]
    return [key for key in found if key.startswith(beginning(bridge.connection.key))]


def detach(bridge: Bridge) -> list[str]:
    """Detach, and give what could not be taken away."""
    return worker.detach(bridge.app.kit, bridge.connection.id, who="Alice").problems


def attach(bridge: Bridge) -> list[str]:
    """Attach, and give what could not be given back."""
    return worker.attach(bridge.app.kit, bridge.connection.id, who="Alice").problems


def test_every_key_goes_and_nothing_else(keyed: Bridge) -> None:
    """Records and direct costs lose their keys; amounts, budgets and other people's keys stay as they are."""
    (project,) = keyed.projects("24-001")
    before = facts(keyed.procore, project)
    keyed.procore.set_vendor(keyed.procore.add_vendor("Acme"), origin_id="other:1")
    del keyed.procore.calls[:]
    assert detach(keyed) == []
    assert ours(keyed) == []
    assert keyed.procore.keys() == {"vendor": ["other:1"]}
    assert facts(keyed.procore, project) == before
    bodies = [call.body for call in keyed.procore.calls if call.method == "PATCH"]
    assert all(set(item) == {"id", "origin_id"} for body in bodies for item in body["updates"])
    assert {call.method for call in keyed.procore.calls if "oauth" not in call.path} == {"GET", "PATCH"}


def test_no_push_writes_anything_twice(keyed: Bridge) -> None:
    """Neither the clockwork nor a command writes while it is detached, whatever QuickBooks brings; both say so."""
    (project,) = keyed.projects("24-001")
    detach(keyed)
    keyed.company.enter_bill_on_order(keyed.company.orders()[2].txn_id, None, txn_date=START.date())
    keyed.refresh_costs()
    keyed.visit()
    before = facts(keyed.procore, project)
    del keyed.procore.calls[:]
    found = worker.push(keyed.app.kit, keyed.connection.id, confirmed=True)
    assert "was detached from Procore" in found.detached
    assert keyed.procore.calls == []
    chosen = ReleaseChoice(START.date(), "detail", "write")
    for refused in (
        lambda: release_steps.release(keyed.app.kit, keyed.connection.id, project, chosen, who="Alice"),
        lambda: release_steps.withdraw(keyed.app.kit, keyed.connection.id, project, who="Alice"),
        lambda: release_steps.try_release(keyed.app.kit, keyed.connection.id, project),
        lambda: worker.reconcile(keyed.app.kit, keyed.connection.id),
    ):
        with pytest.raises(Refused, match="connection attach"):
            refused()
    assert facts(keyed.procore, project) == before


def test_attached_again_pushes_go_on_where_they_ended(keyed: Bridge) -> None:
    """The same direct costs get their keys back; only what is new is written, and what people changed is put right."""
    (project,) = keyed.projects("24-001")
    ids = [cost.id for cost in keyed.procore.direct_costs(project)]
    there = sorted(ours(keyed))
    detach(keyed)
    keyed.restart()
    assert attach(keyed) == []
    keyed.push()
    assert [cost.id for cost in keyed.procore.direct_costs(project)] == ids
    assert sorted(ours(keyed)) == there
    assert keyed.difference() == 0
    all_there(keyed)
    with pytest.raises(Refused, match="is not detached"):
        attach(keyed)


def test_what_people_did_meanwhile_is_seen(keyed: Bridge) -> None:
    """A direct cost that somebody deleted is written anew after attaching, what was typed stays, each once."""
    (project,) = keyed.projects("24-001")
    detach(keyed)
    first, second = keyed.procore.direct_costs(project)[:2]
    keyed.procore.delete_direct_cost(project, first.id)
    keyed.procore.add_direct_cost(
        project, [CommitmentLine("03-300.M", "typed", Decimal("5.00"))], direct_cost_date=START.date()
    )
    assert attach(keyed) == []
    keyed.push()
    keyed.push()
    assert keyed.difference() == 0
    costs = keyed.procore.direct_costs(project)
    assert [cost.amount for cost in costs if not cost.origin_id] == [Decimal("5.00")]
    assert second.id in [cost.id for cost in costs]
    assert first.id not in [cost.id for cost in costs]


def test_a_cost_whose_answer_was_lost_is_known_again(keyed: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a push wrote and had no time to note loses its key by a detaching, and is not written twice after it."""
    (project,) = keyed.projects("24-001")
    keyed.company.enter_bill_on_order(keyed.company.orders()[2].txn_id, None, txn_date=START.date())
    keyed.refresh_costs()
    keyed.visit()

    def die(*_asked: object, **_more: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(pushing._Writer, "_finish", die)
        patched.setattr(pushing._Writer, "_store", lambda *_asked: None)
        with pytest.raises(KilledError):
            keyed.push()
    keyed.restart()
    with keyed.app.kit.work() as uow:
        for row in uow.writebacks.find(written=None):
            row.in_flight = True
            uow.writebacks.save(row)
    count = len(keyed.procore.direct_costs(project))
    detach(keyed)
    attach(keyed)
    keyed.push()
    assert len(keyed.procore.direct_costs(project)) == count
    assert keyed.difference() == 0


@pytest.mark.parametrize(
    ("where", "status", "after_effect"),
    [
        ("direct_costs/sync", 0, True),
        ("line_items/sync", 502, True),
        ("vendors/sync", 0, True),
        ("vendors/sync", 403, False),
        ("vendors", 502, False),
    ],
)
def test_a_detaching_that_fails_in_its_middle_is_repeated(
    keyed: Bridge, monkeypatch: pytest.MonkeyPatch, status: int, where: str, *, after_effect: bool
) -> None:
    """Whatever was lost is told, nothing is written meanwhile, and a second run takes away what is left."""
    monkeypatch.setattr(wire, "PAUSES_SECONDS", ())
    keyed.procore.fail_next(status=status, path_contains=where, after_effect=after_effect)
    assert detach(keyed)
    keyed.restart()
    assert worker.push(keyed.app.kit, keyed.connection.id).detached
    assert detach(keyed) == []
    assert ours(keyed) == []
    assert attach(keyed) == []
    keyed.push()
    all_there(keyed)
    assert keyed.difference() == 0


def test_costs_that_another_integration_took_over_are_not_taken_back(keyed: Bridge) -> None:
    """A foreign key on one of ours keeps the connection detached, and nothing is written before it is told."""
    (project,) = keyed.projects("24-001")
    detach(keyed)
    cost = keyed.procore.direct_costs(project)[0]
    gateway = keyed.app.kit.procore_for(keyed.connection)
    (found,) = [each for each in gateway.keyed("direct_cost", project) if each.id == cost.id]
    gateway.set_keys("direct_cost", {found: "other:1"}, project)
    with pytest.raises(Refused, match="other:1"):
        attach(keyed)
    assert ours(keyed) == []
    assert worker.push(keyed.app.kit, keyed.connection.id).detached


def test_the_command_writes_the_table_of_links(keyed: Bridge, tmp_path: Path) -> None:
    """Kind, both ids, number, names and key of every linked record and direct cost, as a file and as JSON."""
    office, file = Office(keyed), tmp_path / "links.csv"
    before = on_records(keyed)
    result = office.run("connection", "detach", "Bluestone", "--yes", "--csv", str(file))
    assert "keys are taken out of Procore" in result.stderr
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert list(rows[0]) == ["kind", "procore_id", "number", "name", "quickbooks_id", "quickbooks_name", "key"]
    assert {row["key"] for row in rows if row["key"] and row["kind"] != "direct_cost"} == {key for _, key in before}
    order = next(row for row in rows if row["kind"] == "commitment")
    mine = keyed.find("commitment", order["number"])
    assert (order["procore_id"], order["quickbooks_id"]) == (mine.key, mine.quickbooks_id)
    costs = [row for row in rows if row["kind"] == "direct_cost"]
    assert len(costs) == 2
    assert all(row["quickbooks_id"] in row["key"] for row in costs)

    again = office.ask("connection", "detach", "Bluestone", "--yes")
    assert [row["key"] for row in again["links"]] == [row["key"] for row in rows]
    assert again["removed"] == 0
    assert "was detached from Procore" in office.run("push").stderr
    assert "was detached from Procore" in office.run("status", code=1).stdout
    assert office.ask("push")[0]["detached"]
    assert "was detached" in office.refused("project", "dry-run", "24-001")
    assert office.ask("connection", "attach", "Bluestone")["given_back"] > 0
    assert office.ask("push")[0]["detached"] == ""
    all_there(keyed)


def test_a_table_that_cannot_be_written_costs_no_key(keyed: Bridge, tmp_path: Path) -> None:
    """The file is written first: a wrong folder leaves everything as it was."""
    before = keyed.procore.keys()
    office = Office(keyed)
    office.refused("connection", "detach", "Bluestone", "--yes", "--csv", str(tmp_path / "no" / "links.csv"), code=2)
    assert keyed.procore.keys() == before
    assert office.ask("push")[0]["detached"] == ""
