"""Why QuickBooks and Procore differ about one document: what its ledger, the outbox and Procore say of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbwc_bridge.domain.books import CostDocument, WriteBack
from qbwc_bridge.domain.costs import OPENING, Allocation, origin_id
from qbwc_bridge.domain.money import total
from qbwc_bridge.domain.procore import DirectCost
from qbwc_bridge.domain.records import ProjectChoice, ReleaseChoice
from qbwc_bridge.flow.planned import Code
from qbwc_bridge.flow.proof import code_names, code_of, described, ours
from qbwc_bridge.flow.writeback import UNCONFIRMED


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
    brake: str = ""
    as_of: dt.date | None = None


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
                self._due[origin_id(item, evidence.key, evidence.release)].add((item.cost_code, item.cost_type))

    def called(self, origin: str) -> str:
        """Name the QuickBooks document of a direct cost; one that the ledger does not know, as Procore shows it."""
        txn_id, job_id = _parts(origin)
        if txn_id == OPENING:
            return f"Opening costs before {self._evidence.release.costs_from}"
        document = self._evidence.document(txn_id, job_id)
        if document:
            return described(document)
        cost = self._costs[origin]
        return f"{cost.description or cost.type} of {cost.date}"

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
        if txn_id == OPENING:
            return f"QuickBooks has none of it before {known.release.costs_from}, or each is written by itself now"
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
        mapped = {
            (item.cost_code, item.cost_type): origin_id(item, known.key, known.release)
            for item in items
            if not item.reason
        }
        here = {code for code, written in mapped.items() if written == origin}
        told += [f"QuickBooks has it on {_listed(here)}"] if here else []
        told += ["it is part of the opening costs now"] if len(here) < len(mapped) else []
        lines = [] if document.deleted else document.lines
        no_cost = sorted({line.account for line in lines if not line.counted})
        told += [f"not counted, because posted to {', '.join(no_cost)}, which is no cost"] if no_cost else []
        return " and ".join(told) or "QuickBooks has no amount of it on this job now"

    def _gone(self, document: CostDocument) -> str:
        if self._evidence.pending(document.txn_id):
            return "pending in QuickBooks now, so that it posts nothing yet"
        return "deleted in QuickBooks" if document.deletion_known else "gone from QuickBooks without a record of it"

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
