"""The one place where the stand-in keeps its records, numbers them, stamps them and watches over their keys."""

from collections.abc import Callable
from datetime import datetime
from threading import RLock
from typing import Any, TypeVar

from qbwc_bridge.rehearsal.procore.problems import Invalid, forbidden, not_found
from qbwc_bridge.rehearsal.procore.records import CostType, Delivery, Hook, Project, Record, StandardCode, Vendor
from qbwc_bridge.rehearsal.procore.tools import Level, check_level, check_on

R = TypeVar("R", bound=Record)

FIRST_IDS = {
    "project": (2_783_683, 7),
    "vendor": (598_134_325_005_011, 13),
    "standard_cost_code": (11_793_951, 1),
    "cost_code": (971_232_362, 1),
    "line_item_type": (832_342, 1),
    "wbs_code": (2_147_483_640, 3),
    "budget_line": (34_827_797, 1),
    "budget_view": (1_412_907, 1),
    "budget_change": (88_120, 1),
    "adjustment": (4_294_967_290, 1),
    "budget_modification": (560_011, 1),
    "contract": (401_207, 5),
    "contract_line": (2_147_483_600, 11),
    "change_order": (9_620_411, 3),
    "commitment_change_order": (77_310_022, 9),
    "change_line": (6_210_000, 1),
    "prime_contract": (51_204, 1),
    "requisition": (2_147_483_645, 2),
    "requisition_item": (9_310_004_011, 1),
    "forecast": (771_003, 1),
    "forecast_item": (1_220_500, 1),
    "direct_cost": (3_000_000_017, 2),
    "cost_line": (7_205_759_403_001, 1),
    "hook": (61_204, 1),
    "trigger": (440_107, 1),
    "event": (5_982_324_300_946_918_154, 1),
}
"""First id and step per kind. Several lie above 2**31 or cross it on the way, as Procore's do."""

COST_CODE_LIST_ID = 184_747
COST_CODE_SEGMENT_ID = 22_859
COST_TYPE_SEGMENT_ID = 22_860
PATTERN_ID = 9_114
SERVICE_USER_ID = 4_398_046_511_107
"""The directory user that Procore makes for an application's service account."""

DEFAULT_BUDGET_COLUMNS = {
    "approved_changes": "Aproved Budget Changes",
    "revised": "Revised Budget",
    "committed": "Committed Costs",
    "direct_costs": "Direct Costs",
    "to_date": "Job to Date Costs",
}
"""Names that the customer gave the columns of the budget view; one is misspelt, as customers do."""


class State:
    """All records of one company. Every use, by HTTP or by hand, holds `lock`."""

    def __init__(self, *, now: Callable[[], datetime], company_id: int, company_name: str) -> None:
        self.now = now
        self.company_id = company_id
        self.company_name = company_name
        self.lock = RLock()
        self.projects: dict[int, Project] = {}
        self.vendors: dict[int, Vendor] = {}
        self.standard_codes: dict[int, StandardCode] = {}
        self.cost_types: dict[int, CostType] = {}
        self.budget_columns = dict(DEFAULT_BUDGET_COLUMNS)
        self.hooks: dict[int, Hook] = {}
        self.webhooks_permitted = True
        self.deliveries: list[Delivery] = []
        self.census: dict[tuple[str, int | None, int], Any] | None = None
        """What stood there when changes were last looked for; None while no hook asks."""
        self.levels: dict[str, Level] = {}
        """What the application may do with a tool of the company; Admin where nothing is said."""
        self._given: dict[str, int] = {}
        self._origins: dict[tuple[str, str], Record] = {}

    def stamp(self) -> datetime:
        """Give the present moment in whole seconds, the precision of Procore's own stamps."""
        return self.now().replace(microsecond=0)

    def new_id(self, kind: str) -> int:
        """Give the next id of a kind; the same story always gets the same ids."""
        first, step = FIRST_IDS[kind]
        given = self._given.get(kind, 0)
        self._given[kind] = given + 1
        return first + given * step

    def fresh(self, kind: str) -> dict[str, Any]:
        """Give the three fields every new record starts with."""
        moment = self.stamp()
        return {"id": self.new_id(kind), "created_at": moment, "updated_at": moment}

    def project(self, project_id: int) -> Project:
        """Find a project, or refuse: 404 if there is none, 403 if the application may not use it."""
        project = self.projects.get(project_id)
        if project is None:
            raise not_found()
        if not project.permitted:
            raise forbidden("You do not have permission to access this project")
        return project

    def check_project_tool(self, project: Project, tool: str, *, writes: bool) -> None:
        """Refuse a call of a project's tool that is off, or that the application may not use so (403)."""
        check_on(tool, off=tool in project.tools_off)
        check_level(tool, self.level(project, tool), writes=writes)

    def level(self, project: Project, tool: str) -> Level:
        """Give what the application may do with a tool of a project."""
        return project.levels.get(tool, "admin")

    def origins(self) -> list[tuple[str, str]]:
        """Give every key that stands in the company, with its object type."""
        return sorted(self._origins)

    def by_origin(self, object_type: str, origin_id: str) -> Record | None:
        """Find the record of a type that carries this key, anywhere in the company."""
        return self._origins.get((object_type, origin_id))

    def check_origin(self, object_type: str, origin_id: str | None, owner: Record | None) -> None:
        """Refuse a key that another record of the type has; keys are unique in the company, not in the project."""
        if origin_id is None:
            return
        holder = self._origins.get((object_type, origin_id))
        if holder is not None and holder is not owner:
            raise Invalid(origin_id="has already been taken")

    def keep(self, record: R) -> R:
        """Enter a new record's key into the index and give the record back."""
        if record.origin_id is not None:
            self.check_origin(record.object_type, record.origin_id, record)
            self._origins[record.object_type, record.origin_id] = record
        return record

    def change(self, record: Record, **values: object) -> bool:
        """Set fields of a record; say whether anything differed. Only a difference moves `updated_at`."""
        changed = {name: value for name, value in values.items() if getattr(record, name) != value}
        if not changed:
            return False
        if "origin_id" in changed:
            origin_id = changed["origin_id"]
            self.check_origin(record.object_type, None if origin_id is None else str(origin_id), record)
            self.forget_origin(record)
            if origin_id is not None:
                self._origins[record.object_type, str(origin_id)] = record
        for name, value in changed.items():
            setattr(record, name, value)
        record.updated_at = self.stamp()
        return True

    def forget_origin(self, record: Record) -> None:
        """Free the key of a record that goes away or gets another."""
        if record.origin_id is not None:
            self._origins.pop((record.object_type, record.origin_id), None)
