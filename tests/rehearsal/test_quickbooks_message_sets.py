from tests.rehearsal.quickbooks_kit import Clock, document, po_add, send, stocked

A, B = "AAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBB"


def test_stored_reply_comes_again_and_nothing_runs_twice() -> None:
    """After a lost answer an empty set with old = new = id gives the very reply, also after a backup was restored."""
    company = stocked(Clock())
    first = company.process(document(po_add("100.00"), newMessageSetID=A))
    assert company.process(document("", newMessageSetID=A, oldMessageSetID=A)) == first
    assert company.process(document(po_add("100.00"), newMessageSetID=A, oldMessageSetID=A)) == first
    assert company.process(document(po_add("100.00"), newMessageSetID=A)) == first
    assert len(company.orders()) == 1
    backup = company.snapshot()
    other = stocked(Clock())
    other.restore(backup)
    assert other.process(document("", newMessageSetID=A, oldMessageSetID=A)) == first


def test_nothing_stored_answers_600_and_runs_nothing() -> None:
    """Asking for a reply that is not there gives messageSetStatusCode 600 and carries out nothing."""
    company = stocked()
    for body in ("", po_add("100.00")):
        reply = send(company, body, newMessageSetID=A, oldMessageSetID=A)
        assert reply.get("messageSetStatusCode") == "600"
        assert len(reply) == 0
    assert company.orders() == []


def test_same_id_with_other_content_answers_9001() -> None:
    """An id belongs to one content: another one under it is refused and not carried out."""
    company = stocked()
    send(company, po_add("100.00"), newMessageSetID=A)
    reply = send(company, po_add("200.00"), newMessageSetID=A)
    assert reply.get("messageSetStatusCode") == "9001"
    assert [one.total for one in company.orders()] == [100]


def test_too_long_id_answers_9004_and_runs_nothing() -> None:
    """An id of 25 characters is refused; 24 are fine."""
    company = stocked()
    assert send(company, po_add("1.00"), newMessageSetID="x" * 25).get("messageSetStatusCode") == "9004"
    assert company.orders() == []
    assert send(company, po_add("1.00"), newMessageSetID="x" * 24).get("messageSetStatusCode") == "0"


def test_new_id_replaces_the_only_stored_reply() -> None:
    """One reply is kept per company file: storing B forgets A."""
    company = stocked()
    send(company, po_add("1.00"), newMessageSetID=A)
    reply = send(company, po_add("2.00", number="PO-2"), newMessageSetID=B, oldMessageSetID=A)
    assert reply.get("messageSetStatusCode") == "0"
    assert send(company, "", newMessageSetID=A, oldMessageSetID=A).get("messageSetStatusCode") == "600"
    assert len(send(company, "", newMessageSetID=B, oldMessageSetID=B)) == 1


def test_old_id_alone_clears() -> None:
    """The clean-up set forgets the reply; a second clean-up finds nothing."""
    company = stocked()
    send(company, po_add("1.00"), newMessageSetID=A)
    assert send(company, "", oldMessageSetID=A).get("messageSetStatusCode") == "0"
    assert send(company, "", oldMessageSetID=A).get("messageSetStatusCode") == "600"
    assert send(company, "", newMessageSetID=A, oldMessageSetID=A).get("messageSetStatusCode") == "600"


def test_sets_without_id_leave_the_stored_reply_alone() -> None:
    """Reads and plain writes between do not touch error recovery."""
    company = stocked()
    first = company.process(document(po_add("1.00"), newMessageSetID=A))
    send(company, "<PurchaseOrderQueryRq/>")
    send(company, po_add("2.00"))
    assert company.process(document("", newMessageSetID=A, oldMessageSetID=A)) == first


def test_backup_from_before_the_write_knows_nothing_of_it() -> None:
    """A restored older copy has neither the order nor its stored reply."""
    company = stocked()
    backup = company.snapshot()
    send(company, po_add("1.00"), newMessageSetID=A)
    company.restore(backup)
    assert company.orders() == []
    assert send(company, "", newMessageSetID=A, oldMessageSetID=A).get("messageSetStatusCode") == "600"
