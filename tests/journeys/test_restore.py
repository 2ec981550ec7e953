"""A database put back from a backup while QuickBooks and Procore went on: nothing twice, nothing lost, people asked."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from qbwc_bridge.domain.states import State, TaskState
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.restored import mark_restored
from qbwc_bridge.rehearsal.procore import CommitmentLine
from qbwc_bridge.rehearsal.quickbooks import Line
from qbwc_bridge.storage.backup import prepared, put_in_place, write_backup
from qbwc_bridge.worker import attach, detach, push
from tests.journeys.bridge import Bridge, states
from tests.journeys.crashing import finish
from tests.journeys.test_calamities import once
from tests.journeys.test_costs import job, posted, return_costs, there, working

__all__ = ["working"]


def back_up(bridge: Bridge) -> Path:
    """Write a backup while the bridge runs."""
    file = bridge.folder / "backups" / "backup.db"
    write_backup(bridge.settings.database_address(), file)
    return file


def restore(bridge: Bridge, file: Path) -> None:
    """Stop the bridge, put a backup in place as the command does, and start it."""
    bridge.app.close()
    url = bridge.settings.database_address()
    with prepared(file, url, bridge.folder) as draft:
        with draft.work() as uow:
            mark_restored(uow, "Alice", bridge.clock.now())
        put_in_place(draft, url, bridge.folder / "before.db")
    bridge.clock.pass_time(hours=1)
    bridge.start()


def settled(bridge: Bridge) -> None:
    """Let both systems be read, and people accept what is offered again, until nothing is left."""
    for _ in range(3):
        bridge.clock.pass_time(minutes=16)
        bridge.visit()
        bridge.pull()
        bridge.accept_all()
    finish(bridge)


def nothing(_bridge: Bridge) -> None:
    """The backup is older than everything that was accepted."""


def accepted(bridge: Bridge) -> None:
    """The backup has everything accepted, and nothing sent."""
    bridge.accept_all()


def one_visit_broken_off(bridge: Bridge) -> None:
    """The backup was made while a write was out."""
    bridge.accept_all()
    real = bridge.company.process

    def process(text: str) -> str:
        if "<PurchaseOrderAddRq" in text:
            raise KeyboardInterrupt
        return real(text)

    bridge.company.process = process  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        bridge.visit()
    bridge.company.process = real  # type: ignore[method-assign]
    bridge.company.end_session()


@pytest.mark.parametrize("before", [nothing, accepted, one_visit_broken_off], ids=lambda each: each.__name__)
def test_what_was_exported_after_the_backup_is_found(bridge: Bridge, before: Callable[[Bridge], None]) -> None:
    """Items, job, vendors, estimate, orders and change orders are linked by mark and name, and none is doubled."""
    bridge.switch_on("24-001")
    bridge.visit()
    before(bridge)
    file = back_up(bridge)
    bridge.clock.pass_time(minutes=16)
    bridge.visit()
    bridge.accept_all()
    finish(bridge)
    once(bridge)
    books = (bridge.company.orders(), bridge.company.estimates(), bridge.company.items(), bridge.company.vendors())

    restore(bridge, file)
    settled(bridge)

    once(bridge)
    after = (bridge.company.orders(), bridge.company.estimates(), bridge.company.items(), bridge.company.vendors())
    assert after == books


def test_what_came_into_procore_after_the_backup_is_found(bridge: Bridge) -> None:
    """A change order that the backup never saw, written since, is known by its mark: it goes into no order again."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    finish(bridge)
    file = back_up(bridge)
    order = bridge.find("commitment", "PO24-003")
    lines = [CommitmentLine("03-300.M", "More", Decimal("150.00"))]
    bridge.procore.add_change_order(int(order.key), "002", "More of it", lines)
    bridge.pull()
    assert bridge.accept_all() == 1
    finish(bridge)
    orders = bridge.company.orders()

    restore(bridge, file)
    settled(bridge)

    assert bridge.company.orders() == orders
    assert bridge.find("change_order", "PO24-003 CO 002").state is State.SYNCED


def test_an_acceptance_of_the_backup_is_asked_for_again(bridge: Bridge) -> None:
    """Whoever took it back after the backup is not overruled: nothing is written before somebody accepts it again."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    file = back_up(bridge)
    for row in bridge.submissions(state=State.ACCEPTED):
        bridge.decide(decisions.take_back, row)

    restore(bridge, file)
    bridge.visit()

    rows = [row for row in bridge.submissions() if row.state is not State.SYNCED]
    assert {row.state for row in rows} == {State.READY}, states(rows)
    assert not bridge.company.orders()
    with bridge.app.kit.work() as uow:
        assert not uow.tasks.find(state=TaskState.QUEUED)


def enter_bill(working: Bridge, amount: str, number: str) -> str:
    """Enter a bill on the job."""
    return working.company.enter_bill(
        "Smith & Sons",
        [Line(Decimal(amount), item="09-250:M", job=job(working))],
        txn_date=working.clock.now().date(),
        ref_number=number,
    )


def costs(working: Bridge) -> list[tuple[object, ...]]:
    """What stands as direct costs in Procore, without ids."""
    rows = working.procore.direct_costs(working.projects("24-001")[0])
    return sorted((row.origin_id, [(line.origin_id, line.code, line.amount) for line in row.lines]) for row in rows)


def test_what_was_pushed_after_the_backup_is_found(working: Bridge) -> None:
    """A cost that came, one that changed and one that went since: Procore is first read, then brought in line."""
    goes, changes = enter_bill(working, "70.00", "B-70"), enter_bill(working, "80.00", "B-80")
    return_costs(working)
    working.push()
    file = back_up(working)
    working.company.delete(goes)
    enter_bill(working, "90.00", "B-90")
    working.company.edit_bill(changes, lines=[Line(Decimal("81.00"), item="09-250:M", job=job(working))])
    return_costs(working)
    working.push()
    wanted, total = costs(working), there(working)
    assert total == posted(working)

    restore(working, file)
    calls = len(working.procore.calls)
    held = push(working.app.kit, working.connection.id)
    assert "restored from a backup" in held.brake
    assert {call.method for call in working.procore.calls[calls:]} <= {"GET", "POST"}  # a token is posted for
    assert costs(working) == wanted
    working.visit()
    confirmed = push(working.app.kit, working.connection.id, confirmed=True)

    assert not confirmed.problems
    assert costs(working) == wanted
    working.push()
    assert (costs(working), there(working)) == (wanted, total)
    assert working.difference() == Decimal("0.00")


def test_a_confirmed_push_before_the_ledger_is_whole_moves_nothing(working: Bridge) -> None:
    """Until QuickBooks was read anew, what stands in Procore stays as it stands; the answer says what it waits for."""
    file = back_up(working)
    enter_bill(working, "90.00", "B-90")
    return_costs(working)
    working.push()
    wanted = costs(working)

    restore(working, file)
    outcome = push(working.app.kit, working.connection.id, confirmed=True)

    assert (outcome.written, outcome.deleted, costs(working)) == (0, 0, wanted)
    assert "Let the Web Connector visit first" in outcome.brake


def test_a_cost_that_changed_its_project_after_the_backup_is_taken_along(working: Bridge) -> None:
    """The backup has it in the outbox of another project, where it is no more: it is one row, and stands once."""
    with working.app.kit.work() as uow:
        row = uow.writebacks.find()[0]
        here, row.project_id = row.project_id, 999
        uow.writebacks.save(row)
    file, wanted = back_up(working), costs(working)

    restore(working, file)
    working.visit()
    working.push(confirmed=True)

    assert costs(working) == wanted
    with working.app.kit.work() as uow:
        assert {each.project_id for each in uow.writebacks.find()} == {here}


def test_what_was_released_after_the_backup_is_taken_up_with_the_next_release(working: Bridge) -> None:
    """A project that the backup does not know as released keeps its costs in Procore, and none is written again."""
    with working.app.kit.work() as uow:
        choice = uow.projects.first(number="24-001")
        assert choice
        release, choice.release = choice.release, None
        rows = uow.writebacks.find()
        for row in rows:
            uow.writebacks.remove(row)
        uow.projects.save(choice)
    file = back_up(working)
    with working.app.kit.work() as uow:
        choice.release = release
        uow.projects.save(choice)
        for row in rows:
            row.id = 0
            uow.writebacks.add(row)
    wanted = costs(working)

    restore(working, file)
    working.visit()
    assert not push(working.app.kit, working.connection.id, confirmed=True).deleted
    working.release("24-001")
    working.push(confirmed=True)

    assert costs(working) == wanted


def test_a_connection_that_was_detached_after_the_backup_writes_nothing(working: Bridge) -> None:
    """Costs that lost their keys are not taken for missing: it is said how they get them back, and then they do."""
    file = back_up(working)
    detach(working.app.kit, working.connection.id, who="Alice")
    bare = costs(working)
    assert all(key is None for key, _ in bare)

    restore(working, file)
    working.visit()
    with pytest.raises(Exception, match="was detached after the backup"):
        push(working.app.kit, working.connection.id, confirmed=True)
    assert costs(working) == bare
    detach(working.app.kit, working.connection.id, who="Alice")
    attach(working.app.kit, working.connection.id, who="Alice")
    working.push(confirmed=True)

    assert there(working) == posted(working)
    assert len(costs(working)) == len(bare)
