"""The protocol as plain methods: a visit of the Web Connector from authenticate to closeConnection, without SOAP.

One session per connection, kept in the database, so that it goes on wherever the next call lands. Every call renews
its lease; a login inside the lease gets `busy`, after it the new session takes over and what was sent is in doubt.
"""

import datetime as dt
import logging
import re
import secrets
from dataclasses import replace

from qbwc_bridge import __version__, metrics
from qbwc_bridge.domain import ages
from qbwc_bridge.domain.records import MessageSet, Task, Visit
from qbwc_bridge.flow import company, dispatch, recovery, work
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.flow.views import visit_every
from qbwc_bridge.logs import note
from qbwc_bridge.ports import LOOK, UnitOfWork
from qbwc_bridge.qbxml.statuses import Reaction
from qbwc_bridge.qbxml.statuses import hresult as hresult_meaning
from qbwc_bridge.webconnector import exchange, words
from qbwc_bridge.webconnector.ready import Ready
from qbwc_bridge.webconnector.throttle import Throttle

log = logging.getLogger("qbwc_bridge.webconnector")

OLDEST_CLIENT = (2,)
"""Web Connectors before 2.0 lack the four-slot authenticate (guide, release notes of 2.0)."""

LONGEST_VERSION = 40
"""Characters of a version that are looked at: a real one has about 12."""

IDLE_SHARE = 5
"""The lease between requests is a fifth of the lease while one is out (SESSION_LEASE_SECONDS)."""

STOP = -101
"""Any negative number makes the Web Connector ask getLastError and close (guide, receiveResponseXML)."""

END = "done"
"""The answer to connectionError that ends a visit (guide ch. 10)."""

MOST_PAUSES = 6
"""NoOp answers in one visit: half a minute, in which a reading of Procore mostly ends."""

MOST_TRIES = 1
"""Second tries after connectionError in one visit; the Web Connector has tried twice by itself before it asks."""

LONG_QUEUE = 500
"""Tasks that take a visit minutes where QuickBooks needs a second for some: a short interval would find it at work."""

POSTPONED_SECONDS = 1800
"""How long an idle visit is put off while Procore cannot be reached: what it would find comes from there."""

MARK = "."
"""Between the connection's number and the random part of a ticket: no random part has it."""

CONTACT_EVERY = dt.timedelta(seconds=15)
"""The time of the last contact is written no more often: the page tells it in minutes, and a visit has many calls."""


SHOWN_OF_SESSION = 8
"""Characters of a ticket's keyed hash that name the session in the log: told apart by them, of no use to anybody."""

LOGIN_OUTCOMES = {"nvu": "refused", "busy": "busy", "none": "nothing_to_do"}
"""What monitors are told of a login, by what it is answered; anything else opens a session."""


class Session:
    """Implements `calls.Calls` on the stations."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._throttle = Throttle()
        self._ready = Ready()

    def server_version(self) -> str:
        """Tell our version; the Web Connector only shows it."""
        return f"qbwc-bridge {__version__}"

    def client_version(self, version: str) -> str:
        """Let every Web Connector from 2.0 on pass; compared as numbers, because 34.0 is newer than 2.3."""
        parts = tuple(int(part) for part in version[:LONGEST_VERSION].split(".") if part.isdecimal())
        if parts and parts < OLDEST_CLIENT:
            return "E:This server needs QuickBooks Web Connector 2.0 or newer: install the current one from Intuit."
        return ""

    def authenticate(self, user_name: str, password: str) -> list[str]:
        """Open a session: ticket, and `nvu`, `busy`, `none` or an empty text for the open company file."""
        answer = self._login(user_name, password)
        outcome = LOGIN_OUTCOMES.get(answer[1], "opened")
        metrics.LOGINS.add(outcome)
        log.log(logging.INFO if outcome == "opened" else logging.DEBUG, "A login of the Web Connector: %s", outcome)
        return answer

    def _login(self, user_name: str, password: str) -> list[str]:
        kit, now = self._kit, self._kit.clock.now()
        given = kit.hash_token(password)
        if self._throttle.refuses(user_name, given, now):
            return [secrets.token_urlsafe(24), "nvu"]
        with kit.work(LOOK) as uow:
            connection = uow.connections.first(user_name=user_name)
        known = connection.password_hash if connection else kit.hash_token(secrets.token_hex(16))
        if not secrets.compare_digest(known, given) or connection is None:
            self._throttle.wrong(user_name, known, now, named=connection is not None)
            return [secrets.token_urlsafe(24), "nvu"]
        return self._open(connection.id, given, now)

    def _open(self, connection_id: int, given: str, now: dt.datetime) -> list[str]:
        """Open a session for somebody whose password was right a moment ago."""
        kit, ticket = self._kit, f"{connection_id}{MARK}{secrets.token_urlsafe(24)}"
        with kit.work(connection_id) as uow:
            connection = uow.connections.first(id=connection_id, password_hash=given)
            if connection is None:
                return [ticket, "nvu"]
            note(connection=connection.name, session=kit.hash_token(ticket)[:SHOWN_OF_SESSION])
            connection.last_contact = now
            for visit in uow.visits.find(connection_id=connection.id, ended_at=None):
                # A lease cannot end later than this: the clock was set back, and nobody waits for its old time.
                if now < visit.lease_until <= now + self._lease(out=True):
                    uow.connections.save(connection)
                    return [ticket, "busy"]
                visit.ended_at = now
                uow.visits.save(visit)
            recovery.begin(uow, connection, now)
            has_work = work.plan_visit(uow, connection, kit.options(connection), now)
            uow.connections.save(connection)
            if not has_work:
                # A value in slot 2 wins over everything (guide, authenticate): the Web Connector comes back after it.
                return [ticket, "none", str(POSTPONED_SECONDS), ""] if connection.procore_down else [ticket, "none"]
            visit = uow.visits.add(Visit(connection.id, kit.hash_token(ticket), now, now + self._lease(out=False)))
            work.plan_progress(Scene(uow, connection, visit, now, kit.options(connection).known_zone))
            uow.visits.save(visit)
            if visit.planned > LONG_QUEUE:
                # Slot 3 raises an interval that somebody set too short, to that of the .qwc (guide, authenticate).
                return [ticket, "", "", str(int(visit_every(kit, connection).total_seconds()))]
        return [ticket, ""]

    def send_request_xml(  # noqa: PLR0917 - the parameters are the protocol's
        self, ticket: str, hcp_response: str, company_file_name: str, country: str, major: int, minor: int
    ) -> str:
        """Give the next qbXML; an empty text makes the Web Connector ask getLastError and close."""
        with self._kit.work(_connection_of(ticket)) as uow:
            scene = self._scene(uow, ticket)
            log.debug("request processor %s.%s, country %s", major, minor, country)
            if scene is None or not self._goes_on(scene):
                return ""
            visit, language = scene.visit, self._kit.language
            if visit.last_error == words.PAUSE or not visit.facts_read:
                visit.last_error = ""  # the pause is over, and QuickBooks opened at the second try
            if hcp_response:
                exchange.read_facts(scene, hcp_response, language)
            if visit.facts_read and company_file_name not in {"", scene.connection.company.file_path}:
                scene.connection.company = replace(scene.connection.company, file_path=company_file_name)
            message = self._ready.take(visit)
            if message is None or not exchange.stands(scene, message):
                message = exchange.next_message(scene, language)
                self._renew(scene, out=message is not None)
            if message is None and not visit.last_error:
                visit.last_error = words.PAUSE if self._may_pause(scene) else words.NO_MORE_WORK
                visit.pauses += visit.last_error == words.PAUSE
            scene.save()
        if message is None:
            return ""
        note(message=message.id)
        log.debug("A message goes to QuickBooks: %s", message.purpose)
        self._ready.left(message)
        return message.request_text

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Apply an answer with all its effects, then give the progress: 100 only when nothing is left.

        What goes next is made ready in the same transaction (`ready`).
        """
        ready = None
        with self._kit.work(_connection_of(ticket)) as uow:
            scene = self._scene(uow, ticket)
            if scene is None:
                return STOP
            sent, proceed = self._answered_one(scene), True
            if sent:
                note(message=sent.id)
                log.debug("An answer came to %s", sent.purpose)
                work.heard(scene, sent)
                if hresult:
                    proceed = exchange.refused(scene, sent, hresult, message)
                else:
                    proceed = exchange.answered(scene, sent, response, self._kit.language)
            progress = STOP
            if self._goes_on(scene) and proceed:
                nearest = work.go_on(scene, self._kit.options)
                progress = self._progress(scene, nearest)
                here = self._ready.all_here(scene.visit)
                if nearest and sent and here and self._ready.left_here(sent):
                    ready = exchange.make_ready(scene, nearest, self._kit.language)
            if progress == STOP:
                self._settle(scene)
            self._renew(scene, out=ready is not None or self._ready.waits_for(scene.visit))
            scene.save()
        if ready:
            self._ready.keep(ready)
        return progress

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """Keep why QuickBooks could not be reached; a second try, or the path of the company file, where it may help.

        `done` ends the visit, an empty text tries the open file again, anything else is a path (guide ch. 10).
        """
        with self._kit.work(_connection_of(ticket)) as uow:
            scene = self._scene(uow, ticket)
            if scene is None:
                return END
            visit, meaning = scene.visit, hresult_meaning(hresult)
            visit.last_error = meaning.told(message, hresult)
            visit.connection_errors += 1
            path = scene.connection.company.file_path if company.readable(scene.connection) else ""
            tries = {Reaction.RETRY: "", Reaction.OPEN: path or END}
            over = visit.connection_errors > MOST_TRIES or visit.ended_at is not None
            answer = END if over else tries.get(meaning.reaction, END)
            if answer != END:
                self._renew(scene, out=True)  # QuickBooks takes its time to open
            scene.save()
            return answer

    def get_last_error(self, ticket: str) -> str:
        """Say why the visit stopped, in words for the Status column."""
        with self._kit.work(_connection_of(ticket)) as uow:
            scene = self._scene(uow, ticket)
            return words.UNKNOWN_TICKET if scene is None else scene.visit.last_error or words.NO_MORE_WORK

    def close_connection(self, ticket: str) -> str:
        """End the visit and give its result as a bookkeeper reads it."""
        with self._kit.work(_connection_of(ticket)) as uow:
            scene = self._scene(uow, ticket)
            if scene is None:
                return words.NOTHING_DONE
            visit = scene.visit
            ready = self._ready.take(visit)
            if ready:
                exchange.take_back(scene, ready)
            visit.ended_at = visit.ended_at or scene.now
            self._settle(scene)
            scene.save()
            result = words.result(visit)
            log.info("The visit ended: %d exported, %d need a person", visit.exported, visit.failed)
            return result

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        """Offer no interactive mode: its browser protocol died with Internet Explorer."""
        del ticket, session_id
        return ""

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        """Note politely that the user declined what was never asked."""
        del ticket, reason
        return "Interactive mode is not used by this server."

    def interactive_done(self, ticket: str) -> str:
        """End an interactive session that never was (guide chapter 10: `Done` ends)."""
        del ticket
        return "Done"

    # ---------------------------------------------------------------- parts

    def _scene(self, uow: UnitOfWork, ticket: str) -> Scene | None:
        visit = uow.visits.first(ticket_hash=self._kit.hash_token(ticket)) if ticket else None
        if visit is None:
            return None
        connection = uow.connections.get(visit.connection_id)
        note(connection=connection.name, session=visit.ticket_hash[:SHOWN_OF_SESSION])
        now, last = self._kit.clock.now(), connection.last_contact
        if visit.ended_at is None and ages.due(last, now, CONTACT_EVERY):
            connection.last_contact = now
        return Scene(uow, connection, visit, now, self._kit.options(connection).known_zone)

    def _answered_one(self, scene: Scene) -> MessageSet | None:
        """Give the message that an answer is to: the last one that left and has none."""
        visit_id, sets = scene.visit.id, scene.uow.message_sets
        if scene.visit.ended_at is not None:
            # Recovery may have settled it meanwhile without having seen what was still being made.
            last = sets.find(visit_id=visit_id, order="-id", limit=1)
            return next((late for late in last if late.purpose == "write"), None)
        open_ones = sets.find(visit_id=visit_id, answered_at=None, order="-id", limit=1)
        return next((found for found in open_ones if not self._ready.is_kept(found)), None)

    def _goes_on(self, scene: Scene) -> bool:
        """Whether a visit may go on: it ends when a newer one took over, or when it was silent for too long.

        A session that outlives its lease by a whole lease knows too little of the company that is open now.
        """
        visit = scene.visit
        if visit.ended_at is not None:
            visit.last_error = words.REPLACED
        elif scene.now > visit.lease_until + self._lease(out=True):
            visit.ended_at, visit.last_error = scene.now, words.EXPIRED
        else:
            return True
        scene.save()
        return False

    def _renew(self, scene: Scene, *, out: bool) -> None:
        scene.visit.lease_until = scene.now + self._lease(out=out)

    def _lease(self, *, out: bool) -> dt.timedelta:
        return dt.timedelta(seconds=self._kit.lease_seconds / (1 if out else IDLE_SHARE))

    def _settle(self, scene: Scene) -> None:
        """Let the effects of answers be seen before the visit ends, however it ends."""
        if scene.connection.unsettled:
            options = self._kit.options(scene.connection)
            work.settle(scene.uow, scene.connection, options, scene.now, visit_id=scene.visit.id)

    def _may_pause(self, scene: Scene) -> bool:
        """Whether waiting is worth it: Procore is being read, which may bring work (guide, getLastError: `NoOp`)."""
        return scene.visit.pauses < MOST_PAUSES and work.being_prepared(scene)

    def _progress(self, scene: Scene, nearest: Task | None) -> int:
        """Count done against known work: never 100 while anything is left, never going back."""
        visit = scene.visit
        visit.finished += 1
        left = nearest is not None or dispatch.anything_outstanding(scene) or not visit.facts_read
        if not left and not self._may_pause(scene):
            return 100
        share = 100 * visit.finished // max(visit.planned, visit.finished + 1)
        visit.progress = max(visit.progress, min(99, share))
        return visit.progress


def _connection_of(ticket: str) -> int | None:
    """Give the connection of a ticket, whose turn its call takes; all of them for a ticket of an older program."""
    number, mark, _ = ticket.partition(MARK)
    if not mark:
        return None if ticket else LOOK
    return int(number) if re.fullmatch(r"[0-9]{1,9}", number) else LOOK
