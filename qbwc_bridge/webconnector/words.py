"""What a visit says to whoever looks at the Web Connector's window: reasons, and a result that reads like one."""

from qbwc_bridge.domain.records import Visit

PAUSE = "NoOp"
"""No sentence: as the last error it makes the Web Connector wait five seconds and ask again (guide, getLastError)."""

NO_MORE_WORK = "No more work"
NOTHING_DONE = "Nothing was exchanged."
"""True after every login without a visit; which one it was, no ticket tells."""
UNKNOWN_TICKET = "This session is not known to the bridge; it starts anew with the next update."
REPLACED = "This session was replaced by a newer one; its last answer was kept."
EXPIRED = "This session was silent for too long and has ended; the next update starts a new one and loses nothing."


def result(visit: Visit) -> str:
    """Say what a visit brought, as a bookkeeper reads it in the Status column; a problem is not covered up."""
    parts = [f"{visit.exported} record{'' if visit.exported == 1 else 's'} exported"] if visit.exported else []
    parts += [f"{visit.failed} need{'s' if visit.failed == 1 else ''} you"] if visit.failed else []
    if visit.last_error not in ("", NO_MORE_WORK, PAUSE):
        return f"{', '.join(parts)}. {visit.last_error}" if parts else visit.last_error
    return f"Finished: {', '.join(parts) or 'QuickBooks was read, there was nothing to export'}."
