"""Releasing a project's costs: what would be written, the dry run's fingerprint, the release and its withdrawal."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qbwc_bridge.domain.costs import Allocation, Writing, direct_costs
from qbwc_bridge.domain.procore import DirectCost, code_ids, version
from qbwc_bridge.domain.records import History, ProjectChoice, ReleaseChoice
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall stand in Procore for one project, and what does as far as we know."""

    costs: dict[str, DirectCost]
    missing_codes: list[str]


def wanted(
    ledger: Ledger, choice: ProjectChoice, release: ReleaseChoice, items: Sequence[Allocation] | None = None
) -> Wanted:
    """Give the direct costs of one project under a release; codes that the budget lacks are named, with id 0.

    `items` are the project's lines as otherwise placed than by the ledger.
    """
    items = ledger.of_project(choice.project_id) if items is None else items
    codes = code_ids(choice.budget_codes)
    missing = ledger.missing_codes(choice.project_id, items)
    codes.update(dict.fromkeys(missing, 0))
    writing = Writing(ledger.connection.key, release, codes, ledger.vendors, ledger.options.actuals_sink)
    return Wanted(direct_costs(items, writing), missing)


def fingerprint(ledger: Ledger, project_id: int) -> str:
    """Fingerprint of a project's figures; a release must be of those that its dry run showed."""
    rows = [
        [
            item.document.txn_id,
            item.line.job_id,
            item.code,
            item.reason in ("unmapped", "ignored"),
            str(item.line.amount),
        ]
        for item in ledger.of_project(project_id)
    ]
    return version(sorted(rows, key=str))


def check_read(ledger: Ledger, choice: ProjectChoice) -> None:
    """Raise Refused while the project's costs are not all known: nobody can judge a part of them."""
    if ledger.connection.costs_whole_at is None:
        raise Refused(
            f"The costs of project {choice.number} are not read whole yet: the next visits of the Web Connector read "
            "QuickBooks' costs of every date; try again when they have ended."
        )
    if ledger.being_read(choice.project_id):
        raise Refused(
            f"The costs of project {choice.number} are being read again, because QuickBooks' own total of its job "
            "differs from what was read: let the Web Connector visit, and try again."
        )


def release(
    ledger: Ledger,
    choice: ProjectChoice,
    chosen: ReleaseChoice,
    *,
    who: str,
    now: dt.datetime,
    beside_others: bool = False,
) -> None:
    """Release a project's costs (ACCOUNTING 19).

    Raises Refused without a dry run of the present figures, while the costs are not read whole, and where another
    integration wrote direct costs, unless a person wants both: each cost that both write counts twice.
    """
    if not choice.on:
        raise Refused(f"Project {choice.number} is switched off: switch it on before releasing its costs.")
    check_read(ledger, choice)
    if choice.dry_run != fingerprint(ledger, choice.project_id):
        raise Refused(
            f"Project {choice.number} has no dry run of its present figures: make one and look at it, then release "
            "them."
        )
    if choice.shown.foreign and not beside_others:
        raise Refused(
            f"Project {choice.number}: {choice.shown.foreign}. What both write counts twice: let the other one take "
            "its costs out, or release only what it did not write and say that both shall stand."
        )
    before = "released" if choice.release else "not released"
    choice.release, choice.released_at, choice.released_by = chosen, now, who
    ledger.uow.projects.save(choice)
    entry = History(choice.connection_id, "project", choice.id, now, who, before, "released", in_words(chosen))
    ledger.uow.history.add(entry)


def withdraw(uow: UnitOfWork, choice: ProjectChoice, *, who: str, now: dt.datetime) -> None:
    """Take the release back: the next push removes everything that the bridge wrote; the brake does not hold it."""
    choice.release, choice.dry_run = None, ""
    uow.projects.save(choice)
    uow.history.add(History(choice.connection_id, "project", choice.id, now, who, "released", "withdrawn", ""))


_EARLIER = {
    "opening": "earlier ones as one opening line per budget code",
    "detail": "earlier ones too",
    "none": "earlier ones left out",
}
_PO_BILLS = {
    "write": "bills on exported orders written as well",
    "skip": "bills on exported orders left to subcontractor invoices",
}


def in_words(chosen: ReleaseChoice, day: Callable[[dt.date], str] = dt.date.isoformat) -> str:
    """Say a release's choices as a bookkeeper would; `day` writes its date."""
    start = "costs of every date"
    if chosen.costs_from != dt.date.min:
        start = f"costs from {day(chosen.costs_from)} on, {_EARLIER[chosen.before]}"
    return f"{start}; {_PO_BILLS[chosen.po_bills]}; status {chosen.status}"
