"""What a connection has chosen, with the bridge's defaults: accounts, policies, time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from qbwc_bridge.domain.costs import Sink
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection


@dataclass(frozen=True, slots=True)
class Options:
    """The choices that the stations obey (settings of one connection, see docs/settings.md)."""

    income_account: str = ""
    expense_account: str = ""
    default_customer: str = ""
    item_policy: str = "code_and_type"
    default_cost_type: str = ""
    amount_lines: str = "amount_as_quantity"
    change_lines: str = "new_line"
    estimates: bool = True
    time_zone: str = "UTC"
    direct_export: frozenset[str] = frozenset()
    costs_every_seconds: int = 7200
    retainage_accounts: frozenset[str] = frozenset()
    """Folded FullNames; empty: accounts are known by their names."""
    write_keys: bool = False
    """WRITE_KEYS_TO_PROCORE."""
    actuals_sink: Sink = "direct_costs"

    @property
    def amount_as_quantity(self) -> bool:
        """Amount lines carry the amount as quantity at rate 1."""
        return self.amount_lines == "amount_as_quantity"

    @property
    def by_type(self) -> bool:
        """Items are made per cost code and cost type."""
        return self.item_policy == "code_and_type"

    @property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def known_zone(self) -> ZoneInfo | None:
        """The same, or None for UTC: so a server says that has none of its own, and no office's clock shows it."""
        return None if self.time_zone in ("UTC", "Etc/UTC") else self.zone


def options(connection: Connection, defaults: Mapping[str, str]) -> Options:
    """Join a connection's own settings over the bridge's defaults; keys are lower-case setting names."""
    chosen = {**defaults, **{key: value for key, value in connection.settings.items() if value != ""}}
    return Options(
        income_account=chosen.get("income_account", ""),
        expense_account=chosen.get("expense_account", ""),
        default_customer=chosen.get("default_customer", ""),
        item_policy=chosen.get("item_policy", "code_and_type"),
        default_cost_type=chosen.get("default_cost_type", ""),
        amount_lines=chosen.get("amount_lines", "amount_as_quantity"),
        change_lines=chosen.get("change_lines", "new_line"),
        estimates=chosen.get("estimates", "true").lower() == "true",
        time_zone=chosen.get("time_zone") or "UTC",
        direct_export=frozenset(kind for kind in chosen.get("direct_export", "").split(",") if kind),
        actuals_sink="direct_costs_total" if chosen.get("actuals_sink") == "direct_costs_total" else "direct_costs",
        write_keys=chosen.get("write_keys_to_procore", "false").lower() == "true",
        costs_every_seconds=int(chosen.get("costs_every_seconds", "7200")),
        retainage_accounts=frozenset(fold(name) for name in chosen.get("retainage_accounts", "").split(",") if name),
    )
