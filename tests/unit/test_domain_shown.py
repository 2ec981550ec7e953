"""What Procore does not show, or says wrongly, in a few sentences for people."""

from qbwc_bridge.domain.shown import MOST_NAMED, LeftOut, Shown


def test_records_left_out_are_told_until_they_are_read() -> None:
    """A portion takes away only what it read, the end of a whole list whatever it did not leave out again."""
    left_out = LeftOut()
    left_out.note("orders", {"1": "One.", "2": "Two."}, set())
    left_out.note("vendors", {"1": "A vendor."}, set())
    left_out.note("orders", {}, {"1"})
    assert left_out.sentences == ["Two.", "A vendor."]
    left_out.note("orders", {"3": "Three."}, None)
    assert left_out.sentences == ["Three.", "A vendor."]
    left_out.note("orders", {}, None)
    left_out.note("vendors", {}, {"1"})
    assert left_out == LeftOut()


def test_many_records_left_out_are_counted() -> None:
    """The first few are told one by one, of the others how many there are."""
    shown = Shown(partly={"views": "Two views."})
    shown.left_out.note("orders", {str(number): f"Order {number}." for number in range(MOST_NAMED + 3)}, None)
    assert len(shown.notices) == MOST_NAMED + 2
    assert (shown.notices[0], shown.notices[-1]) == ("Two views.", "3 more records of Procore cannot be used.")
