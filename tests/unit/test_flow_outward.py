"""Jobs and vendors born in QuickBooks: what is offered to Procore, what blocks it, and what a person may decide."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.books import ListRecord
from qbwc_bridge.domain.names import number_and_name
from qbwc_bridge.domain.procore import Project, Vendor
from qbwc_bridge.domain.quickbooks import CustomerAdd, VendorAdd
from qbwc_bridge.domain.records import Mapping, Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import NotFound, Refused, WrongUsage
from qbwc_bridge.flow import decisions, procore_links
from tests.unit.documents import PROJECT, VENDOR, commitment
from tests.unit.factories import World
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture


def born(world: World, name: str, **more: Any) -> ListRecord:
    """A job (with a colon in its name) or vendor that appeared in QuickBooks, reviewed."""
    customer = world.desk.lists["L-3"].list_id
    kind, parent = ("customer", customer) if ":" in name else ("vendor", "")
    record = world.list_record(kind, name, **{"parent_id": parent, "born": True, **more})
    world.settle()
    return record


def change(world: World, record: ListRecord, **values: Any) -> None:
    """Let a record be otherwise in QuickBooks, then review."""
    with world.unit() as (uow, _):
        row = uow.lists.get(record.id)
        for name, value in values.items():
            setattr(row, name, value)
        uow.lists.save(row)
    world.settle()


def offered(world: World) -> list[Submission]:
    """What is offered to Procore."""
    return world.rows(kind=["new_project", "new_vendor"])


def test_what_was_born_in_quickbooks_is_offered(make: Make) -> None:
    """A job is offered with number and name, a vendor with its name; customers and what was read first are not."""
    world = make()
    job, vendor = born(world, "Clients:24-007 Library"), born(world, "Acme Paving")
    world.list_record("customer", "New Customer", born=True)
    world.list_record("vendor", "Old Vendor")
    world.settle()

    rows = {row.kind: row for row in offered(world)}
    assert len(offered(world)) == 2
    assert (rows["new_project"].key, rows["new_project"].number, rows["new_project"].title) == (
        job.list_id,
        "24-007",
        "Library",
    )
    assert (rows["new_vendor"].key, rows["new_vendor"].number, rows["new_vendor"].title) == (
        vendor.list_id,
        "",
        "Acme Paving",
    )
    assert {row.state for row in rows.values()} == {State.READY}
    assert rows["new_project"].notes == ["It stands in QuickBooks as Clients:24-007 Library."]


@pytest.mark.parametrize(
    ("job", "number", "name"),
    [
        ("24-007 Library", "24-007", "Library"),
        ("24-007 - Library", "24-007", "Library"),
        ("Library", "", "Library"),
        ("Phase 2", "", "Phase 2"),
        ("3rd Street Bridge", "", "3rd Street Bridge"),
        ("24-007", "24-007", "24-007"),
    ],
)
def test_a_job_s_number_is_its_first_word_with_a_digit(job: str, number: str, name: str) -> None:
    """The project number is the leading word of the job's name when it has a digit and is no ordinal."""
    assert number_and_name(job) == (number, name)


@given(st.text())
def test_no_word_of_a_job_s_name_is_lost(job: str) -> None:
    """Number and name together have every word of the job's name but a dash between them; a name is never empty."""
    number, name = number_and_name(job)
    words = job.split()
    assert set(words) - {*number.split(), *name.split()} <= {
        w for w in words[:2] if set(w) <= set("-\u2013\u2014:")
    } | {f"{number}:"}
    assert bool(name) == bool(words)


@pytest.mark.parametrize(
    "name", ["Clients:24-001 Library", "Clients:Hilltop Hause", "Ready Mix Supplyy", "READY mix supply"]
)
def test_what_procore_may_have_already_asks_a_person(make: Make, name: str) -> None:
    """The same number, the same name or nearly the same one blocks the offer until somebody says that it is new."""
    world = make(on=False)
    born(world, name)
    (row,) = offered(world)
    assert row.state is State.BLOCKED
    assert "say that it is new" in row.reasons[0]

    world.decide(decisions.say_new, row)
    assert offered(world)[0].state is State.READY


def test_nothing_is_offered_before_procore_was_read(make: Make) -> None:
    """As long as Procore was never read, nothing can be made there twice by mistake."""
    world = make()
    with world.unit() as (uow, connection):
        connection.pulled_at = None
        uow.connections.save(connection)
    born(world, "Acme Paving")
    assert "has not been read yet" in offered(world)[0].reasons[0]


def test_what_an_offer_to_quickbooks_matches_is_not_offered_back(make: Make) -> None:
    """A record that a project or vendor of Procore will be, or may be, linked to is theirs; an open offer says so."""
    world = make(commitment(1))
    born(world, "Ready Mix Supply")
    born(world, "Clients:24-001 Hilltop Hause")
    assert not offered(world)

    born(world, "Acme Paving")
    world.documents[0].append(Vendor(41, "Acme  PAVING"))
    world.bring(commitment(1), commitment(2, vendor_id=41))
    world.settle()
    (row,) = offered(world)
    assert row.state is State.BLOCKED
    assert row.reasons == ["Acme  PAVING in Procore will be linked to it: see to that vendor first."]


def ignore(world: World, kind: Any, name: str) -> None:
    """Say of a record of QuickBooks that it stays out of Procore."""
    with world.unit() as (uow, connection):
        uow.mappings.add(Mapping(connection.id, kind, name, ignored=True, comment="ours"))


def test_what_is_ignored_is_not_offered(make: Make) -> None:
    """`map ignore` keeps a record from being offered, puts an open offer aside, and lets it come back."""
    world = make()
    ignore(world, "job", "clients:office")
    born(world, "Clients:Office")
    assert not offered(world)

    born(world, "Acme Paving")
    ignore(world, "vendor", "Acme Paving")
    world.settle()
    (row,) = offered(world)
    assert (row.state, row.reasons) == (State.ARCHIVED, ["It is ignored, as the list of mappings shows."])

    with world.unit() as (uow, _):
        for mapping in uow.mappings.find():
            uow.mappings.remove(mapping)
    world.settle()
    assert {row.title: row.state for row in offered(world)} == {"Acme Paving": State.READY, "Office": State.READY}


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("gone", [{"gone": True}, {"is_active": False}])
def test_an_offer_ends_with_its_record(make: Make, gone: dict[str, bool], *, accepted: bool) -> None:
    """A record that was deleted or made inactive is put aside with the reason, and comes back with its record."""
    world = make()
    record = born(world, "Acme Paving")
    if accepted:
        world.decide(decisions.accept, offered(world)[0])
    change(world, record, **gone)
    (row,) = offered(world)
    assert row.state is State.ARCHIVED
    assert "QuickBooks" in row.reasons[0]
    world.settle()
    assert world.history()[-1].after == State.ARCHIVED

    change(world, record, gone=False, is_active=True)
    assert (offered(world)[0].state, offered(world)[0].reasons) == (State.READY, [])


def test_what_a_person_put_aside_stays_there(make: Make) -> None:
    """Archived and rejected offers do not come back by themselves."""
    world = make()
    born(world, "Acme Paving")
    born(world, "Bolt Brothers")
    first, second = offered(world)
    world.decide(decisions.archive, first)
    world.decide(decisions.reject, second, comment="not ours")
    world.settle()
    assert [row.state for row in offered(world)] == [State.ARCHIVED, State.REJECTED]

    world.decide(decisions.archive, first)
    world.decide(decisions.retry, second)
    assert {row.state for row in offered(world)} == {State.READY}


def test_an_acceptance_lapses_when_the_record_is_renamed(make: Make) -> None:
    """What is made in Procore is what the person saw (promise 3)."""
    world = make()
    record = born(world, "Clients:24-007 Library")
    world.decide(decisions.accept, offered(world)[0])
    change(world, record, name="24-008 Library", full_name="Clients:24-008 Library")
    (row,) = offered(world)
    assert (row.state, row.number) == (State.READY, "24-008")


def test_offers_to_procore_never_enter_quickbooks_queue(make: Make) -> None:
    """An accepted one waits through a visit without a task, and can still be taken back."""
    world = make(on=False)
    born(world, "Clients:24-007 Library")
    born(world, "Acme Paving")
    world.accept_all()
    world.visit()
    assert {row.state for row in offered(world)} == {State.ACCEPTED}
    assert not [task for task in world.tasks() if task.submission_id]
    assert not [each for each in world.desk.seen if isinstance(each, VendorAdd | CustomerAdd)]
    world.decide(decisions.take_back, offered(world)[0])
    assert offered(world)[0].state is State.READY


def test_what_goes_to_procore_is_accepted_last(make: Make) -> None:
    """In dependency order everything for QuickBooks comes first."""
    world = make(commitment(1))
    born(world, "Acme Paving")
    kinds = [row.kind for row in decisions.in_dependency_order(world.rows())]
    assert kinds[-1] == "new_vendor"
    assert len(kinds) > 1


# ---------------------------------------------------------------- linking


def test_a_vendor_is_linked_to_one_that_procore_has(make: Make) -> None:
    """The vendor's own offer, once it appears, is joined to the same ListID, and no second vendor is made."""
    world = make()
    world.documents[0].append(Vendor(41, "A. Paving Works of Oakland"))
    world.bring()
    record = born(world, "Acme Paving")
    world.decide(procore_links.link, offered(world)[0], procore="a. paving works of oakland")
    (row,) = offered(world)
    assert (row.state, row.quickbooks_id, row.quickbooks_name) == (State.SYNCED, record.list_id, "Acme Paving")
    assert world.history()[-1].who == "Alice"

    world.bring(commitment(1, vendor_id=41))
    world.settle()
    vendor = world.row("vendor", 41)
    assert (vendor.state, vendor.quickbooks_id) == (State.SYNCED, record.list_id)
    assert not [wait for wait in world.row("commitment", 1).waits_for if wait.startswith("vendor")]
    world.accept_all()
    world.visit()
    assert not [each for each in world.desk.seen if isinstance(each, VendorAdd)]


def test_a_job_that_is_offered_already_is_joined_at_once(make: Make) -> None:
    """Linking to a project that is switched on joins its job in the same step, and unblocks what waits for it."""
    world = make(commitment(1))
    record = born(world, "Clients:Something Else")
    world.decide(procore_links.link, offered(world)[0], procore="24-001")
    job = world.row("job", PROJECT)
    assert (job.state, job.quickbooks_id, job.quickbooks_name) == (
        State.SYNCED,
        record.list_id,
        "Clients:Something Else",
    )
    assert not [wait for wait in world.row("commitment", 1).waits_for if wait.startswith("job")]


def test_who_unlinks_the_job_has_the_last_word(make: Make) -> None:
    """A job that was joined and then unlinked by a person is not joined again by itself."""
    world = make()
    born(world, "Clients:Something Else")
    world.decide(procore_links.link, offered(world)[0], procore="24-001")
    world.decide(decisions.unlink, world.row("job", PROJECT))
    assert world.row("job", PROJECT).quickbooks_id == ""


def test_a_link_that_was_overtaken_is_told(make: Make) -> None:
    """When the project is linked to another job first, that stays, and the history says so."""
    world = make(on=False)
    record, other = born(world, "Clients:Something Else"), born(world, "Clients:Another One")
    world.decide(procore_links.link, world.row("new_project", record.list_id), procore="24-001")
    with world.unit() as (uow, _):
        choice = uow.projects.find()[0]
        assert choice.customer == "Clients"
        choice.on = True
        uow.projects.save(choice)
        row = uow.submissions.add(
            Submission(world.connection_id, "job", str(PROJECT), "24-001", "x", "", world.now, world.now)
        )
        decisions.link(uow, row, "Clients:Another One", who="Alice", now=world.now)
    world.settle()
    assert world.row("job", PROJECT).quickbooks_id == other.list_id
    assert (
        "is not joined to it"
        in [each.why for each in world.history() if each.subject_id == world.row("new_project", record.list_id).id][-1]
    )
    assert world.row("new_project", other.list_id).state is State.ARCHIVED


def test_links_that_cannot_be_are_refused(make: Make) -> None:
    """Unknown and doubtful names, a project that has its job, and a record that is written already are told."""
    world = make(on=False)
    for name in ("Clients:Alpha", "Clients:Beta"):
        born(world, name)
    first, second = offered(world)
    world.documents[0] += [Project(8, "", "Twins"), Project(9, "", "Twins")]
    world.bring()
    for error, words, text in [
        (NotFound, "did you mean 24-001 Hilltop House", "24-001 Hiltop House"),
        (WrongUsage, "by its Procore id, 8 or 9", "twins"),
    ]:
        with pytest.raises(error, match=words):
            world.decide(procore_links.link, first, procore=text)
    world.decide(procore_links.link, first, procore="8")
    with pytest.raises(Refused, match="linked to a record of QuickBooks already"):
        world.decide(procore_links.link, second, procore="8")
    with pytest.raises(Refused, match="synced and cannot be linked"):
        world.decide(procore_links.link, first, procore="24-001")


def test_a_record_whose_vendor_is_linked_is_nobody_else_s(make: Make) -> None:
    """A vendor that QuickBooks' record is joined to already leaves nothing to offer, nor to link."""
    world = make(commitment(1))
    record = born(world, "Something Quite Different")
    world.decide(decisions.link, world.row("vendor", VENDOR), quickbooks=record.name)
    (row,) = offered(world)
    assert (row.state, row.reasons) == (State.ARCHIVED, ["It is linked to Ready Mix Supply in Procore."])
