"""Making in Procore what was born in QuickBooks: once each, whatever Procore answers and wherever the process dies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.procore import Project, Vendor
from qbwc_bridge.domain.reading import Changed
from qbwc_bridge.domain.states import State
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow import decisions, making, procore_links
from qbwc_bridge.flow.making import Made
from tests.support import DEEP
from tests.unit.documents import commitment
from tests.unit.factories import World
from tests.unit.test_flow_outward import born, change, offered
from tests.unit.test_flow_review import Make, make

__all__ = ["make"]  # the fixture


class KilledError(Exception):
    """The process died."""


TROUBLES: dict[str, tuple[bool, Callable[[], Exception] | None]] = {
    "": (True, None),
    "lost before": (False, lambda: ProcoreUnreachable("No answer came.")),
    "lost after": (True, lambda: ProcoreUnreachable("No answer came.")),
    "killed before": (False, KilledError),
    "killed after": (True, KilledError),
    "busy": (False, lambda: ProcoreError("The allowance is used up.", status=429)),
    "conflict": (False, lambda: ProcoreError("Somebody else is changing it.", status=409)),
    "refused": (False, lambda: ProcoreError("name: has already been taken", status=422)),
}
"""What may befall one call: whether Procore did it, and what the caller sees."""


@dataclass
class Company:
    """A Procore of projects and vendors; `troubles` befall the next calls that make something, in turn."""

    there: list[Any] = field(default_factory=lambda: [Project(7, "24-001", "Hilltop House")])
    troubles: list[str] = field(default_factory=list)
    down: bool = False
    left_out: dict[int, str] = field(default_factory=dict)
    calls: int = 0

    def projects(self) -> Changed[Project]:
        """Every project."""
        return Changed(tuple(each for each in self._read() if isinstance(each, Project)), left_out=self.left_out)

    def vendors(self) -> Changed[Vendor]:
        """Every vendor."""
        return Changed(tuple(each for each in self._read() if isinstance(each, Vendor)), left_out=self.left_out)

    def create_project(self, number: str, name: str) -> int:
        """Make a project."""
        return self._make(Project(100 + len(self.there), number, name))

    def create_vendor(self, name: str) -> int:
        """Make a vendor."""
        return self._make(Vendor(100 + len(self.there), name))

    def _read(self) -> list[Any]:
        if self.down:
            raise ProcoreError("Procore is down.", status=503)
        return list(self.there)

    def _make(self, what: Project | Vendor) -> int:
        self.calls += 1
        done, error = TROUBLES[self.troubles.pop(0) if self.troubles else ""]
        if done:
            self.there.append(what)
        if error:
            raise error()
        return what.id

    def named(self, name: str) -> list[Any]:
        """What is called so."""
        return [each for each in self.there if each.name == name]


def push(world: World, company: Company) -> Made:
    """Push once, as the worker does."""
    world.settle()
    made = making.make(world.database.work, company, world.connection_id, world.now, lambda _told: None)  # type: ignore[arg-type]
    world.settle()
    return made


def accepted(world: World, *names: str) -> None:
    """Let records be born and accepted."""
    for name in names:
        born(world, name)
    world.accept_all()


def test_what_was_accepted_is_made_once(make: Make) -> None:
    """Project and vendor stand in Procore, the submission keeps both ids, and a second push does nothing."""
    world, company = make(on=False), Company()
    accepted(world, "Clients:24-007 Library", "Acme Paving")
    assert push(world, company) == Made(2, [])
    assert (company.named("Library")[0].number, len(company.named("Acme Paving"))) == ("24-007", 1)
    rows = offered(world)
    assert {row.state for row in rows} == {State.SYNCED}
    assert [(row.quickbooks_id, procore_links.procore_id(row)) for row in rows] == [
        (rows[0].key, str(company.named("Library")[0].id)),
        (rows[1].key, str(company.named("Acme Paving")[0].id)),
    ]
    with world.unit() as (uow, _):
        choice = uow.projects.first(number="24-007")
    assert choice is not None
    assert (choice.name, choice.customer, choice.on) == ("Library", "Clients", False)
    assert push(world, company) == Made()
    assert company.calls == 2


def test_the_new_vendor_is_linked_to_the_one_it_was_made_of(make: Make) -> None:
    """Its own offer, once a commitment uses it, is joined without a word, and QuickBooks gets no second vendor."""
    world, company = make(), Company()
    accepted(world, "Acme Paving")
    push(world, company)
    vendor = company.named("Acme Paving")[0]
    world.documents[0].append(vendor)
    world.bring(commitment(1, vendor_id=vendor.id))
    world.settle()
    assert world.row("vendor", vendor.id).quickbooks_id == offered(world)[0].key


def test_a_procore_that_is_down_leaves_it_accepted(make: Make) -> None:
    """Nothing is begun while Procore cannot be read; the next push makes it."""
    world, company = make(on=False), Company(down=True)
    accepted(world, "Clients:24-007 Library", "Acme Paving")
    assert push(world, company).problems == ["Procore is down."] * 2
    assert {row.state for row in offered(world)} == {State.ACCEPTED}
    company.down = False
    assert push(world, company).count == 2


def test_nothing_is_made_while_a_record_of_its_list_makes_no_sense(make: Make) -> None:
    """The record that cannot be read may be the very one that would be made: it waits, accepted, and is told."""
    world, company = make(on=False), Company()
    accepted(world, "Clients:24-007 Library", "Acme Paving")
    company.left_out = {9: "Vendor 9 cannot be used."}
    assert push(world, company) == Made(0, ["Vendor 9 cannot be used."] * 2)
    assert ({row.state for row in offered(world)}, company.calls) == ({State.ACCEPTED}, 0)
    company.left_out = {}
    assert push(world, company) == Made(2, [])


def test_an_allowance_that_is_used_up_leaves_it_accepted(make: Make) -> None:
    """A call that Procore certainly did not take goes again with the next push, with the reason shown until then."""
    world, company = make(on=False), Company(troubles=["busy"])
    accepted(world, "Acme Paving", "Bolt Brothers")
    assert len(push(world, company).problems) == 1
    assert {row.state for row in offered(world)} == {State.ACCEPTED}
    assert push(world, company).count == 2


def test_a_conflict_leaves_one_accepted_and_makes_the_others(make: Make) -> None:
    """Somebody is at the same record in Procore: it goes again with the next push, without anybody's word."""
    world, company = make(on=False), Company(troubles=["conflict"])
    accepted(world, "Acme Paving", "Bolt Brothers")
    assert push(world, company) == Made(1, ["Somebody else is changing it."])
    assert [row.state for row in offered(world)] == [State.ACCEPTED, State.SYNCED]
    assert push(world, company).count == 1


def test_one_refused_record_stops_no_other(make: Make) -> None:
    """What Procore refuses has failed with Procore's words; its neighbour is made, and a retry sends it again."""
    world, company = make(on=False), Company(troubles=["refused"])
    accepted(world, "Acme Paving", "Bolt Brothers")
    assert push(world, company) == Made(1, ["name: has already been taken"])
    first, second = offered(world)
    assert (first.state, first.reasons) == (State.FAILED, ["name: has already been taken"])
    assert second.state is State.SYNCED
    world.decide(decisions.retry, first)
    assert push(world, company).count == 1


def test_a_failed_one_may_be_done_by_hand(make: Make) -> None:
    """A person who entered it in Procore says so, and it is sent no more."""
    world, company = make(on=False), Company(troubles=["refused"])
    accepted(world, "Acme Paving")
    push(world, company)
    world.decide(decisions.done, offered(world)[0], comment="entered in Procore")
    assert push(world, company) == Made()
    assert offered(world)[0].state is State.SYNCED


def test_a_record_at_which_procore_fails_each_time_lets_the_others_through(make: Make) -> None:
    """What has no answer is tried last in the next push, and its reason is shown."""
    world, company = make(on=False), Company(troubles=["lost before"])
    accepted(world, "Acme Paving", "Bolt Brothers", "Copper & Co")
    push(world, company)
    company.troubles = ["", "", "lost before"]
    assert push(world, company).count == 2
    first, *others = offered(world)
    assert {row.state for row in others} == {State.SYNCED}
    assert (first.state, first.reasons) == (State.EXPORTING, ["No answer came."])


def test_what_stood_in_procore_before_is_not_taken_for_ours(make: Make) -> None:
    """A person said that it is new: after a lost answer, the older one of the same name is not adopted."""
    old = Vendor(41, "Acme Paving")
    world, company = make(on=False), Company(there=[old], troubles=["lost before"])
    world.documents[0].append(old)
    world.bring()
    born(world, "Acme Paving")
    world.decide(decisions.say_new, offered(world)[0])
    world.accept_all()
    push(world, company)
    assert push(world, company).count == 1
    assert len(company.named("Acme Paving")) == 2
    assert procore_links.procore_id(offered(world)[0]) != "41"


def test_two_possible_ones_ask_a_person(make: Make) -> None:
    """When two of that name appeared while the answer was lost, nobody guesses."""
    world, company = make(on=False), Company(troubles=["lost after"])
    accepted(world, "Acme Paving")
    push(world, company)
    company.there.append(Vendor(999, "Acme Paving"))
    push(world, company)
    (row,) = offered(world)
    assert row.state is State.FAILED
    assert "Procore has 2" in row.reasons[0]
    world.documents[0] += company.vendors().found
    world.bring()
    world.decide(procore_links.link, row, procore="999")
    assert offered(world)[0].state is State.SYNCED


def test_what_somebody_made_in_procore_meanwhile_is_asked_about(make: Make) -> None:
    """Procore is looked at once more before anything is made there, since its last reading may be old."""
    world, company = make(on=False), Company()
    accepted(world, "Clients:24-007 Library")
    company.there.append(Project(50, "24-007", "City Library"))
    assert "24-007 City Library" in push(world, company).problems[0]
    assert (offered(world)[0].state, company.calls) == (State.BLOCKED, 0)
    world.decide(decisions.say_new, offered(world)[0])
    world.accept_all()
    assert push(world, company).count == 1


def test_two_jobs_of_one_number_are_not_made_in_one_push(make: Make) -> None:
    """Below two customers QuickBooks takes the same job twice: the second one asks a person, as in a later push."""
    world, company = make(on=False), Company()
    other = world.list_record("customer", "Another Owner")
    born(world, "Clients:24-007 Library")
    born(world, "Another Owner:24-007 Library", parent_id=other.list_id)
    world.accept_all()
    outcome = push(world, company)
    assert (outcome.count, company.calls) == (1, 1)
    assert "24-007 Library" in outcome.problems[0]
    assert sorted(row.state for row in offered(world)) == [State.BLOCKED, State.SYNCED]


def test_a_record_that_vanished_after_a_lost_answer_is_not_made(make: Make) -> None:
    """What QuickBooks no longer has is not sent again; a person decides."""
    world, company = make(on=False), Company(troubles=["lost before"])
    record = born(world, "Acme Paving")
    world.accept_all()
    push(world, company)
    change(world, record, gone=True)
    push(world, company)
    assert (offered(world)[0].state, company.calls) == (State.ARCHIVED, 1)


@settings(max_examples=200 if DEEP else 25, deadline=None)
@given(st.lists(st.sampled_from([name for name in TROUBLES if name]), max_size=6), st.booleans())
def test_each_is_made_exactly_once_whatever_befalls_it(troubles: list[str], project: bool) -> None:
    """Lost answers, kills, refusals and full allowances in any order end in one record there and its id here."""
    with TemporaryDirectory() as folder:
        world, company = World(Path(folder), on=False), Company(troubles=list(troubles))
        try:
            world.visit()
            accepted(world, "Clients:24-007 Library" if project else "Acme Paving")
            for _ in range(len(troubles) + 2):
                try:
                    push(world, company)
                except KilledError:
                    continue
                (row,) = offered(world)
                if row.state is State.FAILED:
                    world.decide(decisions.retry, row)
            (row,) = offered(world)
            made = company.named("Library" if project else "Acme Paving")
            assert len(made) == 1
            assert (row.state, procore_links.procore_id(row)) == (State.SYNCED, str(made[0].id))
        finally:
            world.close()
