"""What `reconcile` gives: the head of the proof, its rows, and each difference explained (ACCOUNTING 24)."""

import datetime as dt
from dataclasses import dataclass

from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.explained import Explained, explain
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.flow.options import Options
from qbwc_bridge.flow.proof import Proof, prove
from qbwc_bridge.flow.totals import through
from qbwc_bridge.ports import UnitOfWork

CASH = (
    "QuickBooks is set to show reports on cash basis: a report on its screen differs from this proof "
    "until it is set to accrual."
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a proof is of: the company and its file, the basis, the date, and when the costs were read."""

    company: str
    file: str
    """The company file's path; empty where the last visit did not tell it."""
    date: dt.date
    through: bool
    """Whether costs after `date` are left out; else it is the day of the proof, of costs of every date."""
    costs_read_at: dt.datetime | None
    """In the office's time zone."""
    basis: str = "accrual"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The proof of one connection with its head and explanations."""

    head: Head
    proof: Proof
    explained: list[Explained]


def reconcile(
    uow: UnitOfWork,
    connection: Connection,
    options: Options,
    costs: dict[int, list[DirectCost]],
    *,
    now: dt.datetime,
    as_of: dt.date | None = None,
) -> Reconciled:
    """Compare the ledger with `costs`: Procore's direct costs of released projects as just read, by project id."""
    ledger = Ledger(uow, connection, options, as_of=as_of)
    if as_of:
        outbox = {row.origin_id: row for row in uow.writebacks.find(connection_id=connection.id)}
        costs = {number: through(found, outbox, as_of) for number, found in costs.items()}
    return Reconciled(_head(connection, options, now, as_of), prove(ledger, costs), explain(ledger, costs))


def _head(connection: Connection, options: Options, now: dt.datetime, as_of: dt.date | None) -> Head:
    company, read = connection.company, connection.costs_read_at
    # The facts are of the last visit's company, which may have been another one by mistake.
    bound = fold(company.name) == fold(connection.bound_name) and company.file_id == connection.bound_file_id
    return Head(
        company=connection.bound_name or company.name,
        file=company.file_path if bound else "",
        date=as_of or now.astimezone(options.zone).date(),
        through=as_of is not None,
        costs_read_at=read.astimezone(options.zone) if read else None,
        note=CASH if bound and company.report_basis.lower() == "cash" else "",
    )
