"""A .NET client, made from our own WSDL by .NET's own tools: Mono's `wsdl` and `mcs`, its proxy run by `mono`.

The Web Connector is such a client. Mono's proxy reads and writes SOAP as .NET Framework's does: parameters unwrapped,
arrays of strings as string[], absent texts as null, faults as SoapException, Expect: 100-continue, one connection.
"""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from tests.journeys.bridge import connected_bridge
from tests.protocol.fakes import PUBLIC_URL, FakeCalls, serve_application, served
from tests.support import missing

PROGRAM = Path(__file__).with_name("dotnet_session.cs")

PATIENCE = 120
"""Seconds for one program of Mono: it starts within one; more is a hang."""

WRAPPED = """\
string serverVersion()
string clientVersion(string strVersion)
string[] authenticate(string strUserName, string strPassword)
string connectionError(string ticket, string hresult, string message)
string sendRequestXML(string ticket, string strHCPResponse, string strCompanyFileName, string qbXMLCountry, \
int qbXMLMajorVers, int qbXMLMinorVers)
int receiveResponseXML(string ticket, string response, string hresult, string message)
string getLastError(string ticket)
string closeConnection(string ticket)
string getInteractiveURL(string wcTicket, string sessionID)
string interactiveRejected(string wcTicket, string reason)
string interactiveDone(string wcTicket)
string isInteractiveDone(string wcTicket)
"""
"""The calls as .NET sees them when they are wrapped: the parameters of the Web Connector's guide, plain values back."""

Told = list[tuple[str, ...]]
"""What the program printed: the name of a call, then its values; null is "-"."""


def _environment(home: Path) -> dict[str, str]:
    """Give what Mono's programs see: a home of their own, where Mono keeps its registry, and no proxy or locale."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "MONO_SHARED_DIR": str(home), "TMPDIR": str(home)}


def _run(home: Path, *command: str) -> str:
    """Run one tool in `home`; gives all it printed, fails the test where it failed."""
    done = subprocess.run(
        command,
        cwd=home,
        env=_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}"
    return done.stdout


@pytest.fixture(scope="module", name="home")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the proxy made from the WSDL that our server gives, and the program compiled with it."""
    absent = [tool for tool in ("mono", "mcs", "wsdl") if shutil.which(tool) is None]
    if absent:
        missing(f"{', '.join(absent)} (Debian package mono-devel)")
    home = tmp_path_factory.mktemp("mono")
    with served(FakeCalls()) as url:
        printed = _run(home, "wsdl", "-out:proxy.cs", f"{url}/qbwc?wsdl")
    (home / "printed").write_text(printed, encoding="utf-8")
    _run(home, "mcs", "-warnaserror", "-warn:4", "-r:System.Web.Services", "-out:session.exe", "proxy.cs", str(PROGRAM))
    return home


@contextmanager
def _session(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the compiled program; it is ended when it hangs."""
    with subprocess.Popen(
        ["mono", "session.exe", *arguments],
        cwd=home,
        env=_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as program:
        watchdog = Timer(PATIENCE, program.kill)
        watchdog.start()
        try:
            yield program
        finally:
            watchdog.cancel()
            program.kill()


def _visits(home: Path, url: str, user: str, password: str, quickbooks: Callable[[tuple[str, ...]], str]) -> Told:
    """Let the program make its visits; `quickbooks` answers what it asks. Gives all that it told."""
    told: Told = []
    with _session(home, url, user, password) as program:
        assert program.stdin
        assert program.stdout
        for line in program.stdout:
            name, *values = line.rstrip("\n").split("\t")
            if name == "end":
                return told  # Mono's own end is not waited for: in the midst of its threads it sometimes aborts
            assert name.isalpha(), f"the program failed: {line}{program.stdout.read()}"
            told.append((name, *(value if value == "-" else base64.b64decode(value).decode() for value in values)))
            if name in {"facts", "ask"}:
                program.stdin.write(base64.b64encode(quickbooks(told[-1]).encode()).decode() + "\n")
                program.stdin.flush()
    raise AssertionError(f"the program ended early, after {told[-1:]}")


def test_the_proxy_is_made_without_a_warning(home: Path) -> None:
    """`wsdl` finds nothing amiss in our WSDL: no warning, so it conforms to WS-I Basic Profile 1.1 too."""
    printed = (home / "printed").read_text(encoding="utf-8")

    assert printed.endswith("Writing file 'proxy.cs'\n")
    assert "warning" not in printed.lower()


def test_the_proxys_calls_are_wrapped(home: Path) -> None:
    """Each call takes plain parameters in the order of the wire and gives a plain value, never a message object."""
    proxy = (home / "proxy.cs").read_text(encoding="utf-8")

    assert re.findall(r"SoapDocumentMethodAttribute\(.+\n +public (.+) \{", proxy) == WRAPPED.splitlines()


def test_a_dotnet_client_holds_whole_visits(tmp_path: Path, home: Path) -> None:
    """A refused one, one without QuickBooks, an interactive one, one that exports, one with nothing to do."""
    with connected_bridge(tmp_path) as bridge, serve_application(bridge.wsgi) as url:
        bridge.switch_on("24-001")
        bridge.visit()
        bridge.accept_all()

        def quickbooks(asked: tuple[str, ...]) -> str:
            return bridge.company.process(asked[1]) if asked[0] == "ask" else bridge.company.hcp_response()

        told = _visits(home, f"{url}/qbwc", "bluestone", bridge.password, quickbooks)
        orders = bridge.company.orders()

    names = [name for name, *_ in told]
    first = {name: values for name, *values in reversed(told)}
    assert names[:5] == ["Url", "serverVersion", "clientVersion", "getServerName", "refused"]
    assert "qbwc-bridge" in first["serverVersion"][0]
    assert first["clientVersion"] == [""]
    assert first["getServerName"] == ["Client", "The Web Connector's protocol has no call of this name."]
    assert first["refused"][1] == "nvu"

    logins = [values for name, *values in told if name == "authenticate"]
    assert [word for _, word, *_ in logins] == ["", "", ""]
    assert len({ticket for ticket, *_ in logins}) == len(logins)
    tried = [values for name, *values in told if name == "connectionError"]
    assert tried[-1] == ["done"]
    assert len(tried) <= 3, "a bounded number of tries"
    assert "0x80040408" in first["getLastError"][0]
    assert first["interactiveDone"] == first["isInteractiveDone"] == ["Done"]
    assert first["getInteractiveURL"] == [""]

    progress = [int(values[0]) for name, *values in told if name == "receiveResponseXML"]
    assert progress == sorted(progress)
    assert progress.index(100) == len(progress) - 1
    closings = [values[0] for name, *values in told if name == "closeConnection"]
    assert all(closings)
    assert "exported" in closings[3]
    assert orders
    assert first["idle"][1] == "none"


def test_every_text_crosses_a_dotnet_client_unchanged(home: Path) -> None:
    """Accents, markup, a megabyte in one text; only a carriage return, which .NET writes bare, is lost as XML says."""
    awkward = '<QBXML a="&amp;">Caf\u00e9 \u2019\U0001f477 ]]> &#13;\r\n\t </QBXML>'
    long = awkward * (1024 * 1024 // len(awkward))
    calls = FakeCalls(progress=100, request=awkward)

    def quickbooks(asked: tuple[str, ...]) -> str:
        return long if asked[0] == "ask" else awkward

    with served(calls) as url:
        told = _visits(home, f"{url}/qbwc", "carol & \u00f6", "<s3>", quickbooks)

    assert told[0] == ("Url", f"{PUBLIC_URL}/qbwc")
    assert ("ask", awkward) in told
    assert told[-2:] == [("closeConnection", "Caf\u00e9 & <b>OK</b>"), ("idle", "ticket-1", "")]
    # Null arguments, as of the first login and of QuickBooks' error, are empty texts to us.
    login = ("authenticate", "carol & \u00f6", "<s3>")
    assert calls.seen == [
        ("server_version",),
        ("client_version", "2.3.0.215"),
        ("authenticate", "", ""),
        login,
        ("connection_error", "ticket-1", "0x80040408", "Could not start \u201cQuickBooks\u201d & <co>"),
        ("get_last_error", "ticket-1"),
        ("close_connection", "ticket-1"),
        login,
        ("get_interactive_url", "ticket-1", "session"),
        ("interactive_rejected", "ticket-1", "not now"),
        ("interactive_done", "ticket-1"),
        ("interactive_done", "ticket-1"),
        ("close_connection", "ticket-1"),
        login,
        ("send_request_xml", "ticket-1", awkward.replace("\r", ""), "C:\\Books\\Caf\u00e9 & Co.qbw", "US", 16, 0),
        ("receive_response_xml", "ticket-1", long.replace("\r", ""), "", ""),
        ("close_connection", "ticket-1"),
        login,
    ]
