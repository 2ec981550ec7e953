"""Decisions: what they do, who may take them, and what they never do."""

import re

import pytest

from qbwc_bridge.domain.states import State
from qbwc_bridge.flow import decisions
from qbwc_bridge.flow.moves import move
from tests.page.office import MAIN, NOW, OTHER, Browser, Office

DECIDE = f"/connections/{MAIN}/submissions/decide"


def test_accepting_queues_and_says_so(office: Office, alice: Browser) -> None:
    """What can go at once is linked or queued in the same piece of work, with who accepted it."""
    answer = alice.decide("accept", office.row("Pacific Drywall"))
    page = alice.follow(answer)
    assert "Accepted Pacific Drywall." in page.text
    assert office.row("Pacific Drywall").state is State.SYNCED
    assert office.row("Pacific Drywall").accepted_by == "Alice"
    assert "Accepted Pacific Drywall." not in alice.get("/").text


def test_several_are_shown_before_they_are_accepted(office: Office, alice: Browser) -> None:
    """Without the word of confirmation nothing is done: the page says how many, which, how much, and what is left."""
    chosen = [office.row("PO-001"), office.row("SC-014"), office.row("PO-009")]
    page = alice.decide("accept", *chosen, confirmed="")
    assert page.status_code == 200
    assert "Accept 2 records" in page.text
    assert "102,500.00 in all" in page.text
    assert "Left as they are" in page.text
    assert office.row("PO-001").state is State.READY
    picks = re.findall(r'name="pick" value="([^"]*)"', page.text)
    form = {"csrf": alice.csrf(), "action": "accept", "confirmed": "1", "pick": picks, "state": "ready_to_export"}
    done = alice.client.post(DECIDE, data=form)
    assert done.headers["Location"] == f"/connections/{MAIN}/submissions?state=ready_to_export"
    assert "Accepted 2 records, 102,500.00 in all." in alice.follow(done).text
    assert {office.row(name).state for name in ("PO-001", "SC-014")} == {State.ACCEPTED}


def test_one_that_cannot_go_does_not_stop_the_others(office: Office, alice: Browser) -> None:
    """In a bulk acceptance a blocked record stays with its sentence, and the rest is accepted."""
    page = alice.follow(alice.decide("accept", office.row("PO-001"), office.row("PO-009")))
    assert "Accepted PO-001." in page.text
    assert "Commitment PO-009 is blocked and cannot be accepted now." in page.text
    assert office.row("PO-001").state is State.ACCEPTED


def test_acceptance_belongs_to_the_version_seen(office: Office, alice: Browser) -> None:
    """What changed in Procore since the page was shown is not accepted; nor is a form without a version."""
    seen = office.row("PO-001")
    seen.version = "an older one"
    assert "changed while you looked at it" in alice.follow(alice.decide("accept", seen)).text
    form = {"csrf": alice.csrf(), "action": "accept", "confirmed": "1", "pick": str(seen.id)}
    assert alice.client.post(DECIDE, data=form).status_code == 400
    assert office.row("PO-001").state is State.READY


def test_accepting_twice_does_nothing_more(office: Office, alice: Browser) -> None:
    """The second of two equal forms is told that it came late, and history has one acceptance."""
    row = office.row("PO-001")
    alice.decide("accept", row)
    assert "waiting for QuickBooks and cannot be accepted now" in alice.follow(alice.decide("accept", row)).text
    with office.kit.work() as uow:
        moves = uow.history.find(subject="submission", subject_id=row.id, why="accepted")
    assert [(each.who, each.after) for each in moves] == [("Alice", State.ACCEPTED)]


def test_rejecting_needs_a_comment(office: Office, alice: Browser) -> None:
    """A rejection carries what to mend; without it nothing is done."""
    row = office.row("SC-014")
    assert "needs a comment" in alice.follow(alice.decide("reject", row)).text
    assert office.row("SC-014").state is State.READY
    alice.decide("reject", row, comment=" Retainage is missing. ")
    rejected = office.row("SC-014")
    assert (rejected.state, rejected.comment) == (State.REJECTED, "Retainage is missing.")
    assert "Retainage is missing." in alice.get(f"/connections/{MAIN}/submissions?state=rejected").text


def test_take_back_and_offer_again(office: Office, alice: Browser) -> None:
    """An acceptance is taken back until it is sent; a rejected record is offered again."""
    row = office.row("PO-001")
    alice.decide("accept", row)
    alice.decide("take_back", row)
    assert office.row("PO-001").state is State.READY
    alice.decide("reject", row, comment="not yet")
    alice.decide("retry", row)
    assert office.row("PO-001").state is State.READY
    assert "cannot be taken back any more" in alice.follow(alice.decide("take_back", row)).text


def fail(office: Office, number: str) -> None:
    """Let a record fail on its way to QuickBooks."""
    row = office.row(number)
    with office.kit.work() as uow:
        row = uow.submissions.get(row.id)
        move(uow, row, State.ACCEPTED, now=NOW)
        move(uow, row, State.EXPORTING, now=NOW)
        row.reasons = ["QuickBooks refused it."]
        move(uow, row, State.FAILED, now=NOW)


def test_failed_record_is_sent_again_or_done_by_hand(office: Office, alice: Browser) -> None:
    """A failed record goes again with the next visit, or is marked as done with a comment."""
    fail(office, "PO-001")
    fail(office, "SC-014")
    first, second = office.row("PO-001"), office.row("SC-014")
    assert "QuickBooks refused it." in alice.get(f"/connections/{MAIN}/submissions/{first.id}").text
    answer = alice.decide("retry", first, **{"from": "record"})
    assert answer.headers["Location"] == f"/connections/{MAIN}/submissions/{first.id}"
    assert office.row("PO-001").state is State.ACCEPTED
    alice.decide("done", second, comment="Entered as 1044.", **{"from": "record"})
    assert office.row("SC-014").state is State.SYNCED


def test_linking_renaming_and_archiving(office: Office, alice: Browser) -> None:
    """A record is linked to what QuickBooks has, or gets another name there, or is put aside."""
    record = {"from": "record"}
    vendor = office.row("Zoë's <Glass> & “More”")
    assert (
        "QuickBooks has no vendor named Nobody"
        in alice.follow(alice.decide("link", vendor, quickbooks="Nobody", **record)).text
    )
    order = office.row("PO-009")
    told = alice.follow(alice.decide("link", order, quickbooks="NOPE-1", **record)).text
    assert "QuickBooks has no purchase order numbered NOPE-1, as far as it was read." in told
    assert "needs the record" in alice.follow(alice.decide("link", vendor, **record)).text
    alice.decide("rename", vendor, quickbooks="Zoe's Glass", **record)
    assert office.row(vendor.title).name == "Zoe's Glass"
    alice.decide("link", vendor, quickbooks="smith & sons, inc.", **record)
    assert office.row(vendor.title).quickbooks_name == "Smith & Sons, Inc."
    alice.decide("archive", order, **record)
    assert office.row("PO-009").state is State.ARCHIVED
    alice.decide("archive", order, **record)
    assert office.row("PO-009").state is State.BLOCKED


def test_a_number_that_quickbooks_would_cut_is_refused(office: Office, alice: Browser) -> None:
    """Of an order its number is chosen, 11 characters; a longer one is refused with what would fit."""
    record, order = {"from": "record"}, office.row("SC-014")
    path = f"/connections/{MAIN}/submissions/{order.id}"
    assert "Choose its number in QuickBooks" in alice.get(path).text
    told = alice.follow(alice.decide("renumber", order, quickbooks="1234567890123", **record)).text
    assert "QuickBooks would not take &#39;1234567890123&#39;: &#39;34567890123&#39; would fit." in told
    assert office.row("SC-014").name == ""
    told = alice.follow(alice.decide("renumber", order, quickbooks="SC-14", **record)).text
    assert "Number in QuickBooks chosen for SC-014." in told
    assert "<dt>Number chosen for QuickBooks</dt><dd>SC-14</dd>" in told
    assert "number in QuickBooks: SC-14<" in told
    assert "1099" not in told


def test_a_new_vendor_is_asked_about_1099(office: Office, alice: Browser) -> None:
    """Yes, no or leave alone stand beside its name; the answer is written, and of a vendor linked nothing is asked."""
    record, called = {"from": "record"}, "Zoë's <Glass> & “More”"
    path = f"/connections/{MAIN}/submissions/{office.row(called).id}"
    assert '<option value="leave" selected>' in alice.get(path).text
    for word, answer in (("yes", True), ("no", False), ("leave", None)):
        told = alice.follow(alice.decide("answer_1099", office.row(called), answer=word, **record)).text
        assert office.row(called).is_1099 is answer
        assert f'<option value="{word}" selected>' in told
        assert ('<th scope="row">1099</th>' in told) is (answer is not None)
    assert alice.decide("answer_1099", office.row(called), answer="perhaps", **record).status_code == 400
    linked = office.row("Pacific Drywall")
    assert 'value="answer_1099"' not in alice.get(f"/connections/{MAIN}/submissions/{linked.id}").text
    assert (
        "is no new vendor"
        in alice.follow(alice.decide("answer_1099", office.row("SC-014"), **record, answer="no")).text
    )


def test_viewer_decides_nothing(office: Office, victor: Browser) -> None:
    """The server refuses a viewer's decision, whatever the page offered."""
    answer = victor.decide("accept", office.row("PO-001"))
    assert answer.status_code == 403
    assert "approver" in answer.text
    assert office.row("PO-001").state is State.READY


def test_admin_decides_too(office: Office) -> None:
    """An administrator may do what an approver may."""
    office.employ("Anna", "admin")
    office.signed_in("Anna").decide("accept", office.row("PO-001"))
    assert office.row("PO-001").accepted_by == "Anna"


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_form_needs_its_token(office: Office, alice: Browser, token: str) -> None:
    """A form without the token of this session does nothing."""
    row = office.row("PO-001")
    form = {"csrf": token, "action": "accept", "confirmed": "1", "pick": f"{row.id}:{decisions.stamp(row)}"}
    assert alice.client.post(DECIDE, data=form).status_code == 403
    assert office.row("PO-001").state is State.READY


def test_token_of_another_session_does_nothing(office: Office, alice: Browser, victor: Browser) -> None:
    """A token belongs to one session."""
    row = office.row("PO-001")
    form = {"csrf": victor.csrf(), "action": "accept", "confirmed": "1", "pick": f"{row.id}:{decisions.stamp(row)}"}
    assert alice.client.post(DECIDE, data=form).status_code == 403


def test_decision_needs_a_sign_in(office: Office) -> None:
    """Without a session a form is not carried out, and the sign-in says so."""
    visitor = office.visitor()
    answer = visitor.client.post(DECIDE, data={"action": "accept", "pick": "1:x"})
    assert "nothing was done" in visitor.follow(answer).text


def test_decision_is_no_get(alice: Browser) -> None:
    """A decision's address cannot be opened."""
    assert alice.get(DECIDE).status_code == 405


def test_other_persons_records_cannot_be_decided(office: Office, charlie: Browser) -> None:
    """Neither by the other connection's address nor by smuggling its record into one's own form."""
    row = office.row("PO-001")
    assert charlie.decide("accept", row).status_code == 404
    assert charlie.decide("accept", row, connection=OTHER).status_code == 404
    assert office.row("PO-001").state is State.READY


@pytest.mark.parametrize(
    ("change", "status"), [({"action": "drop"}, 400), ({"action": "link"}, 400), ({"pick": "abc:1"}, 404)]
)
def test_senseless_forms_are_one_sentence(office: Office, alice: Browser, change: dict[str, str], status: int) -> None:
    """A form that our pages never send gets a sentence and does nothing."""
    row = office.row("PO-001")
    form = {
        "csrf": alice.csrf(),
        "action": "accept",
        "confirmed": "1",
        "pick": f"{row.id}:{decisions.stamp(row)}",
        **change,
    }
    answer = alice.client.post(DECIDE, data=form)
    assert answer.status_code == status
    assert office.row("PO-001").state is State.READY


def test_choosing_nothing_is_told(office: Office, alice: Browser) -> None:
    """A form without a chosen record says so."""
    assert office.row("PO-001").state is State.READY
    assert "Choose at least one record first." in alice.follow(alice.decide("accept")).text


def test_too_large_form_is_refused(alice: Browser) -> None:
    """A form far larger than any page of ours is not read."""
    assert alice.client.post(DECIDE, data={"comment": "x" * 2_000_000}).status_code == 413
