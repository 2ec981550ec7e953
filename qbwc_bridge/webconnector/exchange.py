"""What goes to QuickBooks next, and what is done with an answer: the inside of a visit, without its protocol."""

import logging
from dataclasses import replace

from qbwc_bridge.domain.records import MessageSet, Task
from qbwc_bridge.domain.replies import CompanyRet, HostRet, PreferencesRet, ReplySet
from qbwc_bridge.domain.states import TaskState
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow import answers, company, dispatch, recovery
from qbwc_bridge.flow.language import FIRST_VERSION, Language
from qbwc_bridge.flow.moves import give_up, hopeless, move_task
from qbwc_bridge.flow.rebuilding import each_alone
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.qbxml.company import parse_hcp
from qbwc_bridge.qbxml.responses import parse_reply
from qbwc_bridge.qbxml.statuses import Reaction
from qbwc_bridge.qbxml.statuses import hresult as hresult_meaning

log = logging.getLogger("qbwc_bridge.webconnector")

LONGEST_KEPT = 256 * 1024
"""Characters of an answer that are kept to be looked at. Only pages of lists and orders are longer, and
those have tables."""

NEVER_LEFT = "the visit ended before it was handed over"


def read_facts(scene: Scene, hcp_response: str, language: Language) -> None:
    """Take in the first answer of a visit: Host, Company and Preferences replies, malformed ones as far as they go."""
    host, found, preferences, problems = parse_hcp(hcp_response)
    for problem in problems:
        log.warning("Host, Company and Preferences replies: %s", problem)
    company.identify(scene, host, found, preferences, owner_id=language.owner_id)


def next_message(scene: Scene, language: Language) -> MessageSet | None:
    """Give what QuickBooks is asked next, or None; why not, where it is more than the end of the work, is kept."""
    if not scene.visit.facts_read:
        return dispatch.next_message(scene, language)
    if not company.readable(scene.connection):
        scene.visit.last_error = scene.connection.alarm
        return None
    settling = _settling(scene, language) if scene.visit.writes_allowed else None
    return settling or dispatch.next_message(scene, language)


def make_ready(scene: Scene, nearest: Task, language: Language) -> MessageSet | None:
    """Store the message with what goes next together with the answer before it; None where a doubt comes first."""
    if not scene.visit.facts_read or not company.readable(scene.connection) or dispatch.anything_outstanding(scene):
        return None
    return dispatch.message_with(scene, nearest, language)


def stands(scene: Scene, message: MessageSet) -> bool:
    """Whether a message that was made ready may still leave: nobody has taken it for lost meanwhile."""
    if not company.readable(scene.connection):
        return False
    return message.purpose == "sentinel" or scene.uow.tasks.has(message_set_id=message.id, state=TaskState.SENT)


def take_back(scene: Scene, message: MessageSet) -> None:
    """Put back into the queue what was made ready and never left."""
    tasks = scene.uow.tasks.find(message_set_id=message.id, state=TaskState.SENT)
    for task in tasks:
        task.attempts -= 1
        move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=NEVER_LEFT)
    if tasks or message.purpose == "sentinel":
        _close(scene, scene.uow.message_sets.get(message.id), NEVER_LEFT)


def _settling(scene: Scene, language: Language) -> MessageSet | None:
    """What is in doubt is settled first, but never by an older copy of the file: it cannot tell (promise 2).

    A message without an answer, when the next one is asked for, is in doubt within its own visit.
    """
    if not dispatch.anything_outstanding(scene):
        return None
    recovery.doubt(scene.uow, scene.connection, scene.now)
    if not recovery.anything_in_doubt(scene):
        return None
    return dispatch.newest_write_message(scene, language) or recovery.next_message(scene, language)


def answered(scene: Scene, sent: MessageSet, response: str, language: Language) -> bool:
    """Apply what QuickBooks answered, with all its effects; gives whether the visit may go on."""
    try:
        replies = parse_reply(response)
    except QuickBooksError as problem:
        log.warning("answer to message %s could not be read: %s", sent.id, problem)
        scene.visit.last_error = f"QuickBooks' answer could not be read: {problem}"
        return _unreadable(scene, sent)
    if sent.purpose == "write" and replies.new_message_set_id not in ("", sent.set_id):
        log.warning("an answer to another message came instead of that to %s; it is passed over", sent.id)
        return True
    sent.answered_at = scene.now
    sent.reply_text = "" if sent.purpose == "costs" else response[:LONGEST_KEPT]
    scene.uow.message_sets.save(sent)
    _apply(scene, sent, replies, language)
    if scene.connection.alarm:
        scene.visit.last_error = scene.connection.alarm
    return not scene.connection.alarm


def refused(scene: Scene, sent: MessageSet, hresult: str, message: str) -> bool:
    """Take in that QuickBooks gave no document; gives whether the visit may go on.

    Only a request that it could not read, or whose version it does not speak, is sure to have done nothing.
    """
    meaning = hresult_meaning(hresult)
    told = meaning.told(message, hresult)
    log.warning("message %s: %s", sent.id, told)
    tasks = scene.uow.tasks.find(message_set_id=sent.id, state=TaskState.SENT)
    if meaning.reaction is Reaction.RENEGOTIATE:
        return _renegotiate(scene, sent, tasks, told)
    if meaning.reaction is Reaction.SPLIT:
        return _split(scene, sent, tasks, told)
    scene.visit.last_error = told
    if meaning.reaction is not Reaction.PERSON:  # who waits for a person tries until it is mended
        _end_hopeless(scene, sent, tasks)
    return False


def _split(scene: Scene, sent: MessageSet, tasks: list[Task], told: str) -> bool:
    """Send the parts of an unreadable set in smaller sets, until the culprit is alone; that one is given up."""
    if not tasks:
        scene.visit.last_error = told
        return _unreadable(scene, sent)
    _close(scene, sent, told)
    for task in tasks:
        if len(tasks) == 1 and len(task.brings) > 1:
            each_alone(scene, task, told)
            continue
        if len(tasks) == 1:
            give_up(scene, task, told)
            continue
        task.set_limit = -(-len(tasks) // 2)
        task.attempts = 0
        move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=f"sent again with fewer others: {told}")
    return True


def _renegotiate(scene: Scene, sent: MessageSet, tasks: list[Task], told: str) -> bool:
    """Ask anew which versions of qbXML this QuickBooks speaks, and leave out the one that it has just refused.

    Without this the same version would be refused in each visit for ever (seen in the field).
    """
    visit, refused_version = scene.visit, scene.connection.company.qbxml_version or FIRST_VERSION
    _close(scene, sent, told)
    for task in tasks:
        task.attempts = 0
        move_task(scene.uow, task, TaskState.QUEUED, now=scene.now, why=told)
    if sent.purpose == "facts":
        visit.last_error = scene.connection.alarm = f"{company.TOO_OLD} a version below {refused_version}. {told}"
        return False
    visit.refused_version, visit.facts_read = refused_version, False
    scene.connection.company = replace(scene.connection.company, qbxml_version="")
    return True


def _close(scene: Scene, sent: MessageSet, told: str) -> None:
    sent.answered_at, sent.note = scene.now, told
    scene.uow.message_sets.save(sent)


def _unreadable(scene: Scene, sent: MessageSet) -> bool:
    """Stop the visit; gives whether it may go on all the same, because nothing would be gained by asking again.

    A stored reply that cannot be read would never settle anything: then the records are looked up. A reading is given
    up after too many tries, or it would hold everything behind it for ever.
    """
    if sent.purpose == "recover":
        sent.answered_at = scene.now
        recovery.nothing_stored(scene.uow, sent)
        return True
    if sent.purpose == "look_up":
        sent.answered_at = scene.now
        scene.uow.message_sets.save(sent)
        recovery.looked_up(scene, sent, ReplySet(()))
    return _end_hopeless(scene, sent, scene.uow.tasks.find(message_set_id=sent.id, state=TaskState.SENT))


def _end_hopeless(scene: Scene, sent: MessageSet, tasks: list[Task]) -> bool:
    """Give up the readings of a message that were tried too often; gives whether there was one."""
    told, ended = scene.visit.last_error, [task for task in tasks if hopeless(task)]
    for task in ended:
        give_up(scene, task, told)
    if ended:
        _close(scene, sent, told)
    return bool(ended)


def _apply(scene: Scene, sent: MessageSet, replies: ReplySet, language: Language) -> None:
    match sent.purpose:
        case "facts":
            _facts_answered(scene, replies, language)
        case "sentinel":
            answers.sentinel_answered(scene, replies)
        case "recover" if sent.recovers is not None and recovery.has_stored_reply(replies):
            answers.apply(scene, scene.uow.message_sets.get(sent.recovers), replies)
            recovery.replayed(scene, sent)
        case "recover":
            recovery.nothing_stored(scene.uow, sent)
        case "look_up":
            recovery.looked_up(scene, sent, replies)
        case _:
            answers.apply(scene, sent, replies)


def _facts_answered(scene: Scene, replies: ReplySet, language: Language) -> None:
    found = [result for reply in replies.replies for result in reply.results]
    host = next((result for result in found if isinstance(result, HostRet)), None)
    named = next((result for result in found if isinstance(result, CompanyRet)), None)
    preferences = next((result for result in found if isinstance(result, PreferencesRet)), None)
    if not company.identify(scene, host, named, preferences, owner_id=language.owner_id, asked=True):
        scene.connection.alarm = f"{company.UNCONFIRMED}: QuickBooks did not tell which company is open."
