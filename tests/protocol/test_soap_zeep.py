"""A strict SOAP client, loaded with Intuit's WSDL and with ours, against a real server on loopback."""

import io
import socket
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from lxml import etree

from qbwc_bridge.webconnector.wsdl import wsdl_text
from tests.protocol.fakes import INTUIT, PUBLIC_URL, FakeCalls, application, ask, call, post, served
from tests.support import shared_dir

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # zeep's import is not ours to mend
    import zeep

XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"


@pytest.fixture(name="calls")
def _calls() -> FakeCalls:
    return FakeCalls()


@pytest.fixture(name="base")
def _base(calls: FakeCalls) -> Iterator[str]:
    with served(calls) as base:
        yield base


def _intuit_wsdl() -> str:
    return str(shared_dir("qbwc", "QBWebConnectorSvc.wsdl"))


def _client(wsdl: str | io.BytesIO, binding: str, address: str) -> tuple[Any, Any]:
    client = zeep.Client(wsdl)
    return client, client.create_service(f"{{{INTUIT}}}{binding}", address)


def _drive_the_eight(service: Any) -> list[object]:
    return [
        service.serverVersion(),
        service.clientVersion(strVersion="2.3.0.36"),
        service.authenticate(strUserName="carol", strPassword="s3"),
        service.connectionError(ticket="t", hresult="0x80040408", message="could not start"),
        service.sendRequestXML(
            ticket="t",
            strHCPResponse="<QBXML>é</QBXML>",
            strCompanyFileName="C:\\a.qbw",
            qbXMLCountry="US",
            qbXMLMajorVers=16,
            qbXMLMinorVers=0,
        ),
        service.receiveResponseXML(ticket="t", response="<a>&amp;</a>", hresult="", message=""),
        service.getLastError(ticket="t"),
        service.closeConnection(ticket="t"),
    ]


SEEN = [
    ("server_version",),
    ("client_version", "2.3.0.36"),
    ("authenticate", "carol", "s3"),
    ("connection_error", "t", "0x80040408", "could not start"),
    ("send_request_xml", "t", "<QBXML>é</QBXML>", "C:\\a.qbw", "US", 16, 0),
    ("receive_response_xml", "t", "<a>&amp;</a>", "", ""),
    ("get_last_error", "t"),
    ("close_connection", "t"),
]


def test_a_client_with_intuits_wsdl_drives_all_eight_operations(calls: FakeCalls, base: str) -> None:
    """Every operation of the reference WSDL arrives with its arguments and its answer is understood, at both paths."""
    for path in ("/qbwc", "/qbwc/"):
        calls.seen.clear()
        client, service = _client(_intuit_wsdl(), "TroubleshootWebServiceFSSoap", base + path)

        answers = _drive_the_eight(service)
        client.transport.session.close()

        assert calls.seen == SEEN
        # zeep reads empty elements as None; the bytes are looked at in test_soap_wire.
        assert answers == [
            "1.0",
            None,
            ["ticket-1", None],
            "done",
            "<QBXML/>",
            50,
            "No more work",
            "Café & <b>OK</b>",
        ]


def test_a_client_with_our_wsdl_drives_the_interactive_operations_too(calls: FakeCalls, base: str) -> None:
    """The WSDL that the server gives describes all that it answers."""
    with urlopen(f"{base}/qbwc?wsdl") as answer:  # noqa: S310 - loopback
        text = answer.read()
    client, service = _client(io.BytesIO(text), "QBWebConnectorSvcSoap", f"{base}/qbwc")

    _drive_the_eight(service)
    assert calls.seen == SEEN
    assert service.getInteractiveURL(wcTicket="t", sessionID="s") is None
    assert service.interactiveRejected(wcTicket="t", reason="no") == "noted"
    assert service.interactiveDone(wcTicket="t") == "Done"
    assert service.isInteractiveDone(wcTicket="t") == "Done"
    client.transport.session.close()

    assert calls.seen[8:] == [
        ("get_interactive_url", "t", "s"),
        ("interactive_rejected", "t", "no"),
        ("interactive_done", "t"),
        ("interactive_done", "t"),
    ]


def _until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        piece = connection.recv(65536)
        assert piece, received
        received += piece
    return received


def test_the_web_connectors_http_habits_are_served(calls: FakeCalls, base: str) -> None:
    """Expect: 100-continue, then a second call on the same connection, in chunks: both are answered."""
    body = call("getLastError", "<ticket>t</ticket>")
    head = (
        f"POST /qbwc HTTP/1.1\r\nHost: localhost\r\nUser-Agent: MS Web Services Client Protocol\r\n"
        f'Content-Type: text/xml; charset=utf-8\r\nSOAPAction: "{INTUIT}getLastError"\r\n'
    )

    with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
        assert _until(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert _until(connection, b"Envelope>").startswith(b"HTTP/1.1 200 OK\r\n")
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunked)
        assert _until(connection, b"Envelope>").startswith(b"HTTP/1.1 200 OK\r\n")

    assert calls.seen == [("get_last_error", "t")] * 2


def test_a_client_sees_a_fault_as_a_fault(calls: FakeCalls, base: str) -> None:
    """What goes wrong inside reaches a SOAP client as its own kind of error."""
    calls.failing = RuntimeError("inside")
    client, service = _client(_intuit_wsdl(), "TroubleshootWebServiceFSSoap", f"{base}/qbwc")

    with pytest.raises(zeep.exceptions.Fault) as caught:
        service.serverVersion()
    client.transport.session.close()

    assert "inside" not in str(caught.value)


REQUESTS = {
    "serverVersion": "",
    "clientVersion": "<strVersion>2.1</strVersion>",
    "authenticate": "<strUserName>a</strUserName><strPassword>b</strPassword>",
    "connectionError": "<ticket>t</ticket>",
    "sendRequestXML": "<ticket>t</ticket><qbXMLMajorVers>13</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>",
    "receiveResponseXML": "<ticket>t</ticket>",
    "getLastError": "<ticket>t</ticket>",
    "closeConnection": "<ticket>t</ticket>",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_responses_are_valid_by_the_schema_inside_intuits_wsdl(name: str) -> None:
    """Each Response element validates strictly, empty texts and arrays of three lengths included."""
    found = etree.parse(_intuit_wsdl()).find(f".//{XSD}schema")
    assert found is not None
    # Written and read again, so that the prefixes declared above it come along.
    schema = etree.XMLSchema(etree.fromstring(etree.tostring(found)))

    for ticket in ([], ["t", ""], ["t", "", "60", "900"]):
        answer = post(application(FakeCalls(ticket=ticket)), call(name, REQUESTS[name]))
        response = etree.fromstring(answer.body)[0][0]

        assert response.tag == f"{{{INTUIT}}}{name}Response"
        schema.assertValid(response)


def _facts(wsdl: "etree._Element") -> dict[str, object]:
    """Take from a WSDL what a client goes by: elements with parameters in order, messages, SOAPActions of SOAP 1.1."""
    elements = {
        element.get("name"): [
            tuple(part.get(key) for key in ("name", "type", "minOccurs", "maxOccurs", "nillable"))
            for part in element.iter(f"{XSD}element")
            if part is not element
        ]
        for element in wsdl.iterfind(f".//{XSD}schema/*")
    }
    messages = {
        message.get("name"): [(part.get("name"), part.get("element")) for part in message]
        for message in wsdl.iterfind(f"{WSDL}message")
    }
    operations = {
        operation.get("name"): [child.get("message") for child in operation if child.tag != f"{WSDL}documentation"]
        for operation in wsdl.iterfind(f"{WSDL}portType/{WSDL}operation")
    }
    actions = {
        operation.get("name"): (bound.get("soapAction"), bound.get("style"), len(operation.findall(f".//{SOAP}body")))
        for operation in wsdl.iterfind(f"{WSDL}binding/{WSDL}operation")
        for bound in operation.iterfind(f"{SOAP}operation")
    }
    return {"elements": elements, "messages": messages, "operations": operations, "actions": actions}


def test_our_wsdl_contains_every_operation_of_intuits() -> None:
    """Elements, parameter order, messages and SOAPActions are the same; the interactive operations come on top."""
    theirs = _facts(etree.parse(_intuit_wsdl()).getroot())
    ours = _facts(etree.fromstring(wsdl_text(PUBLIC_URL).encode()))

    for kind, wanted in theirs.items():
        given = ours[kind]
        assert isinstance(wanted, dict)
        assert isinstance(given, dict)
        assert {name: given.get(name) for name in wanted} == wanted
    assert list(ours["operations"])[:8] == list(theirs["operations"])  # type: ignore[call-overload]
    added = set(ours["operations"]) - set(theirs["operations"])  # type: ignore[call-overload]
    assert added == {"getInteractiveURL", "interactiveRejected", "interactiveDone", "isInteractiveDone"}


def test_the_wsdl_names_the_configured_address_whatever_the_host_header_says() -> None:
    """A poisoned Host header never reaches the WSDL, neither the poisoner's nor a later one."""
    app = application()

    poisoned = ask(app, "GET", QUERY_STRING="wsdl", HTTP_HOST="evil.example.net", SERVER_NAME="evil.example.net")
    later = ask(app, "GET", QUERY_STRING="WSDL")

    assert poisoned.body == later.body
    assert poisoned.headers["content-type"] == "text/xml; charset=utf-8"
    service = etree.fromstring(later.body).find(f"{WSDL}service")
    assert service is not None
    assert service.get("name") == "QBWebConnectorSvc"
    port = service[0]
    assert (port.get("name"), port[0].get("location")) == ("QBWebConnectorSvcSoap", f"{PUBLIC_URL}/qbwc")


def test_an_awkward_public_address_is_escaped_in_the_wsdl() -> None:
    """Markup in the configured address stays text."""
    text = wsdl_text('https://x.example/a?b=1&c="<d>"/')

    address = etree.fromstring(text.encode()).find(f".//{SOAP}address")
    assert address is not None
    assert address.get("location") == 'https://x.example/a?b=1&c="<d>"/qbwc'
