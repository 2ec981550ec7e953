"""A record's page."""

import html
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import Commitment
from qbwc_bridge.domain.quickbooks import VendorAdd
from qbwc_bridge.domain.records import MessageSet, Task, Visit
from qbwc_bridge.flow import work
from qbwc_bridge.statuspage import beside
from qbwc_bridge.statuspage.sessions import COOKIE
from tests.page.office import MAIN, NOW, Browser, Office
from tests.page.test_page_orders import exported


def test_record_shows_what_it_is_and_its_history(office: Office, alice: Browser) -> None:
    """Vendor, lines and total of the order, and the history newest first with who and why."""
    row = office.row("PO-001")
    alice.decide("accept", row)
    alice.decide("take_back", row)
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "Purchase order, Approved" in text
    assert "09-250.S" in text
    assert "18,500.00" in text
    history = text[text.index("<h2>History</h2>") :]
    assert history.index("taken back") < history.index("accepted") < history.index("nothing stands against it")
    assert "<strong>Alice</strong> Ready to Export → Waiting for QuickBooks: accepted" in history


def test_budget_shows_its_rows(office: Office, alice: Browser) -> None:
    """A budget's rows are original plus modifications, with their total."""
    with office.kit.work() as uow:
        row = uow.submissions.first(kind="budget", number="24-001")
    assert row is not None
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "Budget, locked" in text
    assert "36,500.00" in text
    assert text.count("126,500.00") == 2


def test_every_kind_has_a_page(office: Office, alice: Browser) -> None:
    """No record's page fails."""
    with office.kit.work() as uow:
        connection = uow.connections.first(name=MAIN)
        assert connection is not None
        rows = uow.submissions.find(connection_id=connection.id)
    assert len({row.kind for row in rows}) == 5
    for row in rows:
        assert alice.get(f"/connections/{MAIN}/submissions/{row.id}").status_code == 200


def test_viewer_sees_history_and_no_buttons(office: Office, victor: Browser) -> None:
    """Somebody who may only look sees everything and is offered nothing."""
    text = victor.get(f"/connections/{MAIN}/submissions/{office.row('PO-001').id}").text
    assert "History" in text
    assert 'name="action"' not in text


def test_unknown_record_is_not_found(alice: Browser) -> None:
    """A number that is no record, or no number, is one sentence."""
    assert alice.get(f"/connections/{MAIN}/submissions/99999").status_code == 404
    assert alice.get(f"/connections/{MAIN}/submissions/abc").status_code == 404


def test_sentence_about_the_last_action_is_this_sessions(office: Office, alice: Browser) -> None:
    """The sentence that the next page shows is signed and belongs to its session."""
    alice.decide("accept", office.row("PO-001"))
    saying = alice.client.get_cookie("qbwc_bridge_say")
    assert saying is not None
    other = office.signed_in("Alice")
    other.client.set_cookie("qbwc_bridge_say", saying.value)
    assert other.client.get_cookie(COOKIE) is not None
    assert "Accepted PO-001." not in other.get("/").text
    assert "Accepted PO-001." in alice.get("/").text


def test_what_will_be_written_stands_line_by_line(office: Office, alice: Browser) -> None:
    """Before she accepts, she sees each field and line as QuickBooks will get it, and the qbXML if she asks."""
    with office.kit.work() as uow:
        row = uow.submissions.first(kind="budget", number="24-001")
    assert row is not None
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "What will be written" in text
    assert f"Budget from Procore, not a quotation [qb:{row.mark}]" in text
    assert "item 09-250.S · 1 \N{MULTIPLICATION SIGN} 36,500.00" in text
    assert "&lt;EstimateAddRq requestID=" in text


def test_differences_to_quickbooks_are_marked_by_sign_and_word(office: Office, alice: Browser) -> None:
    """Where QuickBooks has something else now, both stand side by side and the difference is said."""
    row = exported(office, "PO-001")
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "How both compare" in text
    assert "Nothing will be written: it stands in QuickBooks as PO-001." in text
    (line,) = [part for part in text.split("<tr>") if ">Line 1<" in part]
    assert "18,500.00" in line
    assert "19,000.00" in line
    assert "≠</span> differs" in line


def test_amounts_and_dates_read_as_everywhere_on_the_page(office: Office, alice: Browser) -> None:
    """A negative amount stands in parentheses, a rate of 1 has two decimals, and the date no other form."""
    text = alice.get(f"/connections/{MAIN}/submissions/{office.row('PO-2024-000123').id}?written=1").text
    assert "1 \N{MULTIPLICATION SIGN} (250.50)" in text
    assert ">10 Mar 2026<" in text
    assert "-250.50" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
    row = office.row("PO-001")
    with office.kit.work() as uow:
        found = uow.documents.first(connection_id=row.connection_id, kind="commitment", key=row.key)
        assert found is not None
        assert isinstance(found.document, Commitment)
        found.document = replace(found.document, contract_date=NOW.date())
        uow.documents.save(found)
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "<dt>Contract date</dt><dd>10 Mar 2026</dd>" in text
    assert "18,500 \N{MULTIPLICATION SIGN} 1.00" in text


def test_an_update_tells_no_ids_of_quickbooks(office: Office, alice: Browser) -> None:
    """What a Mod says of which record and version it means is QuickBooks' affair."""
    row = exported(office, "PO-001")
    with office.kit.work() as uow:
        found = uow.documents.first(connection_id=row.connection_id, kind="commitment", key=row.key)
        assert found is not None
        assert isinstance(found.document, Commitment)
        found.document = replace(found.document, title="Board, studs and tape")
        uow.documents.save(found)
        record = uow.transactions.find(txn_id="T1")[0]
        record.lines[0].amount = record.total = Decimal("18500.00")
        record.read_visit_id = uow.visits.add(Visit(row.connection_id, "x", NOW, NOW)).id
        uow.transactions.save(record)
        connection = uow.connections.get(row.connection_id)
        work.settle(uow, connection, office.kit.options(connection), NOW)
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "What will be written" in text
    assert ">Memo<" in text
    assert "Edit sequence" not in text
    assert "QuickBooks&#39; id" not in text


def test_what_cannot_be_built_yet_is_told(office: Office, alice: Browser) -> None:
    """Without an income account no item can be made: the page says so instead of failing."""
    office.change(settings={})
    with office.kit.work() as uow:
        row = uow.submissions.first(kind="cost_code", connection_id=1)
        assert row is not None
        row.quickbooks_id = ""
        uow.submissions.save(row)
    text = alice.get(f"/connections/{MAIN}/submissions/{row.id}").text
    assert "That cannot be said yet:" in text


def test_an_order_without_vendor_says_so(office: Office, alice: Browser) -> None:
    """What will be written hangs on Procore, not on QuickBooks: the sentence is that of the reason above."""
    text = alice.get(f"/connections/{MAIN}/submissions/{office.row('PO-009').id}").text
    assert "That cannot be said yet: Purchase order PO-009: no vendor is chosen in Procore." in text


def test_messages_are_shown_to_those_who_decide(office: Office, alice: Browser, victor: Browser) -> None:
    """The qbXML that was sent and the answer, folded; who may only look is not shown other people's addresses."""
    row = office.row("PO-001")
    with office.kit.work() as uow:
        visit = uow.visits.add(Visit(row.connection_id, "x", NOW, NOW))
        sent = uow.message_sets.add(
            MessageSet(
                row.connection_id, visit.id, "write", "<QBXML>asked</QBXML>", NOW, reply_text="<QBXML>told</QBXML>"
            )
        )
        task = Task(row.connection_id, "VendorAdd", VendorAdd("Pacific"), NOW, row.id, message_set_id=sent.id)
        uow.tasks.add(task)
    path = f"/connections/{MAIN}/submissions/{row.id}"
    for browser, seen in ((alice, True), (victor, False)):
        text = browser.get(path).text
        assert "VendorAdd" in text
        assert ("&lt;QBXML&gt;asked" in text and "&lt;QBXML&gt;told" in text) is seen


def test_payments_of_procore_stand_on_the_order(office: Office, alice: Browser) -> None:
    """What was paid on it is told where something was."""
    row = office.row("PO-001")
    path = f"/connections/{MAIN}/submissions/{row.id}"
    assert "Paid in Procore" not in alice.get(path).text
    with office.kit.work() as uow:
        found = uow.documents.first(connection_id=row.connection_id, kind="commitment", key=row.key)
        assert found is not None
        assert isinstance(found.document, Commitment)
        found.document = replace(found.document, paid=Decimal("7400.00"))
        uow.documents.save(found)
    assert "<dt>Paid in Procore</dt><dd>7,400.00</dd>" in alice.get(path).text


def test_a_large_connection_compares_when_somebody_asks(
    office: Office, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the comparison takes a while, a link leads to it, and the page itself comes at once."""
    monkeypatch.setattr(beside, "AT_ONCE", 1)
    row = office.row("PO-001")
    path = f"/connections/{MAIN}/submissions/{row.id}"
    text = alice.get(path).text
    assert '<h2 id="written">' not in text
    assert f'href="{path}?written=1"' in text
    assert "What will be written" in alice.get(f"{path}?written=1").text


def test_a_record_is_offered_what_has_nearly_its_name(office: Office, alice: Browser, victor: Browser) -> None:
    """One press links it to the near name; the field knows all free names, and none that is linked already."""
    near, called = "Zoe's <Glass> & More", "Zoë's <Glass> & “More”"
    with office.kit.work() as uow:
        row = uow.lists.find(kind="vendor", full_name="Smith & Sons, Inc.")[0]
        uow.lists.add(replace(row, id=0, list_id="L99", name=near, full_name=near, folded=fold(near)))
    path = f"/connections/{MAIN}/submissions/{office.row(called).id}"
    text = html.unescape(alice.get(path).text)
    assert re.findall(r'name="quickbooks" value="([^"]*)">\s*<button name="action" value="link"', text) == [near]
    offered = text[text.index("<datalist") : text.index("</datalist>")]
    assert re.findall(r'<option value="([^"]*)">', offered) == ["Pacific Drywall", "Smith & Sons, Inc.", near]
    assert "Nearly the same name" not in victor.get(path).text

    alice.decide("link", office.row(called), quickbooks=near, **{"from": "record"})
    assert office.row(called).quickbooks_name == near
    other = alice.get(f"/connections/{MAIN}/submissions/{office.row('Pacific Drywall').id}").text
    assert near not in html.unescape(other)
