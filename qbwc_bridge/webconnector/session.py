"""The protocol as plain methods: a visit of the Web Connector from authenticate to closeConnection, without SOAP.

One session per connection, kept in the database, so that it goes on wherever the next call lands. Every call renews
its lease; a login inside the lease gets `busy`, after it the new session takes over and what was sent is in doubt.
"""

import datetime as dt
import logging
import secrets

from qbwc_bridge import __version__
from qbwc_bridge.domain.records import MessageSet, Visit
from qbwc_bridge.domain.replies import CompanyRet, HostRet, PreferencesRet, ReplySet
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow import answers, company, dispatch, recovery, work
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.moves import move_task
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.ports import UnitOfWork
from qbwc_bridge.qbxml.company import parse_hcp
from qbwc_bridge.qbxml.responses import parse_reply
from qbwc_bridge.qbxml.statuses import hresult as hresult_meaning

log = logging.getLogger("qbwc_bridge.webconnector")

OLDEST_CLIENT = (2, 0)
"""Web Connectors before 2.0 lack the four-slot authenticate (guide, release notes of 2.0)."""

IDLE_SHARE = 5
"""The lease between requests is a fifth of the lease while one is out (CONTRACT, SESSION_LEASE_SECONDS)."""

STOP = -101
"""Any negative number makes the Web Connector ask getLastError and close (guide, receiveResponseXML)."""

UNPARSABLE = "80040400"
"""HRESULT: QuickBooks could not read the request, and ran none of it."""

NO_MORE_WORK = "No more work"
UNKNOWN_TICKET = "This session is not known to the bridge; it starts anew with the next update."
REPLACED = "This session was replaced by a newer one; its last answer was kept."


class Session:
    """Implements `calls.Calls` on the stations."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def server_version(self) -> str:
        """Tell our version; the Web Connector only shows it."""
        return f"qbwc-bridge {__version__}"

    def client_version(self, version: str) -> str:
        """Let every Web Connector from 2.0 on pass; compared as numbers, because 34.0 is newer than 2.3."""
        parts = tuple(int(part) for part in version.split(".") if part.isdigit())
        if parts and parts < OLDEST_CLIENT:
            return "E:This server needs QuickBooks Web Connector 2.0 or newer: install the current one from Intuit."
        return ""

    def authenticate(self, user_name: str, password: str) -> list[str]:
        """Open a session: ticket, and `nvu`, `busy`, `none` or an empty text for the open company file."""
        kit, ticket = self._kit, secrets.token_urlsafe(24)
        now = kit.clock.now()
        with kit.work() as uow:
            connection = uow.connections.first(user_name=user_name)
            known = connection.password_hash if connection else kit.hash_token(secrets.token_hex(16))
            if not secrets.compare_digest(known, kit.hash_token(password)) or connection is None:
                log.warning("sign-in of the Web Connector refused for user name %r", user_name[:40])
                return [ticket, "nvu"]
            connection.last_contact = now
            for visit in uow.visits.find(connection_id=connection.id, ended_at=None):
                if visit.lease_until > now:
                    uow.connections.save(connection)
                    return [ticket, "busy"]
                visit.ended_at = now
                uow.visits.save(visit)
            recovery.doubt(uow, connection, now)
            recovery.restart_iterators(uow, connection, now)
            has_work = work.plan_visit(uow, connection, kit.options(connection), now)
            uow.connections.save(connection)
            if not has_work:
                return [ticket, "none"]
            visit = uow.visits.add(Visit(connection.id, kit.hash_token(ticket), now, now + self._lease(out=False)))
            work.plan_progress(Scene(uow, connection, visit, now))
            uow.visits.save(visit)
        return [ticket, ""]

    def send_request_xml(  # noqa: PLR0917 - the parameters are the protocol's
        self, ticket: str, hcp_response: str, company_file_name: str, country: str, major: int, minor: int
    ) -> str:
        """Give the next qbXML; an empty text makes the Web Connector ask getLastError and close."""
        log.debug("request processor %s.%s, country %s", major, minor, country)
        with self._kit.work() as uow:
            scene = self._scene(uow, ticket)
            if scene is None or scene.visit.ended_at is not None:
                return ""
            if company_file_name:
                scene.connection.company.file_path = company_file_name
            if hcp_response and not scene.visit.facts_read:
                self._read_facts(scene, hcp_response)
            message = self._next(scene)
            self._renew(scene, out=message is not None)
            if message is None and not scene.visit.last_error:
                scene.visit.last_error = NO_MORE_WORK
            scene.save()
            return message.request_text if message else ""

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Apply an answer with all its effects, then give the progress: 100 only when nothing is left."""
        with self._kit.work() as uow:
            scene = self._scene(uow, ticket)
            if scene is None:
                return STOP
            sent = uow.message_sets.find(visit_id=scene.visit.id, answered_at=None, order="-id", limit=1)
            if scene.visit.ended_at is not None:
                # Recovery may have settled it meanwhile without having seen what was still being made.
                last = uow.message_sets.find(visit_id=scene.visit.id, order="-id", limit=1)
                sent = [late for late in last if late.purpose == "write"]
            proceed = not sent or self._answered(scene, sent[0], response, hresult, message)
            if scene.visit.ended_at is not None:
                scene.visit.last_error = REPLACED
                proceed = False
            self._renew(scene, out=False)
            progress = self._progress(scene) if proceed else STOP
            if progress == STOP:
                self._settle(scene)
            scene.save()
            return progress

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """Keep why QuickBooks could not be reached, and stop this visit."""
        with self._kit.work() as uow:
            scene = self._scene(uow, ticket)
            if scene:
                scene.visit.connection_errors += 1
                scene.visit.last_error = _told(hresult, message)
                scene.save()
        return "done"

    def get_last_error(self, ticket: str) -> str:
        """Say why the visit stopped, in words for the Status column."""
        with self._kit.work() as uow:
            scene = self._scene(uow, ticket)
            return UNKNOWN_TICKET if scene is None else scene.visit.last_error or NO_MORE_WORK

    def close_connection(self, ticket: str) -> str:
        """End the visit and give its result as a bookkeeper reads it."""
        with self._kit.work() as uow:
            scene = self._scene(uow, ticket)
            if scene is None:
                return "Finished: nothing to exchange."
            visit = scene.visit
            visit.ended_at = visit.ended_at or scene.now
            self._settle(scene)
            scene.save()
            return _result(visit)

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

    def _renew(self, scene: Scene, *, out: bool) -> None:
        scene.visit.lease_until = scene.now + self._lease(out=out)

    def _settle(self, scene: Scene) -> None:
        """Let the effects of answers be seen before the visit ends, however it ends."""
        if scene.connection.unsettled:
            options = self._kit.options(scene.connection)
            work.settle(scene.uow, scene.connection, options, scene.now, visit_id=scene.visit.id)

    def _lease(self, *, out: bool) -> dt.timedelta:
        return dt.timedelta(seconds=self._kit.lease_seconds / (1 if out else IDLE_SHARE))

    def _scene(self, uow: UnitOfWork, ticket: str) -> Scene | None:
        visit = uow.visits.first(ticket_hash=self._kit.hash_token(ticket)) if ticket else None
        if visit is None:
            return None
        connection = uow.connections.get(visit.connection_id)
        now = self._kit.clock.now()
        if visit.ended_at is None:
            connection.last_contact = now
        return Scene(uow, connection, visit, now)

    def _read_facts(self, scene: Scene, hcp_response: str) -> None:
        host, found, preferences, problems = parse_hcp(hcp_response)
        for problem in problems:
            log.warning("Host, Company and Preferences replies: %s", problem)
        if company.identify(scene, host, found, preferences, owner_id=self._kit.language.owner_id):
            scene.connection.unsettled = "lists"

    def _next(self, scene: Scene) -> MessageSet | None:
        if scene.visit.facts_read and not company.readable(scene.connection):
            scene.visit.last_error = scene.connection.alarm
            return None
        language = self._kit.language
        settling = None
        if scene.visit.facts_read and scene.visit.writes_allowed:
            settling = self._settling(scene)
        return settling or dispatch.next_message(scene, language)

    def _settling(self, scene: Scene) -> MessageSet | None:
        """What is in doubt is settled first, but never by an older copy of the file: it cannot tell (promise 2)."""
        language = self._kit.language
        if not recovery.anything_in_doubt(scene):
            return None
        return dispatch.newest_write_message(scene, language) or recovery.next_message(scene, language)

    def _answered(self, scene: Scene, sent: MessageSet, response: str, hresult: str, message: str) -> bool:
        """Apply one answer; gives whether the visit may go on."""
        work.heard(scene, sent)
        if hresult:
            return self._refused(scene, sent, hresult, message)
        try:
            replies = parse_reply(response)
        except QuickBooksError as problem:
            log.warning("answer to message %s could not be read: %s", sent.id, problem)
            scene.visit.last_error = f"QuickBooks' answer could not be read and is asked for again: {problem}"
            return self._unreadable(scene, sent)
        sent.answered_at = scene.now
        sent.reply_text = "" if sent.purpose == "costs" else response
        scene.uow.message_sets.save(sent)
        self._apply(scene, sent, replies)
        if scene.connection.alarm:
            scene.visit.last_error = scene.connection.alarm
        return not scene.connection.alarm

    def _unreadable(self, scene: Scene, sent: MessageSet) -> bool:
        """A stored reply that cannot be read would never settle anything: then the records are looked up."""
        if sent.purpose == "recover":
            sent.answered_at = scene.now
            recovery.nothing_stored(scene.uow, sent)
            return True
        if sent.purpose == "look_up":
            sent.answered_at = scene.now
            scene.uow.message_sets.save(sent)
            self._apply(scene, sent, ReplySet(()))
        return False

    def _apply(self, scene: Scene, sent: MessageSet, replies: ReplySet) -> None:
        match sent.purpose:
            case "facts":
                self._facts_answered(scene, replies)
            case "sentinel":
                answers.sentinel_answered(scene, replies)
            case "recover" if sent.recovers is not None and recovery.has_stored_reply(replies):
                answers.apply(scene, scene.uow.message_sets.get(sent.recovers), replies)
                recovery.replayed(scene, sent)
            case "recover":
                recovery.nothing_stored(scene.uow, sent)
            case "look_up":
                recovery.looked_up(scene, sent, replies)
                if sent.recovers is not None:
                    recovery.settled(scene, sent.recovers)
            case _:
                answers.apply(scene, sent, replies)

    def _facts_answered(self, scene: Scene, replies: ReplySet) -> None:
        found = [result for reply in replies.replies for result in reply.results]
        host = next((result for result in found if isinstance(result, HostRet)), None)
        named = next((result for result in found if isinstance(result, CompanyRet)), None)
        preferences = next((result for result in found if isinstance(result, PreferencesRet)), None)
        if not company.identify(scene, host, named, preferences, owner_id=self._kit.language.owner_id):
            scene.connection.alarm = f"{company.UNCONFIRMED}: QuickBooks did not tell which company is open."

    def _refused(self, scene: Scene, sent: MessageSet, hresult: str, message: str) -> bool:
        """QuickBooks gave no document. Only an unreadable request is sure to have done nothing."""
        told = _told(hresult, message)
        log.warning("message %s: %s", sent.id, told)
        tasks = scene.uow.tasks.find(message_set_id=sent.id, state=TaskState.SENT)
        if UNPARSABLE not in hresult.lower() or not tasks:
            scene.visit.last_error = told
            return False
        sent.answered_at, sent.note = scene.now, told
        scene.uow.message_sets.save(sent)
        for task in tasks:
            if len(tasks) == 1:
                answers.fail(scene, task, told)
            else:
                task.splits += 1
                move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=f"sent again with fewer others: {told}")
        return True

    def _progress(self, scene: Scene) -> int:
        """Count done against known work: never 100 while anything is left, never going back."""
        visit = scene.visit
        visit.finished += 1
        if work.go_on(scene, self._kit.options(scene.connection)) or not visit.facts_read:
            share = 100 * visit.finished // max(visit.planned, visit.finished + 1)
            visit.progress = max(visit.progress, min(99, share))
            return visit.progress
        return 100


def _result(visit: Visit) -> str:
    """Say what a visit brought, as a bookkeeper reads it in the Status column; a problem is not covered up."""
    parts = [f"{visit.exported} record{'' if visit.exported == 1 else 's'} exported"] if visit.exported else []
    parts += [f"{visit.failed} need{'s' if visit.failed == 1 else ''} you"] if visit.failed else []
    if visit.last_error not in ("", NO_MORE_WORK):
        return f"{', '.join(parts)}. {visit.last_error}" if parts else visit.last_error
    return f"Finished: {', '.join(parts) or 'QuickBooks was read, there was nothing to export'}."


def _told(hresult: str, message: str) -> str:
    meaning = hresult_meaning(hresult)
    said = f' QuickBooks said: "{message}"' if message else ""
    return f"{meaning.means} {meaning.what_to_do}{said} ({hresult})"
