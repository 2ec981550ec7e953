"""A strict SOAP client, loaded with Intuit's own WSDL, drives a whole session over a real socket."""

import warnings
from collections.abc import Iterator

import pytest
import requests

from qbwc_bridge.qbxml.parse import parse_tree
from tests.journeys.bridge import Bridge
from tests.protocol.fakes import serve_application
from tests.support import shared_dir

with warnings.catch_warnings():
    # zeep's own imports use what newer Pythons deprecate; that is not ours to mend.
    warnings.simplefilter("ignore")
    import zeep
    import zeep.transports


@pytest.fixture
def service(bridge: Bridge) -> Iterator[zeep.proxy.ServiceProxy]:
    """Intuit's WSDL, bound to the bridge's address."""
    wsdl = shared_dir("qbwc", "QBWebConnectorSvc.wsdl")
    with serve_application(bridge.wsgi) as url, requests.Session() as session:
        client = zeep.Client(str(wsdl), transport=zeep.transports.Transport(session=session))
        binding = next(name for name in client.wsdl.bindings if name.endswith("Soap"))
        yield client.create_service(binding, f"{url}/qbwc")


def test_zeep_drives_a_whole_session(bridge: Bridge, service: zeep.proxy.ServiceProxy) -> None:
    """Login, every request and answer, progress to 100 and the closing text go through Intuit's own description."""
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    assert "qbwc-bridge" in service.serverVersion()
    assert not service.clientVersion("2.3.0.215")
    ticket, word = service.authenticate("bluestone", bridge.password)
    assert not word
    hcp, progress, seen = bridge.company.hcp_response(), 0, []
    while progress < 100:
        text = service.sendRequestXML(ticket, hcp, "C:\\Books\\Company.qbw", "US", 16, 0)
        assert parse_tree(text).tag == "QBXML"
        progress_now = service.receiveResponseXML(ticket, bridge.company.process(text), "", "")
        assert progress_now >= progress, "the progress went back"
        progress, hcp = progress_now, ""
        seen.append(progress)
    assert seen.index(100) == len(seen) - 1
    assert "exported" in service.closeConnection(ticket)
    assert bridge.company.orders()
    assert service.authenticate("bluestone", bridge.password)[1] == "none"
