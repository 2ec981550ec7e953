"""Reading of Procore, portion by portion: only what changed where a list tells it, full lists where all is compared."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from qbwc_bridge.domain.procore import Budget, BudgetCode, ChangeOrder, Commitment, Document
from qbwc_bridge.domain.procore_billing import Billing
from qbwc_bridge.domain.reading import (
    BUDGET_CHANGES,
    CHANGE_ORDERS,
    CODES,
    COST_TYPES,
    LOCK,
    ORDERS,
    PRIME_CONTRACTS,
    PROJECTS,
    ROWS,
    SUBCONTRACTS,
    VENDORS,
    Changed,
    CodeBook,
    CompanyState,
    ContractKind,
    Known,
    ProjectState,
)
from qbwc_bridge.domain.records import DocumentRow, ProjectChoice
from qbwc_bridge.domain.shown import BUDGET, Notices
from qbwc_bridge.errors import BadRecord, ProcoreError
from qbwc_bridge.flow.intake import Part, Portion, told_by
from qbwc_bridge.ports import Procore, UnitOfWork

PASSING = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals of the moment, not of a tool: what they stopped is read again with the next pull."""

OVERLAP = dt.timedelta(minutes=10)
"""By how much a range begins before the greatest moment seen: a record may show up late in its list."""

PORTION = 50
"""Commitments or change orders that are read before they are kept, with a call or two for each."""

_OF_BUDGET = frozenset({LOCK, ROWS, BUDGET_CHANGES})
"""What a budget is made of: it is kept whole or not at all."""

_SINGLE = (CODES, LOCK, ROWS, BUDGET_CHANGES, PRIME_CONTRACTS)
"""What is read at once; contracts and change orders follow in portions."""


def passes(problem: ProcoreError) -> bool:
    """Whether a failure is one of the moment, which stops the whole reading and not only what was asked for."""
    return problem.is_outage or problem.status in PASSING


def read_company(
    procore: Procore, state: CompanyState, kinds: Iterable[str], began: dt.datetime, *, whole: bool
) -> Portion:
    """Read lists of the company; raises ProcoreError."""
    portion = Portion(0, began, whole=whole)
    for kind in kinds:
        found: Changed[Any]
        since = None
        if kind == VENDORS:
            since = None if whole else _since(state.newest.get(kind))
            found = procore.vendors(Known(since))
        elif kind == PROJECTS:
            found = procore.projects()
        elif kind == COST_TYPES:
            found = procore.cost_types()
        else:
            lists = procore.code_lists() if whole or not state.code_lists else state.code_lists
            portion.code_lists, found = lists, procore.cost_codes(lists)
        portion.parts[kind] = _part(found, since)
    return portion


@dataclass(slots=True)
class Before:
    """What is known of a project before it is read."""

    project_id: int
    state: ProjectState
    codes: list[BudgetCode]
    rows: list[DocumentRow]

    def one(self, kind: str) -> Any:
        """Give the document of which a project has one; None before its first reading."""
        return next((row.document for row in self.rows if row.kind == kind and not row.gone), None)

    def stamps(self, kind: str) -> dict[int, str]:
        """Give what a list said of the documents that it tells of and that are not gone."""
        return {int(row.key): row.stamp for row in self.rows if not row.gone and told_by(kind, row)}


def before(uow: UnitOfWork, connection_id: int, project_id: int) -> Before:
    """Look up what is known of a project."""
    choice: ProjectChoice | None = uow.projects.first(connection_id=connection_id, project_id=project_id)
    rows = uow.documents.find(connection_id=connection_id, project_id=project_id)
    state, codes = (choice.reading, choice.budget_codes) if choice else (ProjectState(), [])
    return Before(project_id, state, codes, rows)


@dataclass(slots=True)
class ProjectReader:
    """Reads one project once.

    `whole` compares full lists; `closely` reads budget changes line by line, whatever their list says; `anew` reads
    every commitment and change order, whatever theirs say.
    """

    procore: Procore
    known: Before
    began: dt.datetime
    whole: bool = False
    closely: bool = False
    anew: bool = False
    book: CodeBook = field(init=False)
    contracts: dict[int, ContractKind] = field(init=False)
    _rows: dict[int, DocumentRow] = field(init=False)
    """Commitments as they were kept before, by id."""
    reading: str = field(init=False, default="")
    """The kind that is being read: what a refusal tells of."""
    _notices: dict[str, str] = field(init=False, default_factory=dict)
    """What was shown only in part so far."""
    _read: set[int] = field(init=False, default_factory=set)
    """Commitments that were read anew."""

    def __post_init__(self) -> None:
        self.book = self.procore.code_book(self.known.project_id, self.known.codes)
        self.contracts = _primes(self.known.one("billing"))
        self._rows = {int(row.key): row for row in self.known.rows if row.kind == "commitment" and not row.gone}
        self._learn(row.document for row in self._rows.values())
        self._read.clear()

    def read(self, kinds: Iterable[str]) -> Iterator[Portion]:
        """Read kinds of the project, one portion after the other; raises ProcoreError."""
        wanted = set(kinds)
        yield self._single(wanted)
        for kind in (ORDERS, SUBCONTRACTS):
            if kind in wanted:
                yield from self._in_portions(kind)
        if CHANGE_ORDERS in wanted:
            owners: set[int] = set()
            for portion in self._in_portions(CHANGE_ORDERS):
                owners |= self._owners(portion.parts[CHANGE_ORDERS])
                yield portion
            if not owners <= self.contracts.keys():
                # The commitment came after its list was read last: without it the change order would wait in vain.
                for kind in sorted({ORDERS, SUBCONTRACTS} - wanted):
                    yield from self._in_portions(kind)
            yield from self._with_new_sums(owners)
        yield Portion(self.known.project_id, self.began, codes=self.book.active, whole=self.whole)

    def _owners(self, part: Part) -> set[int]:
        """Give the commitments whose change orders changed, those that were deleted included."""
        gone = [row.document for row in self.known.rows if row.key in part.gone and not row.gone]
        return {each.commitment_id for each in (*part.documents, *gone) if isinstance(each, ChangeOrder)}

    def _with_new_sums(self, owners: Iterable[int]) -> Iterator[Portion]:
        """Read again what changed only in its revised sum: whether its list shows that as a change is not told."""
        for commitment_id in sorted(owners):
            row = self._rows.get(commitment_id)
            if row is None or not isinstance(row.document, Commitment) or commitment_id in self._read:
                continue
            subcontract = row.document.subcontract
            self.reading = SUBCONTRACTS if subcontract else ORDERS
            part = Part(stamps={row.key: row.stamp}, done=False)
            try:
                found = self.procore.commitment(
                    self.known.project_id, commitment_id, self.book, subcontract=subcontract
                )
                part.documents = [found] if found is not None else []
            except BadRecord as problem:
                part.left_out = {row.key: str(problem)}
            yield Portion(self.known.project_id, self.began, {self.reading: part})

    def _single(self, wanted: set[str]) -> Portion:
        """Read what budget and billing are made of; a budget with a record that makes no sense stays as it was."""
        project_id = self.known.project_id
        portion = Portion(project_id, self.began)
        billing: Billing = self.known.one("billing") or Billing(project_id)
        through = {CODES, PRIME_CONTRACTS} & wanted
        if CODES in wanted:
            self.reading = CODES
            portion.codes = self.book.read()
        if wanted & _OF_BUDGET:
            try:
                budget, billing, portion.view_id = self._budget(wanted, billing)
            except BadRecord as problem:
                self._note({BUDGET: f"The budget stays as it was read last: {problem}"})
            else:
                through |= _OF_BUDGET & wanted
                portion.documents.append(budget)
                self._note({BUDGET: ""} if wanted >= _OF_BUDGET else {})
        if PRIME_CONTRACTS in wanted:
            self.reading = PRIME_CONTRACTS
            billing = self._with_contracts(billing)
            self._note({PRIME_CONTRACTS: " ".join(billing.refused)})
            self.contracts |= _primes(billing)
        portion.documents += [billing] if through & {ROWS, PRIME_CONTRACTS} else []
        portion.parts |= {kind: Part() for kind in _SINGLE if kind in through}
        portion.notices = self._notices
        return portion

    def _budget(self, wanted: set[str], billing: Billing) -> tuple[Budget, Billing, int | None]:
        """Read of the budget what is wanted; one that was locked meanwhile brings rows and changes.

        Gives it with the billing, which has its forecasts, and the view that was used.
        """
        procore, project_id = self.procore, self.known.project_id
        budget: Budget = self.known.one("budget") or Budget(project_id, locked=False, rows=())
        view_id = None
        if LOCK in wanted:
            self.reading = LOCK
            locked = procore.locked(project_id)
            wanted |= {ROWS, BUDGET_CHANGES} if locked and not budget.locked else set()
            budget = replace(budget, locked=locked)
        if ROWS in wanted:
            self.reading = ROWS
            used = None if self.whole else self.known.state.view_id
            read = procore.budget_rows(project_id, self.book, used, billing.forecasts or ())
            budget = replace(budget, rows=read.rows, unbudgeted=read.unbudgeted)
            billing = replace(billing, forecasts=read.forecasts)
            view_id = read.view_id
            self._note(read.notices)
        if BUDGET_CHANGES in wanted:
            self.reading = BUDGET_CHANGES
            known = () if self.closely else budget.changes
            budget = replace(budget, changes=tuple(procore.budget_changes(project_id, known)))
        return budget, billing, view_id

    def _with_contracts(self, billing: Billing) -> Billing:
        """Read what only the work-in-progress schedule needs: what Procore refuses of it holds nothing else up."""
        try:
            return replace(billing, contracts=tuple(self.procore.prime_contracts(billing.project_id)), refused=())
        except ProcoreError as problem:
            if passes(problem):
                raise
            return replace(billing, contracts=None, refused=(str(problem),))

    def _in_portions(self, kind: str) -> Iterator[Portion]:
        """Read commitments or change orders, so many at a time."""
        self.reading = kind
        state = self.known.state
        since = None if self.whole else _since(state.newest.get(kind))
        stamps: dict[int, str] = {}
        if kind == CHANGE_ORDERS and not self.whole:
            stamps = {int(key): stamp for key, stamp in state.aside.items()}
        stamps |= {} if self.anew else self.known.stamps(kind)
        done: frozenset[int] = frozenset()
        left_out: dict[str, str] = {}
        left = True
        while left:
            changed = self._ask(kind, Known(since, stamps, done, PORTION))
            self._learn(changed.found)
            self._note(changed.notices)
            done, left = done | changed.tried, changed.left > 0
            aside = {str(key): stamp for key, stamp in changed.aside.items()}
            part = _part(changed, since)
            left_out |= part.left_out
            part.left_out = dict(left_out)
            yield Portion(self.known.project_id, self.began, {kind: part}, aside=aside, notices=self._notices)

    def _ask(self, kind: str, known: Known) -> Changed[Any]:
        project_id = self.known.project_id
        if kind == CHANGE_ORDERS:
            return self.procore.change_orders(project_id, known, self.book, self.contracts)
        ask = self.procore.purchase_orders if kind == ORDERS else self.procore.subcontracts
        return ask(project_id, known, self.book)

    def _note(self, notices: Notices) -> None:
        """Take what was told; what one portion showed wholly takes nothing away that another one lacked."""
        self._notices |= {about: told or self._notices.get(about, "") for about, told in notices.items()}

    def _learn(self, documents: Iterable[Document]) -> None:
        """Remember how the change orders of commitments are counted."""
        for each in documents:
            if isinstance(each, Commitment):
                self._read.add(each.id)
                self.contracts[each.id] = "unit" if each.unit_based else "amount"


def _primes(billing: Billing | None) -> dict[int, ContractKind]:
    return {each.id: "prime" for each in (billing.contracts if billing else None) or ()}


def _since(newest: dt.datetime | None) -> dt.datetime | None:
    return None if newest is None else newest - OVERLAP


def _part(changed: Changed[Any], since: dt.datetime | None) -> Part:
    return Part(
        changed.found,
        listed=frozenset(map(str, changed.listed)) if since is None else None,
        gone=frozenset(map(str, changed.gone)),
        stamps={str(key): stamp for key, stamp in changed.stamps.items()},
        newest=changed.newest,
        left=changed.left,
        left_out={str(key): why for key, why in changed.left_out.items()},
        done=not changed.left,
    )
