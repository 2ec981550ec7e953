from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, RequestProcessor, WebConnector, wsgi_post
from tests.rehearsal.webconnector_server import FILE, NOON, OWNER, Server, qwc

QUERY = (
    '<?xml version="1.0" encoding="utf-8"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
    '<VendorQueryRq requestID="1"/></QBXMLMsgsRq></QBXML>'
)


def test_the_stand_in_company_fits_the_web_connector() -> None:
    """Added, visited, asked and refused: the company's stamp and answers reach the server."""
    company: RequestProcessor = Company(now=lambda: NOON)
    server = Server(sendRequestXML=[QUERY, "no qbXML"], receiveResponseXML=[50, 100])
    connector = WebConnector(
        Application.parse(qwc()),
        "x",
        company,
        wsgi_post(server),
        now=lambda: NOON,
        sleep=lambda _seconds: None,
        get=lambda _url: 200,
    )
    connector.add()
    visit = connector.visit()
    assert (visit.outcome, visit.progress, visit.requests) == ("done", (50, 100), (QUERY, "no qbXML"))
    hcp = server.sent("sendRequestXML")[0]["strHCPResponse"]
    for expected in ("<HostRet>", "<CompanyRet>", "<PreferencesRet>", OWNER, FILE, "LOCKED:TRAINING-PC:"):
        assert expected in hcp
    answered, refused = server.sent("receiveResponseXML")
    assert "<VendorQueryRs" in answered["response"]
    assert (refused["response"], refused["hresult"]) == ("", "0x80040400")
