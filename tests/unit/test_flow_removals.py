"""Removals: a cost goes only when its replacement stands and Procore has really given it up, and holds up no other."""

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
