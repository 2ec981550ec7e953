"""What administrators do in Procore: tools, permissions of the application, tiers, budget views, codes of one project.

Ids and refusals as in `office`.
"""

from qbwc_bridge.rehearsal.procore import wbs
from qbwc_bridge.rehearsal.procore.billing import Billing
from qbwc_bridge.rehearsal.procore.records import BudgetView
from qbwc_bridge.rehearsal.procore.tools import LEVELS, NEVER_OFF, PROJECT_TOOLS, Level


class Administration(Billing):
    """The people's side of one company, with what its administrators set."""

    def switch_tool(self, project_id: int, tool: str, *, on: bool) -> None:
        """Switch a tool of a project on or off."""
        if tool not in PROJECT_TOOLS or tool in NEVER_OFF:
            raise ValueError(f"{tool} is no tool that can be switched off")
        with self._desk() as state:
            project = self._project(project_id)
            off = project.tools_off - {tool} if on else project.tools_off | {tool}
            state.change(project, tools_off=off)

    def permit(self, tool: str, level: Level, *, project_id: int | None = None) -> None:
        """Set what the application may do with a tool: in one project, or with the company's own tool."""
        if level not in LEVELS:
            raise ValueError(f"{level} is no level of permission")
        with self._desk() as state:
            if project_id is None:
                state.levels[tool] = level
            else:
                project = self._project(project_id)
                state.change(project, levels={**project.levels, tool: level})

    def set_tiers(self, project_id: int, tiers: int) -> None:
        """Choose how many tiers the change orders of a project's commitments have, 1 to 3."""
        if tiers not in (1, 2, 3):
            raise ValueError("change orders have one, two or three tiers")
        with self._desk() as state:
            state.change(self._project(project_id), tiers=tiers)

    def set_budget_views(self, project_id: int, *names: str) -> list[int]:
        """Assign budget views to a project, in place of those it has; gives their ids."""
        with self._desk() as state:
            views = [BudgetView(id=state.new_id("budget_view"), name=name) for name in names]
            state.change(self._project(project_id), views=views)
            return [view.id for view in views]

    def add_project_cost_code(self, project_id: int, full_code: str, name: str) -> int:
        """Add a cost code to one project alone, below a division that it has; gives its id."""
        with self._desk() as state:
            return wbs.own_code(state, self._project(project_id), full_code, name).id

    def set_cost_code(self, full_code: str, *, origin_id: str | None) -> None:
        """Let another integration put its key on a standard cost code, or take it away."""
        with self._desk() as state:
            found = next((code for code in state.standard_codes.values() if code.full_code == full_code), None)
            if found is None:
                raise ValueError(f"there is no standard cost code {full_code}")
            state.change(found, origin_id=origin_id)

    def keys(self) -> dict[str, list[str]]:
        """Every key that stands in the company, by object type."""
        with self._desk() as state:
            found: dict[str, list[str]] = {}
            for kind, origin_id in state.origins():
                found.setdefault(kind, []).append(origin_id)
            return found
