"""Removals: a cost goes only when its replacement stands and Procore has really given it up, and holds up no other."""

from dataclasses import replace

import pytest

from qbwc_bridge.flow.pushing import UNCONFIRMED
from qbwc_bridge.flow.removing import DENIED, MOST_TROUBLES, WAITS
from tests.unit.documents import cash
from tests.unit.test_flow_writeback import bill, make, office, template
from tests.unit.writeback_office import Office

__all__ = ["make", "office", "template"]  # the fixtures


def test_a_line_stays_until_what_replaces_it_is_taken(office: Office) -> None:
    """A cost whose new code Procore refuses stays on its old one."""
    office.post(bill("A", ("03-300.M", "90.00")))
    office.push()
    office.post(bill("A", ("09-250.L", "90.00")))
    office.procore.trouble = ["", "refuse"]
    assert office.push().problems
    assert office.there() == {"qbd:abcd2345:A:J1:1": cash(90)}

    office.push()
    assert office.there() == {"qbd:abcd2345:A:J1:2": cash(90)}


def test_a_deletion_that_procore_denies_is_believed_only_if_its_list_agrees(office: Office) -> None:
    """A direct cost of which Procore says that it has none, while it stands there, is told and not forgotten."""
    office.post(bill("A"), bill("B"), bill("C"))
    office.push()
    del office.procore.costs["qbd:abcd2345:B:J1"]
    office.post(bill("C"))
    office.procore.calls.clear()
    office.procore.trouble = ["hide"]
    outcome = office.push()
    assert office.procore.calls == ["delete", "delete", "GET"]
    assert (outcome.deleted, len(outcome.problems)) == (1, 1)
    assert DENIED in outcome.problems[0]
    with office.world.unit() as (uow, _):
        assert [(row.in_flight, row.procore_id is None) for row in uow.writebacks.find()][:2] == [
            (True, False),
            (False, True),
        ]

    assert office.push().deleted == 1
    assert list(office.there()) == ["qbd:abcd2345:C:J1:1"]


def test_a_line_that_procore_denies_is_looked_for_in_its_list(office: Office) -> None:
    """A line of which Procore says that it has none is given up only if its list shows none."""
    two = ("03-300.M", "1.00"), ("09-250.L", "2.00")
    office.post(bill("A", *two), bill("B", *two))
    office.push()
    cost = office.procore.costs["qbd:abcd2345:B:J1"]
    office.procore.costs["qbd:abcd2345:B:J1"] = replace(cost, lines=cost.lines[:1])
    office.post(bill("A", two[0]), bill("B", two[0]))
    office.procore.trouble = ["", "", "hide"]
    outcome = office.push()
    assert (outcome.written, len(outcome.problems)) == (1, 1)
    assert DENIED in outcome.problems[0]

    assert office.push().problems == []
    assert office.there() == {"qbd:abcd2345:A:J1:1": cash(1), "qbd:abcd2345:B:J1:1": cash(1)}


@pytest.mark.parametrize("status", [400, 403, 423, 500])
def test_one_cost_that_procore_will_not_give_up_stalls_no_other(office: Office, status: int) -> None:
    """Whatever Procore answers to one deletion, the project's other costs are deleted and written all the same."""
    office.post(bill("A"), bill("B"))
    office.push()
    office.post(bill("C"))
    office.procore.trouble = [str(status)]
    outcome = office.push()
    assert (outcome.written, outcome.deleted, len(outcome.problems)) == (1, 1, 1)
    assert "B-A of 10.00: Procore refused it: Locked." in outcome.problems[0]
    assert list(office.there()) == ["qbd:abcd2345:A:J1:1", "qbd:abcd2345:C:J1:1"]

    assert office.push().deleted == 1


def test_one_line_that_procore_will_not_give_up_stalls_no_other(office: Office) -> None:
    """Whatever Procore answers to the deletion of one line, the other direct costs are finished all the same."""
    two = ("03-300.M", "1.00"), ("09-250.L", "2.00")
    office.post(bill("A", *two), bill("B", *two))
    office.push()
    office.post(bill("A", two[0]), bill("B", two[0]))
    office.procore.trouble = ["", "", "403"]
    outcome = office.push()
    assert (outcome.written, len(outcome.problems)) == (1, 1)
    assert len(office.there()) == 3

    assert office.push().problems == []
    assert len(office.there()) == 2


def test_a_project_that_gives_nothing_up_is_soon_left_alone(office: Office) -> None:
    """After a few refusals no further removal is tried, the new cost is written, and the project says why."""
    two = ("03-300.M", "1.00"), ("09-250.L", "2.00")
    office.post(*(bill(str(number), *two) for number in range(9)))
    office.push()
    office.post(bill("8", two[0]), bill("C"))
    office.procore.calls.clear()
    office.procore.trouble = ["403"] * MOST_TROUBLES
    office.push()
    assert office.procore.calls == ["delete"] * MOST_TROUBLES + ["headers", "lines"]
    assert office.there()["qbd:abcd2345:C:J1:1"] == cash(10)
    with office.world.unit() as (uow, _):
        assert uow.projects.find()[0].shown.unwritten == "Locked."
        assert [row.message for row in uow.writebacks.find(origin_id="qbd:abcd2345:8:J1")] == [WAITS]

    assert office.push().problems == []
    assert len(office.there()) == 2


@pytest.mark.parametrize("trouble", [["silent"], ["", "silent"]])
def test_what_an_answer_did_not_name_is_taken_back_with_its_document(office: Office, trouble: list[str]) -> None:
    """A bill that is gone again leaves nothing in Procore, though no answer ever named it, and the error is told."""
    office.post(bill("A"))
    office.procore.trouble = trouble
    told = office.push().problems
    assert "Of nobody." in told
    assert any(UNCONFIRMED in each for each in told)

    office.post()
    assert office.push().deleted == 1
    assert office.procore.costs == {}


def test_the_brake_counts_what_a_change_of_type_deletes(office: Office) -> None:
    """Many bills that change their type, as when their vendor is unlinked, ask a person as their deletion would."""
    office.post(*(bill(str(number)) for number in range(30)))
    office.push()
    office.post(*(bill(str(number), vendor_id="") for number in range(30)))
    held = office.push(confirmed=False)
    assert "delete 30 direct costs in Procore, 30 of them to write them anew with another type." in held.brake
    assert {cost.type for cost in office.procore.costs.values()} == {"invoice"}

    assert office.push(confirmed=True).written == 30
    assert {cost.type for cost in office.procore.costs.values()} == {"expense"}


def test_a_cost_whose_new_type_is_refused_keeps_its_old_one(office: Office) -> None:
    """A bill that Procore will not have as an invoice stays there as the expense it was, with its amount of today."""
    office.post(bill("A", ref_number=""), bill("B"))
    office.push()
    office.post(bill("A", ("03-300.M", "12.00")), bill("B"))
    office.procore.trouble = ["", "refuse"]
    assert len(office.push().problems) == 1
    cost = office.procore.costs["qbd:abcd2345:A:J1"]
    assert (cost.type, cost.vendor_id, cost.invoice_number, cost.amount()) == ("expense", None, "", cash(12))
    with office.world.unit() as (uow, _):
        (row,) = uow.writebacks.find(origin_id="qbd:abcd2345:A:J1")
        assert (row.message, row.in_flight, row.settled) == ("No.", False, False)

    assert office.push().problems == []
    assert office.procore.costs["qbd:abcd2345:A:J1"].type == "invoice"
    assert sum(office.there().values()) == cash(22)
