import pytest

from qbwc_bridge.rehearsal.webconnector import Application, QwcError
from tests.rehearsal.webconnector_server import FILE, OWNER, Pc, Refused, qwc


def test_a_good_file_is_read() -> None:
    """Every element that an update needs is there afterwards."""
    application = Application.parse("\ufeff" + qwc(AppName="R&amp;D", Unknown="ignored", CertURL="https://a.example/"))
    assert application == Application(
        app_name="R&D",
        app_id="",
        app_url="https://books.example.com/qbwc",
        app_description="Costs",
        app_support="https://books.example.com/support",
        user_name="bridge-1",
        owner_id=OWNER,
        file_id=FILE,
        run_every_seconds=900,
        cert_url="https://a.example/",
    )
    assert application.run_every_minutes == 15


@pytest.mark.parametrize(
    ("scheduler", "seconds", "minutes"),
    [
        (None, 0, 0),
        ("<RunEveryNSeconds>90</RunEveryNSeconds>", 90, 2),
        ("<RunEveryNSeconds>30</RunEveryNSeconds><RunEveryNMinutes>9</RunEveryNMinutes>", 30, 1),
    ],
)
def test_the_first_period_of_the_schedule_counts(scheduler: str | None, seconds: int, minutes: int) -> None:
    """Seconds and minutes are both known, and no schedule means updates by hand."""
    application = Application.parse(qwc(Scheduler=scheduler))
    assert (application.run_every_seconds, application.run_every_minutes) == (seconds, minutes)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        *[("QBWC1039", {name: None}) for name in ("AppName", "AppID", "AppURL", "AppSupport", "UserName", "QBType")],
        ("QBWC1039", {"AppDescription": ""}),
        ("QBWC1039", {"AppURL": "books.example.com/qbwc"}),
        ("QBWC1039", {"AppURL": "https://books.example.com:port/"}),
        ("QBWC1039", {"OwnerID": OWNER.strip("{}")}),
        ("QBWC1039", {"FileID": FILE.replace("}", ")")}),
        ("QBWC1039", {"IsReadOnly": "no"}),
        ("QBWC1039", {"Style": "Rest"}),
        ("QBWC1039", {"Notify": "true</Notify><Notify>true"}),
        ("QBWC1039", {"UnattendedModePref": "always"}),
        ("QBWC1000", {"AppSupport": "https://example.com/support"}),
        ("QBWC1001", {"AppURL": "https://10.0.0.5/qbwc"}),
        ("QBWC1002", {"AppSupport": "http://[::1]/support"}),
        ("QBWC1010", {"AppURL": "http://books.example.com/qbwc"}),
        ("QBWC1021", {"Scheduler": "<RunEveryNMinutes>0</RunEveryNMinutes>"}),
        ("QBWC1021", {"Scheduler": "<RunEveryHour/>"}),
        ("QBWC1034", {"AuthFlags": "all"}),
        ("QBWC1065", {"QBType": "QBO"}),
    ],
)
def test_what_the_web_connector_refuses(number: str, changes: dict[str, str | None]) -> None:
    """Each fault of a .qwc file has its number."""
    with pytest.raises(QwcError) as caught:
        Application.parse(qwc(**changes))
    assert caught.value.number == number
    assert str(caught.value).startswith(f"{number}: ")


@pytest.mark.parametrize("text", ["", "<QBWCXML>", "<html/>", qwc(AppName="R&D")])
def test_a_file_that_is_no_qwc_is_refused(text: str) -> None:
    """Text that is not well-formed or something else is a file problem."""
    with pytest.raises(QwcError, match="QBWC1006"):
        Application.parse(text)


@pytest.mark.parametrize("host", ["localhost:8080", "bookspc"])
def test_http_is_enough_on_this_machine(host: str) -> None:
    """Localhost and a bare machine name need no https."""
    assert Application.parse(qwc(AppURL=f"http://{host}/qbwc", AppSupport=f"http://{host}/s")).app_name == "Bridge"


def test_rpc_style_is_not_spoken() -> None:
    """The file is legal but the stand-in says that it cannot serve it."""
    with pytest.raises(ValueError, match="document style"):
        Pc(qwc_text=qwc(Style="RPC"))


@pytest.mark.parametrize(
    ("number", "statuses", "changes"),
    [
        ("QBWC1048", (401, 200), {}),
        ("QBWC1048", (302, 200), {}),
        ("QBWC1048", (0, 200), {}),
        ("QBWC1003", (200, 0), {}),
        ("QBWC1004", (200, 404), {}),
        ("QBWC1080", (200, 202), {"IsReadOnly": "true"}),
        ("QBWC1007", (200, 200), {"QBType": "QBPOS"}),
    ],
)
def test_adding_fails_with_the_number_of_the_fault(
    number: str, statuses: tuple[int, int], changes: dict[str, str | None]
) -> None:
    """A server that hides behind a login or is silent cannot be added, nor can a read-only application."""

    def get(url: str) -> int:
        status = statuses["support" in url]
        if not status:
            raise ConnectionRefusedError
        return status

    pc = Pc(qwc_text=qwc(**changes), get=get)
    with pytest.raises(QwcError) as caught:
        pc.connector.add()
    assert caught.value.number == number
    assert pc.company.stamps == []


def test_a_stamp_that_quickbooks_refuses_is_told() -> None:
    """The company's refusal becomes a number; a programming error stays what it is."""
    pc = Pc()
    pc.company.refuse_next = Refused("0x80040408", "Could not start QuickBooks.")
    with pytest.raises(QwcError, match=r"QBWC1007: .*Could not start QuickBooks"):
        pc.connector.add()
    pc.company.refuse_next = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        pc.connector.add()
