"""The documents behind a figure of a project, one document with its history, and the documents as a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from qbwc_bridge.domain.books import CostDocument, CostLine
from qbwc_bridge.domain.costs import Allocation, told_payee
from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.records import Connection, ProjectChoice
from qbwc_bridge.errors import NotFound
from qbwc_bridge.files.costs import cost_csv, document_rows
from qbwc_bridge.flow.cost_documents import Discretion, Entry, called, entries
from qbwc_bridge.flow.figures import KeptEntry, KeptLedger, ProjectEntries, entries_of
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.statuspage.ask import Ask, File, Page
from qbwc_bridge.statuspage.cost_filters import Asked, month_named, narrowings
from qbwc_bridge.statuspage.paging import pages_of, steps
from qbwc_bridge.statuspage.project_costs import frame, opened
from qbwc_bridge.statuspage.words import COST_STATES

PAGE_ROWS = 200
"""Rows of one page, as in the table of submissions."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the table shows it."""

    entry: Entry
    called: str
    payee: str
    memo: str
    url: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted line: where it belongs, or why it is no cost."""

    line: CostLine
    memo: str
    """As it may be told."""
    code: str


@dataclass(frozen=True, slots=True)
class Job:
    """What the document has for one job."""

    document: CostDocument
    name: str
    lines: list[Posted]
    url: str
    """Of the same document for that job's project; empty for the project that is shown, and where there is none."""

    @property
    def cost(self) -> Decimal:
        """What of it counts as cost."""
        return Decimal(self.document.cost_cents).scaleb(-2)


def cost_documents(ask: Ask, name: str, project: int) -> Page:
    """Show the documents behind a figure, a page at a time."""
    connection, ledger, choice = opened(ask, name, project)
    asked = Asked.read(ask.request.args)
    every = _every(ask, ledger, choice)
    found = [entry for entry in every if asked.holds(entry)]
    pages = pages_of(len(found), PAGE_ROWS)
    asked = replace(asked, page=min(asked.page, pages))
    place = {"name": name, "project": project, "as_of": ledger.as_of}
    part = found[(asked.page - 1) * PAGE_ROWS : asked.page * PAGE_ROWS]
    values = {
        **frame(ask, connection, ledger, choice),
        "asked": asked,
        "month": month_named(asked.month),
        "ways": narrowings(every, asked, lambda query: ask.url("cost_documents", **place, **query)),
        "lines": list(_lines(ask, connection, _with_documents(ask, part), place)),
        "looks": COST_STATES,
        "count": len(found),
        "documents": len({entry.document_id for entry in found}),
        "sum": total(entry.amount for entry in found),
        "file": ask.url("cost_file", **place, **replace(asked, page=1).query()),
        "steps": steps(
            asked.page, pages, lambda page: ask.url("cost_documents", **place, **replace(asked, page=page).query())
        ),
    }
    return Page("cost_documents.html", values)


def cost_file(ask: Ask, name: str, project: int) -> File:
    """Give the same documents, all pages of them, as a CSV file."""
    connection, ledger, choice = opened(ask, name, project)
    asked = Asked.read(ask.request.args)
    found = [entry for entry in entries(ledger, choice) if asked.holds(entry)]
    rows = document_rows(found, Discretion(ask.uow, connection))
    content = cost_csv(connection, choice, rows, "document")
    return File(f"costs {choice.number or choice.project_id}.csv", "text/csv", content)


def cost_document(ask: Ask, name: str, project: int, document: int) -> Page:
    """Show one document: its lines for each job, its history, its orders, and its direct costs."""
    connection, ledger, choice = opened(ask, name, project)
    here = ask.uow.costs.first(connection_id=connection.id, id=document)
    if here is None or ledger.jobs.get(here.job_id) != project:
        raise NotFound("The ledger has no such document for this project.")
    rows = ask.uow.costs.find(connection_id=connection.id, txn_id=here.txn_id)
    discretion = Discretion(ask.uow, connection)
    history = ask.uow.history.find(
        connection_id=connection.id, subject="cost", subject_id=[row.id for row in rows], order="-id"
    )
    of_row = {row.id: row for row in rows}
    every = _every(ask, ledger, choice)
    placed = _placed(ledger, choice, rows, every)
    values = {
        **frame(ask, connection, ledger, choice),
        "document": here,
        "called": called(here),
        "payee": told_payee(here),
        "memo": discretion.text(here.memo, here),
        "jobs": [
            _job(ask, ledger, row, [item for item in placed if item.document.id == row.id], discretion, here=project)
            for row in rows
        ],
        "entries": _with_documents(ask, [each for each in every if each.document_id in of_row]),
        "orders": _orders(ask, ledger, here),
        "looks": COST_STATES,
        "history": [(each, discretion.text(each.why, of_row[each.subject_id])) for each in history],
    }
    return Page("cost_document.html", values)


def _every(ask: Ask, ledger: Ledger, choice: ProjectChoice) -> list[KeptEntry]:
    """The entries of a project, as they are kept; those through a date are reckoned."""
    figures = KeptLedger(ask.uow, ledger.connection, ledger.options)
    if ledger.as_of is None and choice.project_id in figures.choices:
        return figures.of_project(ProjectEntries, choice.project_id).entries
    return entries_of(ledger, choice).entries


def _with_documents(ask: Ask, part: Sequence[KeptEntry]) -> list[Entry]:
    """Read the documents of some entries."""
    wanted = {each.document_id for each in part}
    documents = {row.id: row for row in ask.uow.costs.find(id=wanted)}
    return [each.entry(documents[each.document_id]) for each in part]


def _lines(ask: Ask, connection: Connection, part: Iterable[Entry], place: Mapping[str, Any]) -> Iterable[Line]:
    discretion = Discretion(ask.uow, connection)
    for entry in part:
        document = entry.document
        yield Line(
            entry,
            called(document),
            told_payee(document),
            discretion.text(document.memo, document),
            ask.url("cost_document", **place, document=document.id),
        )


def _placed(
    ledger: Ledger, choice: ProjectChoice, rows: Sequence[CostDocument], every: Iterable[KeptEntry]
) -> Sequence[Allocation]:
    """Place the lines that some documents have for a project; of its other documents the kept entries tell enough.

    Through a date they do not: later costs count for the places, and the ledger was read whole for the entries.
    """
    if ledger.as_of is not None:
        return ledger.of_project(choice.project_id)
    codes = ((entry.cost_code, entry.cost_type) for entry in every if entry.cost_code)
    return ledger.place_some(choice.project_id, rows, codes)


def _job(
    ask: Ask, ledger: Ledger, row: CostDocument, placed: Sequence[Allocation], discretion: Discretion, *, here: int
) -> Job:
    """What a document has for one job; the lines of the project `here` tell their codes, others lead there."""
    project = ledger.jobs.get(row.job_id)
    document = placed[0].document if placed else row
    codes = {id(item.line): item.code or ("ignored" if item.reason == "ignored" else "no cost code") for item in placed}
    elsewhere = project not in (None, here)
    return Job(
        document,
        document.lines[0].job_name if document.lines else "",
        [
            Posted(line, discretion.text(line.memo, document), codes.get(id(line), "" if line.counted else "no cost"))
            for line in document.lines
        ],
        ask.url("cost_document", name=ledger.connection.name, project=project, document=row.id) if elsewhere else "",
    )


def _orders(ask: Ask, ledger: Ledger, document: CostDocument) -> list[tuple[str, str]]:
    """Purchase orders that it is drawn on: what they are called, and the address of their submission, if any."""
    found = []
    for txn_id in document.order_ids:
        order = ask.uow.transactions.first(connection_id=ledger.connection.id, kind="PurchaseOrder", txn_id=txn_id)
        row = ask.uow.submissions.first(connection_id=ledger.connection.id, kind="commitment", quickbooks_id=txn_id)
        words = f"Purchase order {order.ref_number}, {order.party_name}" if order else "A purchase order not read yet"
        url = ask.url("record", name=ledger.connection.name, number=row.id) if row else ""
        found.append((words, url))
    return found
