"""The Web Connector's window with one application in it: added once, then updated by button or by schedule."""

import threading
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from qbwc_bridge.rehearsal.webconnector.application import Application, QwcError
from qbwc_bridge.rehearsal.webconnector.calls import CallError, Calls, Log, Tap
from qbwc_bridge.rehearsal.webconnector.company import RequestProcessor, refusal_of
from qbwc_bridge.rehearsal.webconnector.exchange import Desk, Exchange
from qbwc_bridge.rehearsal.webconnector.login import greet, sign_in, stopped_by
from qbwc_bridge.rehearsal.webconnector.visit import Diary, End, Visit
from qbwc_bridge.rehearsal.webconnector.wire import Get, Post, http_get


class WebConnector:
    """One application on one PC with QuickBooks.

    `post` carries the SOAP calls, `get` the probes of `add`. `now` gives the PC's time, `sleep` waits for seconds.
    `major` and `minor` are the version of QuickBooks' request processor, `company_file` is the path that is open.
    `log` takes the lines of the log. `tap` is called with the call's name and "before" or "after" around every SOAP
    call; what it raises leaves `visit` at once, with no further call, as if the PC had died. Raises ValueError for an
    application of style RPC, which this stand-in does not speak.
    """

    def __init__(
        self,
        application: Application,
        password: str,
        company: RequestProcessor,
        post: Post,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        client_version: str = "2.3.0.215",
        country: str = "US",
        major: int = 16,
        minor: int = 0,
        company_file: str = "C:\\Books\\Company.qbw",
        machine: str = "TRAINING-PC",
        get: Get = http_get,
        log: Log | None = None,
        tap: Tap | None = None,
    ) -> None:
        if application.style == "RPC":
            raise ValueError(
                "The stand-in Web Connector speaks document style only; set Style to Document in the .qwc."
            )
        self._application = application
        self._password = password
        self._desk = Desk(company, company_file, country, major, minor, machine, now, sleep)
        self._client_version = client_version
        self._post = post
        self._get = get
        self._log: Log = log or (lambda _line: None)
        self._tap: Tap = tap or (lambda _call, _moment: None)
        self._period = application.run_every_seconds
        # The real one keeps an UpdateLock in the Windows registry: one update at a time.
        self._update_lock = threading.Lock()

    def add(self) -> None:
        """Do what "Add Application" does once: probe the addresses, stamp the FileID into the open company file.

        Raises QwcError: QBWC1048 when the application's address does not answer a GET without a login, QBWC1003 and
        1004 when AppSupport does not answer or not with 200 or 202, QBWC1080 for IsReadOnly, QBWC1007 and 1022 when
        QuickBooks cannot be reached or does not take the stamp.
        """
        application = self._application
        if application.qb_type != "QBFS":
            raise QwcError("QBWC1007", "No QuickBooks Point of Sale is on this PC.")
        checked = application.cert_url or application.app_url
        if not HTTPStatus.OK <= self._probe(checked, "QBWC1048") < HTTPStatus.MULTIPLE_CHOICES:
            raise QwcError("QBWC1048", f"The certificate check needs a plain success from {checked} without a login.")
        if self._probe(application.app_support, "QBWC1003") not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            raise QwcError("QBWC1004", f"AppSupport {application.app_support} does not answer with 200 or 202.")
        if application.is_read_only:
            raise QwcError("QBWC1080", "A read-only application cannot write its FileID into the company file.")
        self._stamp()
        self._log(f"{application.app_name} was added")

    def visit(self) -> Visit:
        """Run one update and tell what came of it; a server's misbehaviour is an outcome, never an exception."""
        with self._update_lock:
            calls = Calls(self._post, Diary(), self._log, self._tap)
            self._log(f"Update of {self._application.app_name} at {self._application.app_url} begins")
            try:
                end = self._update(calls)
            except CallError as error:
                # After a failed call there is nothing more to say to this server in this update.
                end = End("error", str(error), error.number)
            self._log(f"Update ended ({end.outcome}): {end.status_text}")
            diary = calls.diary
            return Visit(
                outcome=end.outcome,
                status_text=end.status_text,
                calls=tuple(diary.calls),
                requests=tuple(diary.requests),
                progress=tuple(diary.progress),
                qbwc_error=end.qbwc_error,
                wait_seconds=end.postponed_seconds or self._period,
            )

    def run(self, stop: threading.Event) -> None:
        """Keep updating by the schedule until `stop` is set; the clock for the next update starts when one ends.

        An application without a schedule is updated once, as if a person had pressed the button.
        """
        while not stop.is_set():
            visit = self.visit()
            if not visit.wait_seconds:
                return
            stop.wait(visit.wait_seconds)

    def _update(self, calls: Calls) -> End:
        if not self._password:
            return End("refused", "No password is stored for this application.", "QBWC1040")
        turned_away = greet(calls, self._client_version)
        if turned_away is not None:
            return turned_away
        login = sign_in(calls, self._application.user_name, self._password)
        if self._period:
            self._period = max(self._period, login.lowest_seconds)
        stopped = stopped_by(calls, login, auto_run=bool(self._period))
        if stopped is not None:
            return stopped
        return Exchange(calls, self._desk, login.ticket, self._application.owner_id).run(login.word)

    def _probe(self, url: str, number: str) -> int:
        try:
            return self._get(url)
        except OSError as error:
            raise QwcError(number, f"{url} does not answer: {error}") from error

    def _stamp(self) -> None:
        application = self._application
        try:
            self._desk.company.stamp(application.owner_id, application.file_id)
        except Exception as error:  # the company's exception types are its own; all but its refusals go on upwards
            message = getattr(error, "message", None)
            if message is None:
                raise
            number = "QBWC1022" if refusal_of(error) is None else "QBWC1007"
            raise QwcError(number, f"QuickBooks did not take the FileID: {message}") from error
