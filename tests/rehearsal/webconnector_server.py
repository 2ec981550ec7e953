"""Small servers and a small company for the tests of the stand-in Web Connector."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lxml import etree

from qbwc_bridge.rehearsal.webconnector import Application, Post, WebConnector, wsgi_post

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

NS = "http://developer.intuit.com/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
GOOD_HEADERS = {"Content-Type": "text/xml; charset=utf-8"}
OWNER = "{57F3B9B1-86F1-4FCC-B1EE-566DE1813D20}"
FILE = "{90A44FB7-33D9-4815-AC85-AC86A7E7D1EB}"
HCP = (
    '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><CompanyQueryRs><CompanyRet><DataExtRet>'
    f"<OwnerID>{OWNER}</OwnerID><DataExtName>FileID</DataExtName><DataExtType>STR255TYPE</DataExtType>"
    f"<DataExtValue>{FILE}</DataExtValue></DataExtRet></CompanyRet></CompanyQueryRs></QBXMLMsgsRs></QBXML>"
)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)

Answer = str | int | list[str] | bytes | tuple[int, Mapping[str, str], bytes]


class Refused(Exception):  # noqa: N818 - the name of an event
    """What a company raises when QuickBooks refuses."""

    def __init__(self, hresult: str, message: str) -> None:
        super().__init__(message)
        self.hresult = hresult
        self.message = message


class PowerCut(Exception):  # noqa: N818 - the name of an event
    """The PC dies."""


class Company:
    """A company that answers every request with the same text and remembers what it was asked."""

    def __init__(self, reply: str = "<QBXML/>") -> None:
        self.reply = reply
        self.seen: list[str] = []
        self.stamps: list[tuple[str, str]] = []
        self.sessions_ended = 0
        self.closed_tries = 0
        self.refuse_next: Exception | None = None
        self.hcp = HCP

    def process(self, qbxml: str) -> str:
        """Answer, or raise what the test prepared."""
        self.seen.append(qbxml)
        if self.refuse_next is not None:
            raise self.refuse_next
        return self.reply

    def hcp_response(self) -> str:
        """Answer, unless QuickBooks is shut for a number of tries."""
        if self.closed_tries:
            self.closed_tries -= 1
            raise Refused("0x80040408", "Could not start QuickBooks.")
        return self.hcp

    def stamp(self, owner_id: str, file_id: str) -> None:
        """Remember the stamp, or raise what the test prepared."""
        if self.refuse_next is not None:
            raise self.refuse_next
        self.stamps.append((owner_id, file_id))

    def end_session(self) -> None:
        """Count."""
        self.sessions_ended += 1


def wrap(inner: str) -> bytes:
    """Put an element into an envelope."""
    return f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{inner}</soap:Body></soap:Envelope>'.encode()


def result(method: str, answer: str | int | list[str]) -> bytes:
    """Write a proper answer."""
    element = etree.Element(f"{{{NS}}}{method}Response")
    inside = etree.SubElement(element, f"{{{NS}}}{method}Result")
    if isinstance(answer, list):
        for item in answer:
            etree.SubElement(inside, f"{{{NS}}}string").text = item
    else:
        inside.text = str(answer)
    return wrap(etree.tostring(element, encoding="unicode"))


class Server:
    """A WSGI server with a script: the answers of each method in order, the last one again and again.

    An answer is a value (written properly), bytes (sent as they are with 200), or a whole (status, headers, body).
    """

    def __init__(self, **script: Sequence[Answer]) -> None:
        self.script: dict[str, list[Answer]] = {
            "serverVersion": ["1.0"],
            "clientVersion": [""],
            "authenticate": [["ticket-1", ""]],
            "sendRequestXML": ["<q/>"],
            "receiveResponseXML": [100],
            "getLastError": ["No more work"],
            "connectionError": ["done"],
            "closeConnection": ["Finished well"],
        }
        self.script.update({method: list(answers) for method, answers in script.items()})
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one call."""
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.bodies.append(body)
        self.headers.append({name: value for name, value in environ.items() if isinstance(value, str)})
        call = etree.fromstring(body)[0][0]
        method = etree.QName(call).localname
        self.calls.append((method, {etree.QName(child).localname: child.text or "" for child in call}))
        answers = self.script.get(method)
        answer: Answer = (
            (500, GOOD_HEADERS, wrap("<soap:Fault><faultstring>no such method</faultstring></soap:Fault>"))
            if answers is None
            else answers.pop(0)
            if len(answers) > 1
            else answers[0]
        )
        status, headers, content = _whole(method, answer)
        start_response(f"{status} -", list(headers.items()))
        return [content]

    def sent(self, method: str) -> list[dict[str, str]]:
        """Give the parameters of every call of a method."""
        return [parameters for name, parameters in self.calls if name == method]


def _whole(method: str, answer: Answer) -> tuple[int, Mapping[str, str], bytes]:
    if isinstance(answer, tuple):
        return answer
    return 200, GOOD_HEADERS, answer if isinstance(answer, bytes) else result(method, answer)


def qwc(**changes: str | None) -> str:
    """Write a .qwc file; None leaves an element out."""
    values: dict[str, str | None] = {
        "AppName": "Bridge",
        "AppID": "",
        "AppURL": "https://books.example.com/qbwc",
        "AppDescription": "Costs",
        "AppSupport": "https://books.example.com/support",
        "UserName": "bridge-1",
        "OwnerID": OWNER,
        "FileID": FILE,
        "QBType": "QBFS",
        "Scheduler": "<RunEveryNMinutes>15</RunEveryNMinutes>",
        **changes,
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value is not None)
    return f'<?xml version="1.0"?><QBWCXML>{inner}</QBWCXML>'


class Pc:
    """A PC: a Web Connector with a company, a server or any other post, and what was logged and slept."""

    def __init__(
        self,
        server: Server | None = None,
        *,
        post: Post | None = None,
        password: str = "x",  # noqa: S107 - any text will do
        qwc_text: str | None = None,
        tap: Callable[[str, str], None] | None = None,
        get: Callable[[str], int] = lambda _url: 200,
    ) -> None:
        self.company = Company()
        self.server = server or Server()
        self.slept: list[float] = []
        self.log: list[str] = []
        self.connector = WebConnector(
            Application.parse(qwc_text or qwc()),
            password,
            self.company,
            post or wsgi_post(self.server),
            now=lambda: NOON,
            sleep=self.slept.append,
            log=self.log.append,
            tap=tap,
            get=get,
        )
