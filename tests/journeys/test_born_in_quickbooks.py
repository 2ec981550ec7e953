"""A job and a vendor born in QuickBooks: offered to Procore, made there or linked, and doubled on neither side."""

import pytest

from qbwc_bridge.domain.records import Submission
from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions, making, procore_links
from qbwc_bridge.flow.rotation import is_touched
from qbwc_bridge.procore import pace, wire
from qbwc_bridge.rehearsal.procore import CommitmentLine
from qbwc_bridge.worker import push
from tests.journeys.bridge import Bridge, states
from tests.unit.documents import cash

JOB, VENDOR = "26-001 City Library", "Acme Paving"


class KilledError(Exception):
    """The process died between a call and what it would have kept."""


@pytest.fixture(name="born")
def _born(bridge: Bridge) -> Bridge:
    """A bridge whose QuickBooks got a job and a vendor after the first reading, with one project on and in step."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    bridge.visit()
    bridge.company.add_customer(JOB, parent="Bluestone Clients")
    bridge.company.add_vendor(VENDOR)
    bridge.clock.pass_time(minutes=16)
    bridge.refresh_costs()
    bridge.visit()
    with bridge.app.kit.work() as uow:
        for row in uow.lists.find(connection_id=bridge.connection.id, name=[JOB, VENDOR]):
            row.born = True
            uow.lists.save(row)
    bridge.pull()
    return bridge


def offers(bridge: Bridge) -> list[Submission]:
    """What is offered to Procore."""
    return bridge.submissions(kind=["new_project", "new_vendor"])


def in_procore(bridge: Bridge) -> tuple[int, int]:
    """How many projects and vendors of these names Procore has."""
    procore = bridge.app.kit.procore_for(bridge.connection)
    projects = [each for each in procore.projects().found if (each.number, each.name) == ("26-001", "City Library")]
    return len(projects), [each.name for each in procore.vendors().found].count(VENDOR)


def once(bridge: Bridge) -> None:
    """Both stand on both sides, once each."""
    assert in_procore(bridge) == (1, 1)
    assert {row.state for row in offers(bridge)} == {State.SYNCED}, states(offers(bridge))
    assert [each.name for each in bridge.company.jobs()].count(JOB) == 1
    assert [each.name for each in bridge.company.vendors()].count(VENDOR) == 1


def test_a_job_and_a_vendor_are_made_in_procore(born: Bridge) -> None:
    """Offered, accepted, made once; what Procore then does with them goes to the very same job and vendor."""
    assert {row.state for row in offers(born)} == {State.READY}, states(offers(born))
    assert in_procore(born) == (0, 0)
    born.accept_all()
    born.visit()
    assert in_procore(born) == (0, 0)
    born.push()
    born.push()
    once(born)
    with born.app.kit.work() as uow:
        assert is_touched(uow.connections.get(born.connection.id), []), "Procore's lists have changed: read them soon"

    project = next(each for each in born.projects("26-001"))
    vendor = int(procore_links.procore_id(born.find("new_vendor", VENDOR)))
    line = CommitmentLine("03-300.M", "Paving", cash("1200.00"))
    born.procore.add_purchase_order(project, "PO26-001", "Paving", vendor, [line])
    with born.app.kit.work() as uow:
        choice = uow.projects.first(project_id=project)
        assert choice is not None
        assert (choice.customer, choice.on) == ("Bluestone Clients", False)
        choice.on = True
        uow.projects.save(choice)
    born.pull()
    jobs = {each.name: each.list_id for each in born.company.jobs()}
    assert born.find("job", "26-001").quickbooks_id == jobs[JOB]
    assert born.find("vendor", VENDOR).state is State.SYNCED
    born.accept_all()
    born.visit()
    once(born)
    order = next(each for each in born.company.orders() if each.ref_number == "PO26-001")
    assert order.total == cash("1200.00")


@pytest.mark.parametrize("status", [0, 502, 503])
@pytest.mark.parametrize("after_effect", [False, True])
def test_a_lost_answer_makes_no_second_one(
    born: Bridge, monkeypatch: pytest.MonkeyPatch, status: int, *, after_effect: bool
) -> None:
    """Whether Procore did it or not, what was not answered is looked up before it is sent again."""
    monkeypatch.setattr(pace, "PLAIN_WAIT_SECONDS", 0.0)  # it would pass in earnest
    born.accept_all()
    for path in ("/rest/v1.0/projects", "/rest/v1.0/vendors"):
        born.procore.fail_next(status=status, path_contains=path, method="POST", after_effect=after_effect)
    assert len(push(born.app.kit, born.connection.id).problems) == 2
    born.restart()
    born.push()
    once(born)


def test_a_kill_between_call_and_commit_makes_no_second_one(born: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies with the answer in its hands finds in Procore what it made."""
    born.accept_all()

    def die(*_asked: object, **_more: object) -> None:
        raise KilledError

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(making, "stands", die)
            with pytest.raises(KilledError):
                push(born.app.kit, born.connection.id)
        born.restart()
    born.push()
    once(born)


def test_a_procore_that_is_down_is_waited_for(born: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Procore answers nothing but 503, both stay accepted; one push later they stand there."""
    monkeypatch.setattr(wire, "PAUSES_SECONDS", ())  # they would pass in earnest
    monkeypatch.setattr(pace, "PLAIN_WAIT_SECONDS", 0.0)
    born.accept_all()
    born.procore.fail_next(status=503, count=1000)
    assert push(born.app.kit, born.connection.id).problems
    assert {row.state for row in offers(born)} == {State.ACCEPTED}
    born.procore.clear_faults()
    born.push()
    once(born)


def test_a_refused_one_fails_with_procore_s_words_and_the_other_goes(born: Bridge) -> None:
    """A 422 is told, stops nothing, and may be sent again by a person."""
    born.accept_all()
    born.procore.fail_next(status=422, path_contains="/rest/v1.0/projects", method="POST")
    assert len(push(born.app.kit, born.connection.id).problems) == 1
    refused = born.find("new_project", "26-001")
    assert refused.state is State.FAILED
    assert "422" in refused.reasons[0]
    assert born.find("new_vendor", VENDOR).state is State.SYNCED
    born.decide(decisions.retry, refused)
    born.push()
    once(born)


def test_linked_instead_of_made(born: Bridge) -> None:
    """What Procore has under another name is linked on a person's word: nothing is made on either side."""
    before = len(born.company.jobs()), len(born.company.vendors())
    other = born.procore.add_vendor("A. Paving of Oakland")
    born.pull()
    born.decide(procore_links.link, born.find("new_project", "26-001"), procore="24-002")
    born.decide(procore_links.link, born.find("new_vendor", VENDOR), procore="A. Paving of Oakland")
    project = born.projects("24-002")[0]
    line = CommitmentLine("03-300.M", "Paving", cash("900.00"))
    born.procore.add_purchase_order(project, "PO24-900", "Paving", other, [line])
    born.switch_on("24-002")
    jobs = {each.name: each.list_id for each in born.company.jobs()}
    assert born.find("job", "24-002").quickbooks_id == jobs[JOB]
    born.visit()
    born.push()
    assert in_procore(born) == (0, 0)
    assert (len(born.company.jobs()), len(born.company.vendors())) == before
