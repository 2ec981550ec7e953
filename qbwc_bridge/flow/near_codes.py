"""Cost codes that look like a name of QuickBooks': by the code that it begins with, or by a name nearly alike."""

from collections import defaultdict
from collections.abc import Iterable

from qbwc_bridge.domain.names import Names, beginnings, compact, fold
from qbwc_bridge.domain.procore import CostCode, CostType
from qbwc_bridge.domain.txn_types import PAYROLL
from qbwc_bridge.flow.apart import Unmapped
from qbwc_bridge.flow.ledger import Ledger
from qbwc_bridge.ports import UnitOfWork

_TYPES_NAMED = {PAYROLL: "labor"}
"""Transaction types that are of one cost type by their nature, and how such a type is usually named."""


class NearCodes:
    """The cost codes of a connection, and which cost types stand beside them in the budgets of its projects."""

    def __init__(self, uow: UnitOfWork, ledger: Ledger) -> None:
        rows = uow.documents.find(connection_id=ledger.connection.id, kind="cost_code", gone=False)
        documents = [row.document for row in rows]
        self._known = {code.full_code: code.name for code in documents if isinstance(code, CostCode)}
        self._by_name = {text: code for code, name in self._known.items() for text in (name, f"{code} {name}")}
        self._names = Names(self._by_name)
        rows = uow.documents.find(connection_id=ledger.connection.id, kind="cost_type", gone=False)
        self._cost_types = [
            (row.document.code, row.document.name) for row in rows if isinstance(row.document, CostType)
        ]
        self._types: dict[tuple[int, str], set[str]] = defaultdict(set)
        for choice in ledger.linked:
            for code in choice.budget_codes:
                self._types[choice.project_id, code.cost_code].add(code.cost_type)

    def near(self, name: str) -> list[str]:
        """Codes with which a name's last part begins, the longest first, then those of a name nearly alike."""
        own = name.rpartition(":")[2]
        begins = beginnings(own)
        begun = sorted((code for code in self._known if begins & {fold(code), compact(code)}), key=len, reverse=True)
        alike = [self._by_name[text] for text in self._names.near(own)]
        return list(dict.fromkeys([*begun, *alike]))

    def for_costs(self, found: Unmapped) -> list[str]:
        """What costs without a code may be mapped to, the nearest first: with the types that the budgets have there.

        Empty where nothing is near: nobody guesses. An item or class may also have its code alone.
        """
        if found.kind == "type":
            return [each for each, name in self._cost_types if fold(name) == _TYPES_NAMED.get(found.name)]
        return [text for code in self._codes(found) for text in self._with_types(found, code)]

    def best(self, found: Unmapped) -> str:
        """The one to begin with: the nearest code, with its type where the budgets have one only; empty without any."""
        code = next(iter(self._codes(found)), "")
        fit = self._with_types(found, code) if code else []
        full = [text for text in fit if text != code]
        return full[0] if len(full) == 1 else code if code in fit else ""

    def _codes(self, found: Unmapped) -> list[str]:
        return list(dict.fromkeys([*sorted(found.known_codes), *self.near(found.name)]))

    def _with_types(self, found: Unmapped, code: str) -> list[str]:
        alone = [code] if found.kind != "account" and code not in found.known_codes else []
        return alone + [f"{code}.{each}" for each in sorted(self._types_of(code, found.projects))]

    def _types_of(self, code: str, projects: Iterable[int]) -> set[str]:
        return {each for project_id in projects for each in self._types.get((project_id, code), ())}
