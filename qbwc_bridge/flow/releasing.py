"""Releasing a project's costs: what would be written, the dry run's fingerprint, the release and its withdrawal."""

import datetime as dt
from dataclasses import dataclass

from qbwc_bridge.domain.costs import Writing, direct_costs
from qbwc_bridge.domain.procore import DirectCost, version
from qbwc_bridge.domain.records import History, ProjectChoice, ReleaseChoice
from qbwc_bridge.errors import Refused
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall stand in Procore for one project, and what does as far as we know."""

    costs: dict[str, DirectCost]
    missing_codes: list[str]


def wanted(ledger: Ledger, choice: ProjectChoice, release: ReleaseChoice) -> Wanted:
    """Give the direct costs of one project under a release; codes that the budget lacks are named, with id 0."""
    codes = {code.code: code.id for code in choice.budget_codes}
    missing = ledger.missing_codes(choice.project_id)
    codes.update(dict.fromkeys(missing, 0))
    writing = Writing(ledger.connection.key, release, codes, ledger.vendors)
    return Wanted(direct_costs(ledger.of_project(choice.project_id), writing), missing)


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


def release(ledger: Ledger, choice: ProjectChoice, chosen: ReleaseChoice, *, who: str, now: dt.datetime) -> None:
    """Release a project's costs; raises Refused without a dry run of the present figures (ACCOUNTING 19)."""
    if not choice.on:
        raise Refused(f"Project {choice.number} is switched off: switch it on before releasing its costs.")
    if choice.dry_run != fingerprint(ledger, choice.project_id):
        raise Refused(
            f"Project {choice.number} has no dry run of its present figures: "
            f"run project dry-run {choice.number} and look at it."
        )
    if ledger.connection.costs_whole_at is None or ledger.being_read(choice.project_id):
        raise Refused(
            f"The job costs of project {choice.number} are still being read from QuickBooks: "
            f"run project dry-run {choice.number} again after the next visit of the Web Connector."
        )
    before = "released" if choice.release else "not released"
    choice.release, choice.released_at, choice.released_by = chosen, now, who
    ledger.uow.projects.save(choice)
    entry = History(choice.connection_id, "project", choice.id, now, who, before, "released", _why(chosen))
    ledger.uow.history.add(entry)


def withdraw(uow: UnitOfWork, choice: ProjectChoice, *, who: str, now: dt.datetime) -> None:
    """Take the release back: the next push removes everything that the bridge wrote; the brake does not hold it."""
    choice.release, choice.dry_run = None, ""
    uow.projects.save(choice)
    uow.history.add(History(choice.connection_id, "project", choice.id, now, who, "released", "withdrawn", ""))


def _why(chosen: ReleaseChoice) -> str:
    return f"costs from {chosen.costs_from}, before {chosen.before}, bills on orders {chosen.po_bills}, {chosen.status}"
