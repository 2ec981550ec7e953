import secrets
import threading

import pytest

from qbwc_bridge.rehearsal.webconnector import exchange
from tests.rehearsal.webconnector_server import FILE, OWNER, Pc, PowerCut, Refused, Server, qwc

OPENING = ("serverVersion", "clientVersion", "authenticate")
ROUND = ("sendRequestXML", "receiveResponseXML")


def test_a_whole_update_runs_in_the_order_of_the_guide() -> None:
    """Progress below 100 brings the next request, 100 closes, and the closing text is the status."""
    pc = Pc(Server(sendRequestXML=["<a/>", "<b/>", "<c/>"], receiveResponseXML=[0, 99, 100]))
    visit = pc.connector.visit()
    assert (visit.outcome, visit.status_text, visit.qbwc_error) == ("done", "Finished well", "")
    assert visit.calls == (*OPENING, *ROUND * 3, "closeConnection")
    assert visit.requests == ("<a/>", "<b/>", "<c/>") == tuple(pc.company.seen)
    assert visit.progress == (0, 99, 100)
    assert visit.wait_seconds == 15 * 60
    assert pc.company.sessions_ended == 1


def test_only_the_first_request_call_carries_the_company_and_its_lock() -> None:
    """Host, Company and Preferences with FileID and AppLock come once; path, country and version come always."""
    pc = Pc(Server(receiveResponseXML=[50, 100]))
    pc.connector.visit()
    first, second = pc.server.sent("sendRequestXML")
    assert "LOCKED:TRAINING-PC:638448912000000000" in first["strHCPResponse"]
    assert first["strHCPResponse"].index("AppLock") < first["strHCPResponse"].index("FileID")
    assert first["strHCPResponse"].count(OWNER) == 2
    assert second["strHCPResponse"] == ""
    for call in (first, second):
        assert call["ticket"] == "ticket-1"
        assert call["strCompanyFileName"] == "C:\\Books\\Company.qbw"
        assert (call["qbXMLCountry"], call["qbXMLMajorVers"], call["qbXMLMinorVers"]) == ("US", "16", "0")


def test_a_company_file_without_our_stamp_shows_no_lock_of_ours() -> None:
    """The three replies of a file that never met this application go out unchanged."""
    pc = Pc()
    pc.company.hcp = "QBPOS says something that is no XML"
    pc.connector.visit()
    assert pc.server.sent("sendRequestXML")[0]["strHCPResponse"] == "QBPOS says something that is no XML"


def test_a_lock_that_the_company_shows_is_not_doubled() -> None:
    """A company record that holds an AppLock of ours already goes out unchanged."""
    pc = Pc()
    pc.company.hcp += pc.company.hcp.replace("FileID", "AppLock")
    pc.connector.visit()
    assert pc.server.sent("sendRequestXML")[0]["strHCPResponse"] == pc.company.hcp


@pytest.mark.parametrize(
    ("word", "outcome", "status", "number", "closing"),
    [
        ("NONE", "no_data", "No data exchange required", "", ("closeConnection",)),
        ("nvu", "refused", "Invalid password for username", "QBWC1040", ("closeConnection",)),
        ("busy", "busy", "Application Busy", "", ()),
    ],
)
def test_the_words_of_authenticate_end_the_update(
    word: str, outcome: str, status: str, number: str, closing: tuple[str, ...]
) -> None:
    """None, nvu and busy, in either case, leave QuickBooks alone."""
    pc = Pc(Server(authenticate=[["t", word]]))
    visit = pc.connector.visit()
    assert (visit.outcome, visit.status_text, visit.qbwc_error) == (outcome, status, number)
    assert visit.calls == OPENING + closing
    assert not visit.requests
    assert pc.company.sessions_ended == 0


def test_seconds_to_postpone_win_over_every_word() -> None:
    """Slot 2 drops the session without another call and says when to come back."""
    visit = Pc(Server(authenticate=[["t", "nvu", "90", ""]])).connector.visit()
    assert (visit.outcome, visit.status_text) == ("postponed", "Update postponed by application")
    assert visit.calls == OPENING
    assert visit.wait_seconds == 90


def test_slots_two_and_three_count_only_where_a_schedule_runs() -> None:
    """An update that a person started is neither put off nor slowed down."""
    pc = Pc(Server(authenticate=[["t", "", "90", "7200"]]), qwc_text=qwc(Scheduler=None))
    visit = pc.connector.visit()
    assert (visit.outcome, visit.wait_seconds) == ("done", 0)


def test_slot_three_raises_the_interval_and_never_lowers_it() -> None:
    """The lowest allowed interval holds from that update on, also with a word that ends it."""
    pc = Pc(Server(authenticate=[["t", "none", "", "7200"], ["t", "", "", "60"]]))
    assert pc.connector.visit().wait_seconds == 7200
    assert pc.connector.visit().wait_seconds == 7200


def test_four_slots_with_two_empty_are_a_normal_update() -> None:
    """Empty slots 2 and 3 change nothing."""
    assert Pc(Server(authenticate=[["t", "", "", ""]])).connector.visit().outcome == "done"


@pytest.mark.parametrize("texts", [[], ["t"], ["t", "", "", "", ""], ["t", "", "soon"]])
def test_an_array_that_does_not_fit_fails_the_login(texts: list[str]) -> None:
    """Less than two, more than four texts, or seconds that are no number are QBWC1012."""
    visit = Pc(Server(authenticate=[texts])).connector.visit()
    assert (visit.outcome, visit.qbwc_error, visit.calls) == ("error", "QBWC1012", OPENING)


@pytest.mark.parametrize(
    ("answer", "outcome", "number"),
    [
        ("E:Too old", "refused", "QBWC1037"),
        ("O:34.0", "refused", "QBWC1037"),
        ("W:Old", "done", ""),
        ("mumble", "done", ""),
    ],
)
def test_the_answer_to_the_version_decides(answer: str, outcome: str, number: str) -> None:
    """E: and O: stop before authenticate, W: and anything without meaning only reach the log."""
    pc = Pc(Server(clientVersion=[answer]))
    visit = pc.connector.visit()
    assert (visit.outcome, visit.qbwc_error) == (outcome, number)
    assert ("authenticate" in visit.calls) == (outcome == "done")
    assert any("QBWC1046" in line for line in pc.log) == (answer == "mumble")


def test_missing_version_calls_do_not_matter() -> None:
    """A fault on serverVersion and clientVersion is logged and the update goes on."""
    server = Server()
    del server.script["serverVersion"], server.script["clientVersion"]
    pc = Pc(server)
    assert pc.connector.visit().outcome == "done"
    assert any("QBWC1036" in line for line in pc.log)


@pytest.mark.parametrize("nothing", ["", "NoOp"])
def test_no_request_asks_for_the_reason(nothing: str) -> None:
    """An empty request leads to getLastError, whose text is the status, and then to closeConnection."""
    visit = Pc(Server(sendRequestXML=[nothing])).connector.visit()
    assert (visit.outcome, visit.status_text) == ("done", "No more work")
    assert visit.calls == (*OPENING, "sendRequestXML", "getLastError", "closeConnection")


def test_no_reason_leaves_the_closing_text_as_status() -> None:
    """An empty getLastError is legal."""
    assert Pc(Server(sendRequestXML=[""], getLastError=[""])).connector.visit().status_text == "Finished well"


def test_noop_pauses_five_seconds_and_asks_again() -> None:
    """The session stays open over a NoOp, and the company's replies are not sent again."""
    pc = Pc(Server(sendRequestXML=["", "", "<q/>"], getLastError=["NoOp"]))
    visit = pc.connector.visit()
    assert pc.slept == [5.0, 5.0]
    assert visit.requests == ("<q/>",)
    assert [bool(call["strHCPResponse"]) for call in pc.server.sent("sendRequestXML")] == [True, False, False]
    assert pc.company.sessions_ended == 1


def test_interactive_mode_is_rejected_because_nobody_is_there() -> None:
    """The server hears of the rejection if it offers the call, and the connection is closed."""
    visit = Pc(Server(sendRequestXML=[""], getLastError=["Interactive mode"])).connector.visit()
    assert visit.calls[-3:] == ("getLastError", "interactiveRejected", "closeConnection")
    assert visit.outcome == "error"


def test_negative_progress_shows_the_last_error() -> None:
    """A negative number leads to getLastError and closeConnection, even if the text is NoOp."""
    for text in ("Vendor unknown", "NoOp"):
        visit = Pc(Server(receiveResponseXML=[-101], getLastError=[text])).connector.visit()
        assert (visit.outcome, visit.status_text, visit.qbwc_error) == ("error", text, "QBWC1031")
        assert visit.calls == (*OPENING, *ROUND, "getLastError", "closeConnection")


def test_a_refusal_of_quickbooks_reaches_the_server() -> None:
    """A document that QuickBooks does not take gives an empty response with HRESULT and message."""
    pc = Pc()
    pc.company.refuse_next = Refused("0x80040400", "QuickBooks could not read it.")
    assert pc.connector.visit().outcome == "done"
    assert pc.server.sent("receiveResponseXML") == [
        {
            "ticket": "ticket-1",
            "response": "",
            "hresult": "0x80040400",
            "message": "QuickBooks could not read it.",
        }
    ]


def test_a_programming_error_in_the_company_is_not_hidden() -> None:
    """Only exceptions with hresult and message are refusals; the session with QuickBooks ends all the same."""
    pc = Pc()
    pc.company.refuse_next = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        pc.connector.visit()
    assert pc.company.sessions_ended == 1


def test_quickbooks_is_tried_twice_before_the_server_hears() -> None:
    """One failed try is not told; two are, and an answer other than done tries again."""
    pc = Pc(Server(connectionError=[""]))
    pc.company.closed_tries = 1
    assert "connectionError" not in pc.connector.visit().calls
    pc.company.closed_tries = 3
    visit = pc.connector.visit()
    assert (visit.outcome, visit.calls.count("connectionError")) == ("done", 1)
    assert pc.server.sent("connectionError")[0] == {
        "ticket": "ticket-1",
        "hresult": "0x80040408",
        "message": "Could not start QuickBooks.",
    }


def test_done_stops_the_tries_in_any_case_of_letters() -> None:
    """After DONE nothing more is called."""
    pc = Pc(Server(connectionError=["DONE"]))
    pc.company.closed_tries = 99
    visit = pc.connector.visit()
    assert (visit.outcome, visit.qbwc_error) == ("error", "QBWC1013")
    assert visit.calls == (*OPENING, "connectionError")


def test_a_server_that_never_says_done_is_left() -> None:
    """The number of tries is bounded."""
    pc = Pc(Server(connectionError=["D:\\Other.qbw"]))
    pc.company.closed_tries = 99
    assert pc.connector.visit().calls.count("connectionError") == exchange.MAX_CONNECTION_TRIES


def test_another_company_file_than_the_open_one_is_refused() -> None:
    """Slot 1 may name the open file in any case of letters; another one is 0x8004040A."""
    assert Pc(Server(authenticate=[["t", "c:\\books\\COMPANY.qbw"]])).connector.visit().outcome == "done"
    pc = Pc(Server(authenticate=[["t", "C:\\Books\\Other.qbw"]], connectionError=[""]))
    assert pc.connector.visit().outcome == "done"
    assert pc.server.sent("connectionError")[0]["hresult"] == "0x8004040A"


def test_a_server_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of rounds is bounded and the connection is closed properly."""
    monkeypatch.setattr(exchange, "MAX_ROUNDS", 3)
    visit = Pc(Server(receiveResponseXML=[7])).connector.visit()
    assert (visit.outcome, visit.progress, visit.calls[-1]) == ("error", (7, 7, 7), "closeConnection")


def test_a_power_cut_ends_the_update_at_once() -> None:
    """What the tap raises leaves visit with no further call, at every call and on both sides of it."""
    moments: list[tuple[str, str]] = []
    Pc(tap=lambda call, moment: moments.append((call, moment))).connector.visit()
    assert len(moments) == 12
    for fatal in range(len(moments)):
        passed: list[tuple[str, str]] = []

        def tap(call: str, moment: str, passed: list[tuple[str, str]] = passed, fatal: int = fatal) -> None:
            passed.append((call, moment))
            if len(passed) > fatal:
                raise PowerCut

        pc = Pc(tap=tap)
        with pytest.raises(PowerCut):
            pc.connector.visit()
        assert passed == moments[: fatal + 1]
        assert len(pc.server.calls) == (fatal + 1) // 2


def test_no_password_is_noticed_before_the_server_is_called() -> None:
    """An application without a password does not leave the PC."""
    visit = Pc(password="").connector.visit()
    assert (visit.outcome, visit.qbwc_error, visit.calls) == ("refused", "QBWC1040", ())


def test_the_log_holds_neither_password_nor_ticket() -> None:
    """The password goes to authenticate and the ticket to the calls, neither to the log."""
    password, ticket = secrets.token_urlsafe(), secrets.token_urlsafe()
    pc = Pc(Server(authenticate=[[ticket, ""]]), password=password)
    pc.connector.visit()
    assert pc.server.sent("authenticate") == [{"strUserName": "bridge-1", "strPassword": password}]
    assert pc.server.sent("closeConnection") == [{"ticket": ticket}]
    assert not any(password in line or ticket in line for line in pc.log)


class CountedStop(threading.Event):
    """A stop that is set after some waits and remembers their lengths."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.left = waits
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Do not wait."""
        self.waited.append(timeout)
        self.left -= 1
        if not self.left:
            self.set()
        return self.is_set()


def test_run_visits_by_schedule_until_it_is_stopped() -> None:
    """The wait after an update is the interval, or what the server put it off by."""
    pc = Pc(Server(authenticate=[["t", ""], ["t", "", "30"], ["t", "", "", "3600"]]))
    stop = CountedStop(3)
    pc.connector.run(stop)
    assert stop.waited == [900, 30, 3600]


def test_run_without_schedule_updates_once() -> None:
    """A manual application is updated as if the button had been pressed."""
    pc = Pc(qwc_text=qwc(Scheduler=None))
    pc.connector.run(threading.Event())
    assert len(pc.server.sent("authenticate")) == 1


def test_adding_probes_and_stamps() -> None:
    """AppURL and AppSupport are fetched and the FileID is written under the OwnerID."""
    fetched: list[str] = []

    def get(url: str) -> int:
        fetched.append(url)
        return 200

    pc = Pc(get=get)
    pc.connector.add()
    assert fetched == ["https://books.example.com/qbwc", "https://books.example.com/support"]
    assert pc.company.stamps == [(OWNER, FILE)]
