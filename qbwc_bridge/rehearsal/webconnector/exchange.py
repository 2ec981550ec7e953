"""The middle and the end of an update: QuickBooks opened, requests and answers carried (guide ch. 2 and 10)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from qbwc_bridge.rehearsal.webconnector.calls import CallError, Calls
from qbwc_bridge.rehearsal.webconnector.company import (
    RefusalError,
    RequestProcessor,
    ask,
    other_file_open,
    refusal_of,
    with_app_lock,
)
from qbwc_bridge.rehearsal.webconnector.visit import End

MAX_ROUNDS = 10_000
"""The real Web Connector has no limit; here a server that never says 100 must not hold a training PC for ever.

Ten thousand rounds carry a million records in pages of a hundred, more than any company file in training.
"""
MAX_CONNECTION_TRIES = 5
"""A server should not ask for more than a couple of company files; one that never says "done" is left after five."""
TRIES_BEFORE_CONNECTION_ERROR = 2
"""The Web Connector tries twice to open QuickBooks before it tells the server (recorded traffic)."""
NOOP_SECONDS = 5.0
"""The pause after getLastError answered NoOp (guide ch. 10)."""
_COMPLETE = 100


@dataclass(frozen=True)
class Desk:
    """The PC at which QuickBooks runs: its company, the file that is open, and what its request processor says."""

    company: RequestProcessor
    company_file: str
    country: str
    major: int
    minor: int
    machine: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None]


@dataclass
class Exchange:
    """One session with QuickBooks under a ticket of the server; every method may raise CallError."""

    calls: Calls
    desk: Desk
    ticket: str
    owner_id: str

    def run(self, company_path: str) -> End:
        """Open QuickBooks, exchange until the server has enough, and close; whatever happens QuickBooks is let go.

        After connectionError was answered with "done" no closeConnection follows (recorded traffic).
        """
        opened = self._open(company_path)
        if isinstance(opened, End):
            return opened
        try:
            end = self._rounds(opened)
        finally:
            # Also after a power cut: the session and its iterators are gone with the PC.
            self._end_session()
        return self._close(end)

    def _open(self, company_path: str) -> str | End:
        """Open the company file; gives the Host, Company and Preferences replies, or the end if it cannot be."""
        refusal = other_file_open()
        for _ in range(MAX_CONNECTION_TRIES):
            for _ in range(TRIES_BEFORE_CONNECTION_ERROR):
                try:
                    hcp = self._host_company_preferences(company_path)
                except RefusalError as error:
                    refusal = error
                else:
                    return with_app_lock(hcp, self.owner_id, self.desk.machine, self.desk.now())
            self.calls.log(f"QBWC1013: Error connecting to QuickBooks: {refusal}")
            answer = self.calls.text("connectionError", self.ticket, refusal.hresult, refusal.message)
            if answer.strip().lower() == "done":
                break
            company_path = answer
        return End("error", f"Error connecting to QuickBooks: {refusal.message}", "QBWC1013")

    def _host_company_preferences(self, company_path: str) -> str:
        """Ask for the three replies; naming another file than the open one is refused. Raises RefusalError."""
        if company_path and company_path.casefold() != self.desk.company_file.casefold():
            raise other_file_open()
        return ask(self.desk.company, None)

    def _rounds(self, hcp: str) -> End:
        """Carry requests and answers until the server ends it; only the first call brings the three replies."""
        for _ in range(MAX_ROUNDS):
            request = self._next_request(hcp)
            hcp = ""
            if request.strip().lower() in {"", "noop"}:
                text = self.calls.text("getLastError", self.ticket)
                if text.strip().lower() == "noop":
                    self.desk.sleep(NOOP_SECONDS)
                    continue
                if text.strip().lower() == "interactive mode":
                    return self._reject_interaction()
                return End("done", text)
            progress = self._process(request)
            if progress < 0:
                return End("error", self.calls.text("getLastError", self.ticket), "QBWC1031")
            if progress >= _COMPLETE:
                return End("done", "")
        return End("error", f"The server did not come to an end within {MAX_ROUNDS} rounds.")

    def _next_request(self, hcp: str) -> str:
        desk = self.desk
        return self.calls.text(
            "sendRequestXML", self.ticket, hcp, desk.company_file, desk.country, str(desk.major), str(desk.minor)
        )

    def _process(self, request: str) -> int:
        """Hand a request to QuickBooks as it is and its answer, or the refusal, to the server; gives the progress."""
        self.calls.diary.requests.append(request)
        response, hresult, message = "", "", ""
        try:
            response = ask(self.desk.company, request)
        except RefusalError as refusal:
            hresult, message = refusal.hresult, refusal.message
            self.calls.log(f"QuickBooks did not process the request: {refusal}")
        progress = self.calls.integer("receiveResponseXML", self.ticket, response, hresult, message)
        self.calls.log(f"receiveResponseXML: {progress} percent")
        self.calls.diary.progress.append(progress)
        return progress

    def _reject_interaction(self) -> End:
        """Answer for the user, who is not there, that no browser shall be opened."""
        reason = "Nobody is at this PC to answer."
        try:
            self.calls.log(f"interactiveRejected: {self.calls.text('interactiveRejected', self.ticket, reason)}")
        except CallError:
            self.calls.log("interactiveRejected: the server does not offer it, going on")
        return End("error", "The application asked for a person and nobody was there.")

    def _end_session(self) -> None:
        """End the session with QuickBooks; its refusal is only logged, the server hears nothing of it (QBWC1015)."""
        try:
            self.desk.company.end_session()
        except Exception as error:  # the company's exception type is its own; all but refusals go on upwards
            refusal = refusal_of(error)
            if refusal is None:
                raise
            self.calls.log(f"QBWC1015: QuickBooks did not end the session: {refusal}")

    def _close(self, end: End) -> End:
        """Call closeConnection; its text is the status unless the update already has one."""
        text = self.calls.text("closeConnection", self.ticket)
        self.calls.log(f"closeConnection: {text}")
        return End(end.outcome, end.status_text or text, end.qbwc_error)
