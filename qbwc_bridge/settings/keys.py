"""Every setting with type, default and help, in one class."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from qbwc_bridge.settings.machine import default_data_dir, machine_zone
from qbwc_bridge.settings.values import (
    DAY,
    Address,
    Clock,
    Count,
    DatabaseUrl,
    Folder,
    Line,
    Listen,
    MailAddress,
    MailAddresses,
    Networks,
    ProcoreAddress,
    SchemaFolder,
    Secret,
    SmtpUrl,
    TimeOfDay,
    Token,
    Zone,
    as_text,
    listen_address,
)

YEAR_OF_DAYS = 366
MIB = 1024 * 1024


def _own(default: Any, text: str) -> Any:
    """A setting whose value here is a default that `connection set` overrides for one connection."""
    return Field(default, description=text, json_schema_extra={"connection": True})


class Settings(BaseModel):
    """Every setting with type, default and help; made by `load_settings`, which alone reads environment and file."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    data_dir: Path = Field(default_factory=lambda: default_data_dir(os.environ), description="folder of all data")
    database_url: DatabaseUrl | None = Field(None, description="database; an SQLite file in the data directory")
    listen: Listen = Field("127.0.0.1:8085,[::1]:8085", description="addresses; .NET tries ::1 first for localhost")
    public_url: Address = Field("http://localhost:8085", description="the server's address as others reach it")
    secret_key_file: Path | None = Field(
        None, description="key that encrypts secrets; secret.key in the data directory"
    )
    procore_login_url: ProcoreAddress = _own("https://login.procore.com", "where Procore gives tokens")
    procore_api_url: ProcoreAddress = _own("https://api.procore.com", "where Procore's API answers")
    pull_every_seconds: Clock = _own(900, "how often Procore is read, what changed of it; 0 switches this clock off")
    push_every_seconds: Clock = _own(900, "how often costs are written to Procore; 0 switches this clock off")
    costs_every_seconds: Clock = _own(7200, "how often job costs are read from QuickBooks; 0 switches this clock off")
    visit_every_minutes: Annotated[Count, Field(ge=1, le=1440)] = _own(15, "how often the Web Connector shall visit")
    max_soap_bytes: Annotated[Count, Field(ge=MIB, le=1024 * MIB)] = Field(
        128 * MIB, description="largest SOAP request"
    )
    session_lease_seconds: Annotated[Count, Field(ge=1, le=DAY)] = Field(
        600, description="how long a silent visit keeps its place while a request is out; a fifth of it otherwise"
    )
    keep_qbxml_days: Annotated[Count, Field(ge=1, le=10 * YEAR_OF_DAYS)] = Field(90, description="raw qbXML is kept")
    keep_history_days: Annotated[Count, Field(ge=1, le=50 * YEAR_OF_DAYS)] = Field(3650, description="history is kept")
    smtp_url: SmtpUrl | None = Field(None, description="mail server; no mail until it is set")
    mail_from: MailAddress = Field("", description="mail address that mail comes from")
    mail_to: MailAddresses = _own("", "mail addresses of the office")
    daily_mail_at: TimeOfDay = _own("07:00", "when the daily summary is mailed, in the office's time zone")
    time_zone: Zone = _own("", "the office's time zone; the machine's by default")
    silence_alarm_hours: Annotated[Count, Field(ge=1, le=YEAR_OF_DAYS * 24)] = _own(4, "silence that raises an alarm")
    approver: MailAddresses = _own("", "mail address of whoever accepts")
    deputy: MailAddresses = _own("", "mail address of whoever accepts when the approver does not")
    escalate_after_days: Annotated[Count, Field(ge=1, le=YEAR_OF_DAYS)] = _own(
        3, "days that something waits before the deputy is told"
    )
    qbxml_schema_dir: SchemaFolder | None = Field(
        None, description="Intuit's schemas; requests are checked against them"
    )
    templates_dir: Folder | None = Field(None, description="templates that replace shipped ones of the same name")
    write_keys_to_procore: bool = _own(default=False, text="store QuickBooks ids in Procore's origin_id fields")
    item_policy: Literal["code_and_type", "code"] = _own("code_and_type", "items per cost code and cost type, or code")
    default_cost_type: Line = _own("", "cost type of costs that nothing else gives one")
    amount_lines: Literal["amount_as_quantity", "one"] = _own("amount_as_quantity", "how amount lines are ordered")
    estimates: bool = _own(default=True, text="budgets become estimates")
    change_lines: Literal["new_line", "linked_line"] = _own("new_line", "what a change order's addition does")
    retainage_accounts: Line = _own("", "accounts that hold retainage, by full name, separated by commas")
    actuals_sink: Literal["direct_costs", "direct_costs_total"] = _own("direct_costs", "how costs stand in Procore")
    metrics_token: Token | None = Field(None, description="lets a monitor read /metrics from elsewhere")
    trusted_proxies: Networks = Field("", description="proxies whose forwarding headers are believed")
    procore_client_secret: Secret | None = Field(None, description="read by connection add only")
    test_data: Path | None = Field(None, description="read by tests only")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    log_json: bool = Field(default=False, description="one JSON object per log line")

    def model_post_init(self, _context: object) -> None:
        """Fill in the machine's time zone where none was given."""
        if not self.time_zone:
            object.__setattr__(self, "time_zone", machine_zone(os.environ))

    def secret_key_path(self) -> Path:
        """Give the key file, made by whoever needs it first."""
        return self.secret_key_file or self.data_dir / "secret.key"

    def database_address(self) -> str:
        """Give the database's address; it may hold a password."""
        return self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.data_dir / 'bridge.db'}"

    def listen_addresses(self) -> list[tuple[str, int]]:
        """Give (address, port) pairs, IPv6 addresses without brackets."""
        return [listen_address(part) for part in self.listen.split(",")]

    def connection_defaults(self) -> dict[str, str]:
        """Give the settings that a connection may override, as texts by lower-case key."""
        return {key: as_text(getattr(self, key)) for key in CONNECTION_DEFAULTS}


CONNECTION_DEFAULTS = tuple(
    key for key, field in Settings.model_fields.items() if field.json_schema_extra == {"connection": True}
)
"""Settings that `connection set` overrides."""

SECRETS = tuple(key for key, field in Settings.model_fields.items() if "SecretStr" in repr(field.annotation))
"""Keys whose value is shown nowhere, and may stand in a file of its own."""
