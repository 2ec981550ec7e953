from collections.abc import Mapping
from typing import get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st

from qbwc_bridge.rehearsal.webconnector import soap
from qbwc_bridge.rehearsal.webconnector.visit import Outcome
from tests.rehearsal.webconnector_server import GOOD_HEADERS, Pc, Server, result, wrap
from tests.support import DEEP

EXAMPLES = 3000 if DEEP else 150
GOOD: Mapping[str, bytes] = {
    "authenticate": result("authenticate", ["t", ""]),
    "sendRequestXML": result("sendRequestXML", "<q/>"),
    "receiveResponseXML": result("receiveResponseXML", 100),
    "closeConnection": result("closeConnection", "bye"),
    "getLastError": result("getLastError", "why"),
}
NUMBERED = {"QBWC1012", "QBWC1041", "QBWC1042", "QBWC1043", "QBWC1044", "QBWC2012"}


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Draw a good answer with a piece of it replaced by other bytes."""
    body = draw(st.sampled_from(sorted(GOOD.values())))
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, len(body)))
    middle = draw(st.binary(max_size=20) | st.sampled_from([b"<", b"&x;", b"<!--", b"]]>", b"<string/>"]))
    return body[:start] + middle + body[end:]


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    method=st.sampled_from(sorted(soap.PARAMETERS)),
    status=st.sampled_from([200, 200, 200, 204, 301, 500, 503]),
    headers=st.sampled_from([GOOD_HEADERS, GOOD_HEADERS, {"Content-Type": "text/html"}, {}]),
    body=st.binary(max_size=200) | mangled() | st.text(max_size=60).map(wrap),
)
@example(method="authenticate", status=200, headers=GOOD_HEADERS, body=wrap("&undefined;"))
@example(method="sendRequestXML", status=200, headers=GOOD_HEADERS, body=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
@example(method="sendRequestXML", status=200, headers=GOOD_HEADERS, body=wrap("<a>" * 300 + "</a>" * 300))
def test_any_bytes_as_an_answer_end_the_update_with_an_outcome(
    method: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Whatever a server answers to one call, visit returns; a call that could not be read has a number."""
    pc = Pc(Server(**{method: [(status, headers, body)]}))
    visit = pc.connector.visit()
    assert visit.outcome in get_args(Outcome)
    if visit.outcome == "error":
        assert visit.qbwc_error in {*NUMBERED, "QBWC1031", "QBWC1013"}
        assert visit.status_text


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff", min_codepoint=32) | st.just("\t")
    )
)
def test_what_quickbooks_says_arrives_letter_by_letter(reply: str) -> None:
    """Any legal text of a reply reaches the server unchanged."""
    pc = Pc()
    pc.company.reply = reply
    assert pc.connector.visit().outcome == "done"
    assert pc.server.sent("receiveResponseXML")[0]["response"] == reply
