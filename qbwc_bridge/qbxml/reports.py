"""Reports: data rows by column, whole or as a stream, with proof that no row is missing.

Only DataRow is given out: headings, subtotals and totals repeat it. A cell is found by the ColType of its column. Where
several columns share a ColType (a summary by job has one Amount per job) the column is named by its titles, joined by
colons, so that no cell hides another.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from qbwc_bridge.domain.replies import Node, ReportRet, ReportRow
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml.parse import EXTRACT, stream_document
from qbwc_bridge.qbxml.types import read_count

ROWS = frozenset({"DataRow", "TextRow", "SubtotalRow", "TotalRow"})
"""NumRows counts all of them (measured in a real reply)."""


def report_ret(node: Node) -> ReportRet:
    """Read a ReportRet element. Raises QuickBooksError when rows are missing: the reply was cut."""
    columns = _columns(list(node.all("ColDesc")))
    data = node.first("ReportData")
    rows = [row for row in (data.children if data else ()) if row.tag in ROWS]
    _complete(node, len(rows))
    return ReportRet(
        title=node.value("ReportTitle"),
        basis=node.value("ReportBasis"),
        columns=tuple(columns.values()),
        rows=tuple(_row(row, columns) for row in rows if row.tag == "DataRow"),
        source=node,
    )


def stream_report_rows(text: str, request_id: str = "") -> Iterator[ReportRow]:
    """Give the data rows of a reply as they are read, keeping none; `request_id` picks one of several replies.

    That the report is whole is known only after its last row: raises QuickBooksError then if rows are missing, if
    QuickBooks refused, or if no report came, and whatever was summed up so far must be dropped.
    """
    described: list[Node] = []
    columns: dict[str, str] = {}
    counted = replies = 0
    for node, around in stream_document(text, _piece_of_report):
        reply = next((outer for outer in (*around, node) if _is_reply(outer)), node)
        if request_id and attribute(reply, "requestID") != request_id:
            continue
        if node is reply:
            replies += 1
            _finished(reply, counted)
            described, columns, counted = [], {}, 0
        elif node.tag == "ColDesc":
            described.append(node)
        else:
            columns = columns or _columns(described)
            counted += 1
            if node.tag == "DataRow":
                yield _row(node, columns)
    if not replies:
        raise QuickBooksError("The answer of QuickBooks holds no reply to the report that was asked for.")


def require_report(reply: Node) -> None:
    """Refuse a report's reply of status 0 without ReportRet (seen in the field)."""
    if attribute(reply, "statusCode") == "0" and reply.first("ReportRet") is None:
        raise QuickBooksError("QuickBooks answered a report with status 0 and no report: it must be asked again.")


def attribute(node: Node, name: str) -> str:
    """Give an attribute of an element, empty where it is absent."""
    return next((value for key, value in node.attributes if key == name), "")


def _finished(reply: Node, counted: int) -> None:
    status, report = attribute(reply, "statusCode"), reply.first("ReportRet")
    if status not in ("0", "1"):
        said = attribute(reply, "statusMessage")[:EXTRACT]
        raise QuickBooksError(f"QuickBooks refused the report with status {status[:8]}: {said}")
    require_report(reply)
    if report is not None:
        _complete(report, counted)


def _complete(report: Node, counted: int) -> None:
    promised = report.value("NumRows")
    if promised and read_count(promised) != counted:
        raise QuickBooksError(
            f"The report {report.value('ReportTitle')[:60]!r} came with {counted} rows where it promises "
            f"{promised[:12]}: the reply was cut and must be asked again."
        )


def _is_reply(node: Node) -> bool:
    return node.tag.endswith("QueryRs")


def _piece_of_report(tag: str, _depth: int) -> bool:
    return tag in ROWS or tag == "ColDesc" or tag.endswith("QueryRs")


def _columns(described: Sequence[Node]) -> dict[str, str]:
    """Name the columns: colID to ColType, or to its titles where the ColType stands more than once."""
    types = [node.value("ColType") for node in described]
    seen = Counter(types)
    named = {
        attribute(node, "colID"): kind if kind and seen[kind] == 1 else _title(node)
        for node, kind in zip(described, types, strict=True)
    }
    doubled = Counter(named.values())
    return {at: name if name and doubled[name] == 1 else f"{name}#{at}" for at, name in named.items()}


def _title(column: Node) -> str:
    return ":".join(filter(None, (attribute(title, "value") for title in column.all("ColTitle"))))


def _row(row: Node, columns: dict[str, str]) -> ReportRow:
    cells = {attribute(cell, "colID"): attribute(cell, "value") for cell in row.all("ColData")}
    unknown = cells.keys() - columns.keys()
    if unknown:
        raise QuickBooksError(f"The report has a cell in column {min(unknown)[:12]!r}, which it does not describe.")
    return ReportRow({columns[at]: value for at, value in cells.items()})
