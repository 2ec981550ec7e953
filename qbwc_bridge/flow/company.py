"""Which company is open in QuickBooks, and whether it is the one that this connection is bound to (promise 2)."""

from dataclasses import replace

from qbwc_bridge.domain.company import Company
from qbwc_bridge.domain.names import fold
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.replies import CompanyRet, HostRet, PreferencesRet
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.flow.scene import Scene
from qbwc_bridge.qbxml.requests import negotiate

WRONG = "Another QuickBooks company"
UNCONFIRMED = "A QuickBooks company waits to be confirmed"
CURRENCIES = "A company with multi-currency"
UNTOLD = (
    "QuickBooks does not tell the preferences of the company, which may use several currencies: nothing is written. In "
    "QuickBooks an administrator allows the user that the Web Connector signs in as to read the preferences."
)
TOO_OLD = "This QuickBooks understands qbXML only up to"
"""First words of the alarms that end by themselves when the right company visits."""


def identify(
    scene: Scene,
    host: HostRet | None,
    company: CompanyRet | None,
    preferences: PreferencesRet | None,
    *,
    owner_id: str,
    asked: bool = False,
) -> bool:
    """Take in the replies of the first call; gives whether they were enough to know the company.

    Sets the visit's `facts_read` and `writes_allowed` and the connection's alarm. Told again in a visit that goes on,
    they can take the leave to write away, but not give it. Preferences that are missing must be `asked` for; then those
    that the same file had before hold, because a user may have no right to read them.
    """
    if host is None or company is None or not (preferences or asked):
        return False
    connection, visit, before = scene.connection, scene.visit, scene.connection.company
    may_write = visit.writes_allowed or not visit.facts_read
    facts = Company(
        name=company.company_name or company.legal_name,
        file_id=company.file_id(owner_id),
        product=host.product_name,
        country=host.country,
        accountant_copy=company.accountant_copy,
        dividing_date=company.dividing_date,
        file_path=connection.company.file_path,
    )
    told: PreferencesRet | Company | None = preferences or (before if _same_file(facts, before) else None)
    if told:
        facts = replace(
            facts,
            uses_estimates=told.uses_estimates,
            uses_purchase_orders=told.uses_purchase_orders,
            uses_classes=told.uses_classes,
            multi_currency=told.multi_currency,
            closing_date=told.closing_date,
            report_basis=told.report_basis,
        )
    problem = "" if told else UNTOLD
    try:
        facts = replace(facts, qbxml_version=negotiate(host.supported_versions, below=visit.refused_version))
    except QuickBooksError as error:
        problem = str(error)
    connection.company = facts
    visit.facts_read = True
    if facts != before:
        connection.unsettled = "lists"
    if not connection.bound_name and _may_bind(connection):
        bind(connection)
    problem = problem or _stranger(connection)
    if connection.bound_name and _another_file(connection):
        # What the bound company prefers decides about its records, whoever else visits.
        connection.company = replace(
            facts,
            uses_estimates=before.uses_estimates,
            uses_purchase_orders=before.uses_purchase_orders,
            multi_currency=before.multi_currency,
            closing_date=before.closing_date,
        )
    if problem:
        connection.alarm = problem
    elif connection.alarm.startswith((WRONG, UNCONFIRMED, CURRENCIES, UNTOLD, TOO_OLD)):
        connection.alarm = ""
    visit.writes_allowed = may_write and not connection.alarm
    if connection.alarm:
        visit.last_error = connection.alarm
    return True


def bind(connection: Connection) -> None:
    """Bind a connection to the company that last visited; alarms end, and everything is read anew from this file."""
    connection.bound_name, connection.bound_file_id = connection.company.name, connection.company.file_id
    connection.alarm = connection.newest_write = ""
    read_anew(connection)


def read_anew(connection: Connection) -> None:
    """Forget how far QuickBooks was read: lists, orders and costs are read from their beginning."""
    connection.lists_modified = connection.orders_modified = None
    connection.costs_modified, connection.doubted = {}, {}
    connection.deletions_seen = connection.costs_whole_at = connection.payroll_seen = connection.controlled_at = None
    connection.lists_whole_at = connection.list_deletions_seen = connection.order_deletions_seen = None


def readable(connection: Connection) -> bool:
    """Whether the company of this visit is the bound one, so that its lists may be read."""
    return bool(connection.bound_name) and not _stranger(connection)


def _may_bind(connection: Connection) -> bool:
    expected = connection.company_name
    return bool(expected) and fold(expected) == fold(connection.company.name) and _our_file(connection)


def _our_file(connection: Connection) -> bool:
    return connection.company.file_id in ("", connection.file_id)


def _same_file(one: Company, other: Company) -> bool:
    return (fold(one.name), one.file_id) == (fold(other.name), other.file_id)


def _another_file(connection: Connection) -> bool:
    facts = connection.company
    return fold(facts.name) != fold(connection.bound_name) or facts.file_id != connection.bound_file_id


def _stranger(connection: Connection) -> str:
    facts = connection.company
    called = facts.name or "without a name"
    if facts.multi_currency:
        return f"{CURRENCIES} is open: {called}. This bridge cannot serve it, and nothing is read or written."
    if not connection.bound_name:
        if connection.company_name and fold(connection.company_name) != fold(facts.name):
            return f"{WRONG} is open: {called}, expected {connection.company_name}. Nothing is read or written."
        return f"{UNCONFIRMED}: {called}. An admin runs connection confirm {connection.name} if it is the right one."
    if fold(facts.name) != fold(connection.bound_name):
        return f"{WRONG} is open: {called}, expected {connection.bound_name}. Nothing is read or written."
    if facts.file_id != connection.bound_file_id:
        return (
            f"{WRONG} is open: {called} has the name of the bound one, but is another file. Nothing is read or "
            f"written. If it is the right one, an admin runs connection confirm {connection.name}."
        )
    return ""
