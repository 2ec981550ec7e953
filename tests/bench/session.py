"""A visit of the Web Connector, step by step, so that each call can be timed and its answer chosen."""

from dataclasses import dataclass, field

from qbwc_bridge.rehearsal.quickbooks import Company
from tests.bench.wire import Client

COMPANY_FILE = r"C:\Books\Bluestone.qbw"
MOST_PREPARING = 100
"""Round trips before a request of the wanted kind: facts, lists, a proof; a hundred are a fault of the bench."""


class EndedError(Exception):
    """The server ended the visit before the bench was done with it; its reason is the text."""


@dataclass
class Session:
    """One visit over one connection; QuickBooks is the stand-in company."""

    client: Client
    company: Company
    user_name: str
    password: str
    ticket: str = field(init=False)

    def __post_init__(self) -> None:
        self.ticket, word = self.client.texts("authenticate", self.user_name, self.password)[:2]
        if word:
            raise EndedError(f"authenticate answered {word}")
        self._hcp = self.company.hcp_response()

    def send(self) -> str:
        """Ask for the next request. Raises EndedError when there is none."""
        hcp, self._hcp = self._hcp, ""
        request = self.client.text("sendRequestXML", self.ticket, hcp, COMPANY_FILE, "US", "13", "0")
        if not request:
            raise EndedError(self.client.text("getLastError", self.ticket))
        return request

    def receive(self, answer: str) -> int:
        """Bring an answer; gives the progress. Raises EndedError when it is negative."""
        progress = self.client.integer("receiveResponseXML", self.ticket, answer, "", "")
        if progress < 0:
            raise EndedError(self.client.text("getLastError", self.ticket))
        return progress

    def until(self, wanted: str) -> str:
        """Let QuickBooks answer everything until a request with that element comes; gives it."""
        for _ in range(MOST_PREPARING):
            request = self.send()
            if wanted in request:
                return request
            self.receive(self.company.process(request))
        raise EndedError(f"no {wanted} came")

    def close(self) -> str:
        """End the visit; gives the server's words."""
        self.company.end_session()
        return self.client.text("closeConnection", self.ticket)
