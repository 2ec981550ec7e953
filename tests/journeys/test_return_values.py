"""Every row of the protocol's tables of return values, seen from the wire: raw bytes, and zeep with Intuit's WSDL."""

from collections.abc import Iterator

import pytest

from qbwc_bridge.flow.leases import PULL, give_back, take
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import soap, wsgi_post
from qbwc_bridge.webconnector import session, words
from qbwc_bridge.worker import pull
from tests.journeys.bridge import Bridge
from tests.journeys.wire import CALLERS, COMPANY_FILE, Talk


@pytest.fixture(params=CALLERS)
def talk(request: pytest.FixtureRequest, bridge: Bridge) -> Iterator[Talk]:
    """A client of a bridge whose project is on and whose lists are read; nothing is accepted yet."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.clock.pass_time(minutes=16)
    with CALLERS[request.param](bridge) as call:
        yield Talk(bridge, call)


@pytest.fixture
def busy(talk: Talk) -> Talk:
    """The same with records that wait for QuickBooks."""
    talk.bridge.accept_all()
    return talk


# ---------------------------------------------------------------- versions


SINCE_2_0 = ["2.0.0.1", "2.1.0.30", "2.2.0.71", "2.3.0.215", "34.0.10014.6", "2", "34", "", "beta"]


@pytest.mark.parametrize("version", [*SINCE_2_0, "\u00b2", "9" * 5000])
def test_every_web_connector_since_2_0_goes_on_without_a_box(talk: Talk, version: str) -> None:
    """An empty answer goes on; a warning box would block an unattended PC, so there is none."""
    assert talk.call("clientVersion", version) == ""


@pytest.mark.parametrize("version", ["1.5.0.22", "1.99", "0.9.9.9"])
def test_an_older_web_connector_is_told_to_upgrade(talk: Talk, version: str) -> None:
    """`E:` and a sentence stop it."""
    assert talk.call("clientVersion", version).startswith("E:")


def test_the_server_tells_its_version(talk: Talk) -> None:
    """ServerVersion is a text for the window of the Web Connector."""
    assert "qbwc-bridge" in talk.call("serverVersion")


# ---------------------------------------------------------------- authenticate


def test_work_is_an_empty_second_text(busy: Talk) -> None:
    """Ticket and an empty text use the open company file; two texts and no more."""
    assert busy.login() == [""]


def test_no_work_is_none(talk: Talk) -> None:
    """Without work the answer is `none`, and the ticket may still be closed."""
    assert talk.login() == ["none"]
    assert talk.close() == words.NOTHING_DONE


def test_a_wrong_password_is_nvu(busy: Talk) -> None:
    """`nvu` names no reason, and its ticket opens nothing; the right password works at once."""
    assert busy.login("wrong") == ["nvu"]
    assert busy.send() == ""
    assert busy.error() == words.UNKNOWN_TICKET
    assert busy.close() == words.NOTHING_DONE
    assert busy.login() == [""]


def test_a_second_login_is_busy_until_the_lease_ends(busy: Talk) -> None:
    """Two PCs with the same .qwc: the second waits, and after the lease takes over; the first is told so."""
    assert busy.login() == [""]
    first, request = busy.ticket, busy.send()
    assert busy.login() == ["busy"]
    busy.bridge.clock.pass_time(minutes=9)
    assert busy.login() == ["busy"]
    busy.bridge.clock.pass_time(minutes=2)
    assert busy.login() == [""]
    second, busy.ticket = busy.ticket, first
    assert busy.work(request) < 0
    assert busy.error() == words.REPLACED
    busy.ticket = second
    assert busy.to_the_end()[-1] == 100


def test_an_idle_visit_is_put_off_while_procore_is_down(talk: Talk) -> None:
    """Slot 2 holds seconds only while Procore cannot be reached and nothing waits; work is never put off."""
    talk.bridge.procore.fail_next(status=503, count=500)
    with pytest.raises(Exception, match=r"Procore"):
        pull(talk.bridge.app.kit, talk.bridge.connection.id)
    talk.bridge.procore.clear_faults()
    assert talk.login() == ["none", str(session.POSTPONED_SECONDS), ""]
    talk.bridge.accept_all()
    assert talk.login() == [""]
    talk.to_the_end()
    talk.close()
    talk.bridge.pull()
    assert talk.login() == ["none"]


def test_a_long_queue_raises_an_interval_that_is_too_short(busy: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slot 3 holds the interval of the .qwc in seconds once the queue is long."""
    monkeypatch.setattr(session, "LONG_QUEUE", 3)
    assert busy.login() == ["", "", "900"]
    assert busy.to_the_end()[-1] == 100


# ---------------------------------------------------------------- the exchange


def test_progress_never_goes_back_and_says_100_once_at_the_end(busy: Talk) -> None:
    """0 to 99 asks for more; 100 comes when nothing is queued, accepted or open; the result reads like one."""
    busy.login()
    steps = busy.to_the_end()
    assert steps == sorted(steps)
    assert steps.count(100) == 1
    ours = [row for row in busy.bridge.submissions(state="synced") if row.title != "Smith & Sons"]  # that one is linked
    assert busy.close() == f"Finished: {len(ours)} records exported."
    assert busy.login() == ["none"]


def test_a_request_is_a_declaration_an_instruction_and_ascii(busy: Talk) -> None:
    """QuickBooks takes a text that begins with both and needs no character set."""
    busy.login()
    request = busy.until("<CustomerAddRq")
    assert request.startswith('<?xml version="1.0" encoding="utf-8"?>\n<?qbxml version="13.0"?>')
    assert request.isascii()


def test_an_empty_request_says_that_the_work_is_done(busy: Talk) -> None:
    """After 100 a further sendRequestXML is empty, and getLastError says why in words."""
    busy.login()
    busy.to_the_end()
    assert busy.send() == ""
    assert busy.error() == words.NO_MORE_WORK


def test_the_session_pauses_while_procore_is_read(busy: Talk) -> None:
    """NoOp keeps the session while work is being prepared, at most six times, and never says 100 meanwhile."""
    kit, connection = busy.bridge.app.kit, busy.bridge.connection.id
    with kit.work() as uow:
        assert take(uow, connection, PULL, "somebody", busy.bridge.clock.now(), 900)
    busy.login()
    while request := busy.send():
        assert busy.work(request) < 100
    for _ in range(session.MOST_PAUSES - 1):
        assert busy.error() == words.PAUSE
        assert busy.send() == ""
    assert busy.error() == words.PAUSE
    assert busy.send() == ""
    assert busy.error() == words.NO_MORE_WORK
    with kit.work() as uow:
        give_back(uow, connection, PULL, "somebody")
    assert "exported" in busy.close()


@pytest.mark.parametrize("hresult", ["0x80040414", "80040424", "0x8004041A", "0x80010105", "-2147220460", "nonsense"])
def test_a_failed_request_is_negative_with_a_sentence(busy: Talk, hresult: str) -> None:
    """HRESULT and message end the visit: negative, a reason that names both, and the next visit goes on."""
    busy.login()
    busy.until("<CustomerAddRq")
    assert busy.receive("", hresult, "It said no.") < 0
    assert "It said no." in busy.error()
    assert hresult in busy.close()
    busy.bridge.clock.pass_time(minutes=16)
    busy.login()
    assert busy.to_the_end()[-1] == 100


def test_an_unknown_ticket_learns_nothing(busy: Talk) -> None:
    """A stranger gets no request, no progress and no path; only a sentence."""
    busy.login()
    busy.ticket = "made-up"
    assert busy.send() == ""
    assert busy.receive("<QBXML/>") < 0
    assert busy.error() == words.UNKNOWN_TICKET
    assert busy.call("connectionError", "made-up", "0x80040424", "starting") == "done"
    assert busy.close() == words.NOTHING_DONE


def test_a_session_that_was_silent_for_too_long_has_ended(busy: Talk) -> None:
    """A PC that slept gets no write on old facts; the late answer still counts, and the next visit goes on."""
    busy.login()
    request = busy.until("<CustomerAddRq")
    answer = busy.bridge.company.process(request)
    busy.bridge.clock.pass_time(minutes=21)
    assert busy.receive(answer) < 0
    assert busy.error() == words.EXPIRED
    assert busy.send() == ""
    customers = len(busy.bridge.company.customers())
    assert busy.login() == [""]
    assert busy.to_the_end()[-1] == 100
    assert len(busy.bridge.company.customers()) == customers


# ---------------------------------------------------------------- connectionError


@pytest.mark.parametrize("hresult", ["0x80040424", "0x8004041B", "0x80040410"])
def test_a_passing_trouble_gets_one_second_try(busy: Talk, hresult: str) -> None:
    """An empty answer tries the open file again, once; then `done`, and the reason stays."""
    busy.login()
    assert busy.call("connectionError", busy.ticket, hresult, "QuickBooks is starting") == ""
    assert busy.call("connectionError", busy.ticket, hresult, "QuickBooks is starting") == "done"
    assert "QuickBooks is starting" in busy.error()


def test_a_trouble_that_the_second_try_overcame_is_not_told(busy: Talk) -> None:
    """The result of a visit that went well after all says so; the Status column shows no error."""
    busy.login()
    assert busy.call("connectionError", busy.ticket, "0x80040424", "QuickBooks is starting") == ""
    assert busy.to_the_end()[-1] == 100
    assert busy.error() == words.NO_MORE_WORK
    assert busy.close().startswith("Finished: ")


def test_a_closed_company_file_is_named_once(busy: Talk) -> None:
    """Where no file is open the path of the bound company's last visit is tried, once."""
    busy.login()
    busy.to_the_end()
    busy.close()
    busy.bridge.refresh_costs()
    busy.login()
    assert busy.call("connectionError", busy.ticket, "0x80040416", "not running") == COMPANY_FILE
    assert busy.call("connectionError", busy.ticket, "0x80040416", "not running") == "done"


def test_a_second_try_keeps_the_session(busy: Talk) -> None:
    """QuickBooks takes minutes to open: a second PC stays busy meanwhile, as while a request is out."""
    busy.login()
    busy.bridge.clock.pass_time(seconds=100)
    assert busy.call("connectionError", busy.ticket, "0x80040424", "QuickBooks is starting") == ""
    first, hcp = busy.ticket, busy.bridge.company.hcp_response()
    busy.bridge.clock.pass_time(minutes=9)
    assert busy.login() == ["busy"]
    assert busy.call("sendRequestXML", first, hcp, COMPANY_FILE, "US", "13", "0")


def test_the_path_of_a_company_that_was_not_recognized_is_never_named(busy: Talk) -> None:
    """Facts that cannot be read say nothing of the file that is open: the bound one's path stays."""
    busy.login()
    busy.to_the_end()
    busy.close()
    busy.bridge.refresh_costs()
    busy.login()
    other = "D:\\Other\\Company.qbw"
    assert busy.call("sendRequestXML", busy.ticket, "no XML", other, "US", "13", "0")
    busy.close()
    busy.bridge.clock.pass_time(minutes=11)
    busy.login()
    assert busy.call("connectionError", busy.ticket, "0x80040416", "not running") == COMPANY_FILE


def test_another_company_in_the_middle_of_a_visit_gets_no_write(busy: Talk) -> None:
    """Facts that come a second time count: nothing is written to what they name."""
    busy.login()
    busy.work(busy.send())
    stranger = Company(name="Redstone", now=busy.bridge.clock.now).hcp_response()
    request = busy.call("sendRequestXML", busy.ticket, stranger, "D:\\Redstone.qbw", "US", "13", "0")
    assert not request
    assert "Redstone" in busy.error()


@pytest.mark.parametrize("hresult", ["0x80040420", "0x8004040A", "0x80040408"])
def test_what_a_person_must_mend_is_done_at_once_or_after_one_try(busy: Talk, hresult: str) -> None:
    """The visit ends with what it means; nothing is lost."""
    busy.login()
    answers = [busy.call("connectionError", busy.ticket, hresult, "no") for _ in range(2)]
    assert answers[-1] == "done"
    assert hresult in busy.close()
    assert busy.login() == [""]


# ---------------------------------------------------------------- closeConnection


def test_the_result_counts_what_needs_a_person(busy: Talk) -> None:
    """A refused record is in the result: "n records exported, 1 needs you"."""
    busy.bridge.hire_in_between("Pacific Drywall")
    busy.login()
    busy.to_the_end()
    text = busy.close()
    assert "records exported, 1 needs you" in text


# ---------------------------------------------------------------- interactive calls


def test_interactive_calls_are_answered_politely(bridge: Bridge) -> None:
    """No page is offered, a refusal is taken in, and the interactive session has always ended."""
    post = wsgi_post(bridge.wsgi)

    def call(operation: str, *parameters: tuple[str, str]) -> str:
        content = "".join(f"<{name}>{value}</{name}>" for name, value in parameters)
        body = (
            f'<soap:Envelope xmlns:soap="{soap.SOAP}"><soap:Body><{operation} xmlns="{soap.NAMESPACE}">{content}'
            f"</{operation}></soap:Body></soap:Envelope>"
        ).encode()
        return soap.read_text(operation, *post(body, soap.request_headers(operation)))

    assert call("getInteractiveURL", ("wcTicket", "t"), ("sessionID", "s")) == ""
    assert "not used" in call("interactiveRejected", ("wcTicket", "t"), ("reason", "no"))
    assert call("interactiveDone", ("wcTicket", "t")) == "Done"
