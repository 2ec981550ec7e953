"""The Web Connector and people through nginx, with the configuration that the documentation shows."""

import http.client
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from qbwc_bridge.rehearsal.procore import Procore
from qbwc_bridge.rehearsal.quickbooks import Company
from qbwc_bridge.rehearsal.webconnector import Application, WebConnector, http_get, http_post, soap
from qbwc_bridge.webconnector.qwc import QwcFile, write_qwc
from tests.bench.office import NowClock, PlainBridge
from tests.journeys.bridge import COMPANY
from tests.protocol.proxied import Site, behind_nginx, make_certificates

MAX_SOAP_BYTES = 24 * 1024 * 1024
LARGE = 20 * 1024 * 1024
TOO_LARGE = MAX_SOAP_BYTES + 1024 * 1024
VISITOR = "127.0.0.2"
"""Another address of loopback, so that a visitor and the proxy (127.0.0.1) can be told apart."""
FORGED = "203.0.113.9"


@dataclass(frozen=True)
class Office:
    """What signs in through the proxy."""

    site: Site
    company: Company
    password: str
    file_id: str


@pytest.fixture(scope="module", name="office")
def _office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A connection behind nginx; the tests trust the authority of its certificate, as Windows would."""
    folder, clock = tmp_path_factory.mktemp("https"), NowClock()
    bridge = PlainBridge(folder / "data", Procore(now=clock.now), Company(name=COMPANY, now=clock.now), clock)
    bridge.connect()
    bridge.app.close()
    quiet = dict.fromkeys(("pull_every_seconds", "push_every_seconds", "costs_every_seconds"), "0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(make_certificates(folder)))
        with behind_nginx(folder, max_soap_bytes=str(MAX_SOAP_BYTES), **quiet) as site:
            yield Office(site, bridge.company, bridge.password, bridge.connection.file_id)


def get(
    site: Site, path: str, headers: Mapping[str, str] | None = None, context: ssl.SSLContext | None = None
) -> tuple[int, dict[str, str], str]:
    """Fetch a path from the visitor's address; gives status, headers in small letters, and text."""
    context = context or ssl.create_default_context()
    connection = http.client.HTTPSConnection(
        "localhost", site.https_port, timeout=20, context=context, source_address=(VISITOR, 0)
    )
    connection.request("GET", path, headers=dict(headers or {}))
    with connection.getresponse() as answer:
        found = {name.lower(): value for name, value in answer.getheaders()}
        text = answer.read().decode()
    connection.close()
    return answer.status, found, text


def test_a_whole_visit_goes_through_the_proxy(office: Office) -> None:
    """The application is added by the probes of both addresses, and a visit reads the lists, all over TLS."""
    site = office.site
    qwc = Application.parse(write_qwc(QwcFile("qbwc-bridge", site.url, "bluestone", office.file_id)))
    post = http_post(qwc.app_url)
    connector = WebConnector(
        qwc, office.password, office.company, post, now=NowClock().now, sleep=time.sleep, get=http_get
    )
    connector.add()
    visit = connector.visit()
    post.close()
    assert visit.outcome == "done", visit.status_text
    assert any("VendorQueryRq" in request for request in visit.requests)


@pytest.mark.parametrize("path", ["/qbwc", "/support", "/qbwc?wsdl", "/login"])
def test_addresses_answer_without_a_redirect(office: Office, path: str) -> None:
    """What the Web Connector probes, and the page, answer 200 at once over TLS 1.2, and tell browsers to keep to it."""
    old = ssl.create_default_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    status, headers, text = get(office.site, path, context=old)
    assert status == 200
    assert "location" not in headers
    assert headers["strict-transport-security"].startswith("max-age=")
    if "wsdl" in path:
        assert f'location="{office.site.url}/qbwc"' in text


def test_a_large_answer_of_quickbooks_comes_through(office: Office) -> None:
    """20 MB that ask first (Expect: 100-continue) reach the bridge, which does not know their ticket."""
    post = http_post(f"{office.site.url}/qbwc")
    body = soap.envelope("receiveResponseXML", ["of nobody", "x" * LARGE, "", ""])
    answer = post(body, soap.request_headers("receiveResponseXML"))
    post.close()
    assert soap.read_integer("receiveResponseXML", *answer) < 0


def test_what_is_too_large_is_refused_by_the_bridge_itself(office: Office) -> None:
    """The sentence is the bridge's, with the setting that mends it, not the proxy's page."""
    post = http_post(f"{office.site.url}/qbwc")
    body = soap.envelope("receiveResponseXML", ["of nobody", "x" * TOO_LARGE, "", ""])
    status, _, text = post(body, soap.request_headers("receiveResponseXML"))
    post.close()
    assert status != 200
    assert b"MAX_SOAP_BYTES" in text


def test_the_visitor_is_known_and_cannot_forge_an_address(office: Office) -> None:
    """The log names the visitor's own address behind the proxy and without it, whatever X-Forwarded-For they write."""
    body = soap.envelope("authenticate", ["nobody", "wrong"])
    headers = {**soap.request_headers("authenticate"), "X-Forwarded-For": FORGED, "X-Forwarded-Proto": "https"}
    site = office.site
    ways: list[http.client.HTTPConnection] = [
        http.client.HTTPSConnection(
            "localhost", site.https_port, context=ssl.create_default_context(), source_address=(VISITOR, 0)
        ),
        http.client.HTTPConnection("127.0.0.1", site.bridge_port, source_address=(VISITOR, 0)),
    ]
    for way in ways:
        before = site.log().count(f"from {VISITOR}")
        way.request("POST", "/qbwc", body, headers)
        assert b"nvu" in way.getresponse().read()
        way.close()
        assert site.log().count(f"from {VISITOR}") == before + 1, site.log()
    assert FORGED not in site.log()


def test_a_certificate_of_nobody_is_refused(office: Office) -> None:
    """Without the authority the call fails before a byte is sent: the tests above do check the certificate."""
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLCertVerificationError):
        get(office.site, "/qbwc", context=stranger)
