"""Messages that stand ready: stored together with the answer before them, and handed over once.

Whoever applies an answer mostly knows what goes next. So that is stored in the same transaction, as sent: to everybody
else it is a message whose answer is not known. Only the process that made it ready knows that it never left, and hands
it over from its memory, or takes it back when the visit ends. Another process, or the same one after a restart, finds a
message without an answer in its own visit, and that is in doubt, as ever (docs/architecture.md, Once 3). So several
processes on one database never hand one over twice.
"""

import threading

from qbwc_bridge.domain.records import MessageSet, Visit


class Ready:
    """At most one message of each connection, in this process alone; may be used from any thread.

    A process makes messages ready only in answer to those that it handed over itself, and only in a visit whose answers
    all came here: where the calls come to several processes in turn, each would find those of the others in doubt,
    again and again, until the record looked like one that QuickBooks never answers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: dict[int, MessageSet] = {}
        self._left: dict[int, int] = {}
        self._answers: dict[int, tuple[int, int]] = {}

    def left(self, message: MessageSet) -> None:
        """Note that a message is handed over here."""
        with self._lock:
            self._left[message.connection_id] = message.id

    def left_here(self, message: MessageSet) -> bool:
        """Whether a message was handed over here."""
        with self._lock:
            return self._left.get(message.connection_id) == message.id

    def all_here(self, visit: Visit) -> bool:
        """Take note of an answer, the `visit.finished`-th of its visit; gives whether all of them came here."""
        now = visit.id, visit.finished
        with self._lock:
            here = visit.finished == 1 or self._answers.get(visit.connection_id) == (visit.id, visit.finished - 1)
            self._answers[visit.connection_id] = now if here else (visit.id, -1)
            return here

    def keep(self, message: MessageSet) -> None:
        """Keep a message that is committed, until its visit asks for it."""
        with self._lock:
            self._ready[message.connection_id] = message

    def is_kept(self, message: MessageSet) -> bool:
        """Whether a message stands ready here: it never left."""
        with self._lock:
            kept = self._ready.get(message.connection_id)
            return kept is not None and kept.id == message.id

    def waits_for(self, visit: Visit) -> bool:
        """Whether a message of a visit stands ready here."""
        with self._lock:
            return self._kept_for(visit) is not None

    def take(self, visit: Visit) -> MessageSet | None:
        """Give the message that stands ready for a visit, to one caller only; None where there is none."""
        with self._lock:
            kept = self._kept_for(visit)
            if kept:
                del self._ready[visit.connection_id]
            return kept

    def _kept_for(self, visit: Visit) -> MessageSet | None:
        kept = self._ready.get(visit.connection_id)
        return kept if kept and kept.visit_id == visit.id else None
