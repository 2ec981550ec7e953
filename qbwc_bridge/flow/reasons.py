"""Why QuickBooks and Procore differ about one document: what its ledger, the outbox and Procore say of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, WriteBack
from qbwc_bridge.domain.costs import OPENING, TOTAL, Allocation, Sink, origin_id
from qbwc_bridge.domain.money import ZERO, total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import ProjectChoice, ReleaseChoice
from qbwc_bridge.flow.planned import Code
from qbwc_bridge.flow.proof import code_names, code_of, described, ours
from qbwc_bridge.flow.pushing import UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one released project: its placed lines, Procore's direct costs, and the outbox."""

    key: str
    choice: ProjectChoice
    release: ReleaseChoice
    items: Sequence[Allocation]
    """Through `as_of`, where there is one."""
    costs: Sequence[DirectCost]
    """Of every date, as just read."""
    outbox: Mapping[str, WriteBack]
    document: Callable[[str, str], CostDocument | None]
    """What the ledger has of a TxnID for a job's ListID, deleted or not."""
    stands: Callable[[str], bool]
    """Whether the ledger has anything of a TxnID for any job."""
    jobs: Mapping[str, int]
    """Project id by job ListID."""
    pending: Callable[[str], bool] = lambda _txn_id: False
    """Whether QuickBooks has a TxnID as a document that posts nothing yet."""
    sink: Sink = "direct_costs"
    brake: str = ""
    as_of: dt.date | None = None

    def origin(self, item: Allocation) -> str:
        """The key of the direct cost that a placed line is written in."""
        return origin_id(item, self.key, self.release, self.sink)


MOST_NAMED = 5
"""Documents named behind a total; a person finds the others by their number."""


class Reasons:
    """Sentences about the differences of one project."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._names = code_names(evidence.choice)
        self._costs = {cost.origin_id: cost for cost in evidence.costs}
        self._there: dict[str, set[Code]] = defaultdict(set)
        for cost in ours(evidence.costs, evidence.key, evidence.as_of):
            self._there[cost.origin_id] |= {code_of(self._names, line) for line in cost.lines}
        self._due: dict[str, set[Code]] = defaultdict(set)
        self._items: dict[tuple[str, str], list[Allocation]] = defaultdict(list)
        for item in evidence.items:
            self._items[item.document.txn_id, item.line.job_id].append(item)
            if not item.reason:
                self._due[evidence.origin(item)].add((item.cost_code, item.cost_type))

    def called(self, origin: str, code: Code) -> str:
        """Name the QuickBooks document of a direct cost, or the documents behind a total that differs at a code.

        One that the ledger does not know is named as Procore shows it.
        """
        txn_id, job_id = _parts(origin)
        if txn_id == OPENING:
            return f"Opening costs before {self._evidence.release.costs_from}"
        if txn_id == TOTAL:
            behind = self._behind(origin, code)
            return f"Total to date: {', '.join(behind)}" if behind else "Total to date"
        document = self._evidence.document(txn_id, job_id)
        if document:
            return described(document)
        cost = self._costs[origin]
        return f"{cost.description or cost.type} of {cost.date}"

    def _behind(self, origin: str, code: Code) -> list[str]:
        """Name what a total lacks or has too much of at a code.

        These are the documents of the days of which it holds something else, and the days of which nothing is left.
        """
        row = self._evidence.outbox.get(origin)
        cost_code = ".".join(part for part in code if part)
        days: dict[dt.date, Decimal] = defaultdict(lambda: ZERO)
        for day, named, amount in row.written.days if row and row.written and origin in self._costs else ():
            if named == cost_code and not (self._evidence.as_of and day > self._evidence.as_of):
                days[day] -= amount
        documents: dict[dt.date, dict[str, None]] = defaultdict(dict)
        for item in self._evidence.items:
            if (item.cost_code, item.cost_type) == code and self._evidence.origin(item) == origin:
                days[item.document.txn_date] += item.line.amount
                documents[item.document.txn_date][described(item.document)] = None
        told: list[str] = []
        for day in sorted(day for day, amount in days.items() if amount != ZERO):
            told += documents.get(day) or [f"nothing of {day} any more"]
        return told if len(told) <= MOST_NAMED else [*told[:MOST_NAMED], f"and {len(told) - MOST_NAMED} more"]

    def why(self, origin: str, code: Code, due: Decimal, procore: Decimal) -> str:
        """Say why a document's amount in Procore at one code is not what is `due` there, or what was left out."""
        if due == procore:
            return self._left_out(origin, code)
        if not self._there.get(origin):
            return f"missing in Procore: {self._missing(origin, code, due)}"
        if origin not in self._due:
            return f"extra in Procore: {self._elsewhere(origin)}; {self._pushed(origin, code, due)}"
        added = self._added(origin, code)
        if added and procore - added == due:
            return "changed: somebody added a line to it in Procore"
        return f"changed: {self._changed(origin, code)}; {self._pushed(origin, code, due)}"

    def _left_out(self, origin: str, code: Code) -> str:
        reasons = {item.reason for item in self._items[_parts(origin)] if (item.cost_code, item.cost_type) == code}
        return " and ".join(self._reason(reason) for reason in sorted(reasons) if reason)

    def _reason(self, reason: str) -> str:
        return {
            "unmapped": "unmapped, its account or item has no cost code",
            "ignored": "ignored by a person's decision",
            "skipped": "skipped, a bill on an exported order",
            "before": f"before the cut-off {self._evidence.release.costs_from}",
        }[reason]

    def _missing(self, origin: str, code: Code, due: Decimal) -> str:
        cost, as_of = self._costs.get(origin), self._evidence.as_of
        if cost and as_of and cost.date > as_of:
            return f"Procore dates it {cost.date}, after {as_of}"
        return self._pushed(origin, code, due)

    def _changed(self, origin: str, code: Code) -> str:
        if code not in self._due[origin]:
            return self._elsewhere(origin)
        if code not in self._there[origin]:
            other = self._there[origin] - self._due[origin]
            return f"Procore has it on {_listed(other)}" if other else "Procore lacks this line of it"
        return "the amounts differ"

    def _elsewhere(self, origin: str) -> str:
        """Say what became in QuickBooks of a cost that Procore has and the ledger does not want there."""
        known, (txn_id, job_id) = self._evidence, _parts(origin)
        if txn_id in (OPENING, TOTAL):
            return self._summed_elsewhere(origin)
        document = known.document(txn_id, job_id)
        if document is None:
            return "the ledger does not have it"
        if document.deleted and not known.stands(txn_id):
            return self._gone(document)
        if known.as_of and document.txn_date > known.as_of:
            return f"QuickBooks dates it {document.txn_date}, after {known.as_of}"
        if known.jobs.get(job_id) != known.choice.project_id:
            return "its job does not belong to this project now"
        items = self._items[txn_id, job_id]
        told = [self._reason(reason) for reason in sorted({item.reason for item in items}) if reason]
        mapped = {(item.cost_code, item.cost_type): known.origin(item) for item in items if not item.reason}
        here = {code for code, written in mapped.items() if written == origin}
        told += [f"QuickBooks has it on {_listed(here)}"] if here else []
        joined = "the total to date" if known.sink == "direct_costs_total" else "the opening costs"
        told += [f"it is part of {joined} now"] if len(here) < len(mapped) else []
        lines = [] if document.deleted else document.lines
        no_cost = sorted({line.account for line in lines if not line.counted})
        told += [f"not counted, because posted to {', '.join(no_cost)}, which is no cost"] if no_cost else []
        return " and ".join(told) or "QuickBooks has no amount of it on this job now"

    def _gone(self, document: CostDocument) -> str:
        if self._evidence.pending(document.txn_id):
            return "pending in QuickBooks now, so that it posts nothing yet"
        return "deleted in QuickBooks" if document.deletion_known else "gone from QuickBooks without a record of it"

    def _summed_elsewhere(self, origin: str) -> str:
        """Say the same of opening costs and of a total to date."""
        known, (txn_id, _) = self._evidence, _parts(origin)
        if origin in self._due:
            return "QuickBooks has none of it on this code now"
        when = f" before {known.release.costs_from}" if txn_id == OPENING else ""
        in_total = txn_id == OPENING and known.sink == "direct_costs_total"
        where = "part of the total to date" if in_total else "written by itself"
        return f"QuickBooks has none of it{when}, or each is {where} now"

    def _added(self, origin: str, code: Code) -> Decimal:
        """The sum of lines that people added to a direct cost of ours: they carry no key."""
        lines = self._costs[origin].lines
        return total(line.amount for line in lines if not line.origin_id and code_of(self._names, line) == code)

    def _pushed(self, origin: str, code: Code, due: Decimal) -> str:
        """Say what the outbox knows: refused, unsure, changed by somebody, or not pushed yet."""
        row = self._evidence.outbox.get(origin)
        here = row if row and row.project_id == self._evidence.choice.project_id else None
        if here and here.message:
            return here.message if UNCONFIRMED in here.message else f"Procore refused it: {here.message}"
        if here and here.in_flight:
            return "no answer came to its writing, and the next push looks it up"
        lines = here.written.lines if here and here.written else ()
        believed = total(line.amount for line in lines if code_of(self._names, line) == code)
        if believed == due:
            return self._meddled(origin, known=bool(lines))
        return "not pushed yet, because the brake holds" if self._evidence.brake else "not pushed yet"

    def _meddled(self, origin: str, *, known: bool) -> str:
        if not known:
            return "the bridge does not remember that it wrote it"
        return "somebody changed it in Procore" if self._there.get(origin) else "somebody deleted it in Procore"


def _parts(origin: str) -> tuple[str, str]:
    """TxnID (or the word for opening costs) and job ListID of a key."""
    _, _, txn_id, job_id = origin.split(":", 3)
    return txn_id, job_id


def _listed(codes: set[Code]) -> str:
    return ", ".join(".".join(part for part in code if part) for code in sorted(codes))
