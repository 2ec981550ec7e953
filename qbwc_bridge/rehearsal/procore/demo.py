"""A contractor's company with content, for the demonstration: "Bluestone Development LLC"."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from qbwc_bridge.rehearsal.procore.company import Procore
from qbwc_bridge.rehearsal.procore.views import CommitmentLine

COST_TYPES = (
    ("L", "Labor", "other"),
    ("M", "Materials", "materials"),
    ("S", "Subcontract", "commitment"),
    ("E", "Equipment", "equipment"),
    ("O", "Other", "other"),
)
COST_CODES = (
    ("01-310", "Project Management and Coordination"),
    ("01-500", "Temporary Facilities"),
    ("01-.74.10-", "Progress Cleaning"),
    ("03-300", "Cast-in-Place Concrete"),
    ("05-120", "Structural Steel"),
    ("06-100", "Rough Carpentry"),
    ("08-110", "Doors & Frames"),
    ("09-250", "Gypsum Board"),
    ("09-900", "Painting"),
    ("16-100", "Low Voltage Wiring"),
    ("26-050", "Basic Electrical Materials and Methods"),
    ("31-200", "Grading"),
)
# Typographic quotes and dashes stand here on purpose: real names have them, and they must survive the whole way.
IRONWORKS = "Señor Peña’s Ironworks – Fabrication & Erection Company"  # noqa: RUF001
STEEL_TITLE = "Structural steel – fabricate “and” erect"  # noqa: RUF001
VENDORS = (
    ("Pacific Drywall", "4410 Harbor Way", "Oakland", "CA", "94607"),
    ("Smith & Sons", "18 Mill Lane", "Fresno", "CA", "93701"),
    ("Delta Grading", "2250 Levee Rd", "Stockton", "CA", "95206"),
    ("Cedar Ridge Electric", "77 Cedar Ridge Dr", "Reno", "NV", "89502"),
    (IRONWORKS, "901 Foundry St", "Las Cruces", "NM", "88001"),
    ("Northside Rentals", "600 North Ave", "Oakland", "CA", "94609"),
)
BUDGET_CODES = (
    "01-310.L",
    "01-310.O",
    "01-500.E",
    "01-.74.10-.L",
    "03-300.M",
    "03-300.S",
    "05-120.S",
    "06-100.L",
    "06-100.M",
    "08-110.M",
    "09-250.M",
    "09-250.S",
    "26-050.M",
    "26-050.S",
    "31-200.S",
)
CONTRACT_AGE_DAYS = 21
"""How long before today the contracts of the demonstration are dated."""


class _Amounts:
    """Amounts by chance but the same for the same seed, in whole cents."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def between(self, low: int, high: int) -> Decimal:
        """Give an amount from `low` to `high` US dollars."""
        return Decimal(self._random.randrange(low * 100, high * 100 + 1)).scaleb(-2)

    def whole(self, low: int, high: int) -> int:
        """Give a whole number, both ends included."""
        return self._random.randint(low, high)


def demo_company(now: Callable[[], datetime], *, seed: int = 0) -> Procore:
    """Make the company of the demonstration; the same seed gives the same amounts and ids."""
    procore, amounts = Procore(now=now), _Amounts(seed)
    for code, name, base_type in COST_TYPES:
        procore.add_cost_type(code, name, base_type)
    for full_code, name in COST_CODES:
        procore.add_cost_code(full_code, name)
    vendors = {
        name: procore.add_vendor(name, address=street, city=city, state_code=state, zip=zip_code)
        for name, street, city, state, zip_code in VENDORS
    }
    dated = (now() - timedelta(days=CONTRACT_AGE_DAYS)).date()
    _maple_clinic(procore, amounts, vendors, dated)
    _harbor_lofts(procore, amounts, vendors, dated)
    _elm_street_garage(procore, amounts, vendors, dated)
    old = procore.add_project("22-017", "Birch Street Annex", active=False, address="3 Birch Street", city="Oakland")
    procore.set_budget(old, {"01-310.L": amounts.between(5_000, 9_000)})
    procore.lock_budget(old)
    return procore


def _budget(procore: Procore, project: int, amounts: _Amounts, codes: Sequence[str]) -> None:
    procore.set_budget(project, {code: amounts.between(8_000, 90_000) for code in codes})


def _maple_clinic(procore: Procore, amounts: _Amounts, vendors: dict[str, int], dated: date) -> None:
    place = {"address": "12 Maple Street", "city": "Oakland", "state_code": "CA", "zip": "94607"}
    project = procore.add_project("24-001", "Maple Clinic", **place)
    _budget(procore, project, amounts, BUDGET_CODES)
    procore.add_budget_modification(project, "01-310.O", "01-500.E", amounts.between(500, 1_500))
    procore.lock_budget(project)
    drywall = procore.add_purchase_order(
        project,
        "PO24-003",
        "Drywall board and studs",
        vendors["Pacific Drywall"],
        [
            CommitmentLine("09-250.M", "Gypsum board, 5/8 in. type X", Decimal("12000.00")),
            CommitmentLine("06-100.M", "Steel studs & track", Decimal("6500.00")),
        ],
        contract_date=dated,
    )
    soffit = CommitmentLine(
        "09-250.M", "Extra soffit", Decimal("1500.00"), changes_line=procore.commitment_lines(drywall)[0]
    )
    procore.add_change_order(drywall, "001", "Extra soffit in the lobby", [soffit])
    procore.add_subcontract(
        project,
        "SC-014",
        "Site grading",
        vendors["Delta Grading"],
        [
            CommitmentLine("31-200.S", "Rough grading", amounts.between(20_000, 40_000)),
            CommitmentLine("31-200.S", "Fine grading", amounts.between(5_000, 15_000)),
        ],
        retainage_percent=Decimal("10.0"),
        contract_date=dated,
    )
    tons, per_ton = Decimal(amounts.whole(20, 60)), amounts.between(180, 240)
    hours, per_hour = Decimal(amounts.whole(10, 40)) / 4, amounts.between(90, 130)
    procore.add_purchase_order(
        project,
        "PO24-004",
        "Ready-mix concrete",
        vendors["Smith & Sons"],
        [
            CommitmentLine("03-300.M", "Ready-mix, 4000 psi", _cents(tons * per_ton), tons, per_ton, "cy"),
            CommitmentLine("03-300.M", "Pump time", _cents(hours * per_hour), hours, per_hour, "hr"),
        ],
        accounting_method="unit",
        contract_date=dated,
    )


def _harbor_lofts(procore: Procore, amounts: _Amounts, vendors: dict[str, int], dated: date) -> None:
    place = {"address": "200 Harbor Way", "city": "Oakland", "state_code": "CA", "zip": "94606"}
    project = procore.add_project("24-002", "Harbor Lofts", **place)
    _budget(procore, project, amounts, [code for code in BUDGET_CODES if code != "31-200.S"])
    procore.lock_budget(project)
    iron = vendors[IRONWORKS]
    procore.add_subcontract(
        project,
        "SC-021",
        STEEL_TITLE,
        iron,
        [
            CommitmentLine("05-120.S", "Fabricate and erect", amounts.between(60_000, 90_000)),
            CommitmentLine("05-120.S", "Credit: shop drawings by owner", -amounts.between(1_000, 3_000)),
            CommitmentLine("08-110.M", "Lintels <12 ft>, included", Decimal("0.00")),
        ],
        contract_date=dated,
    )
    procore.add_purchase_order(
        project,
        "HL-PO-2024-0007",
        "Electrical rough-in materials",
        vendors["Cedar Ridge Electric"],
        [CommitmentLine("26-050.M", "Conduit & boxes", amounts.between(7_000, 19_000))],
        contract_date=dated,
    )


def _elm_street_garage(procore: Procore, amounts: _Amounts, vendors: dict[str, int], dated: date) -> None:
    project = procore.add_project(
        "24-003", "Elm Street Garage", address="55 Elm Street", city="Berkeley", state_code="CA"
    )
    _budget(procore, project, amounts, ("01-500.E", "03-300.S", "31-200.S"))
    excavation = [CommitmentLine("31-200.S", "Excavation", amounts.between(9_000, 30_000))]
    procore.add_subcontract(project, "SC-030", "Excavation", None, excavation, contract_date=dated)
    fence = [CommitmentLine("01-500.E", "Fence and trailer rental", amounts.between(1_000, 4_000))]
    rentals = vendors["Northside Rentals"]
    procore.add_purchase_order(
        project, "PO24-011", "Temporary fence", rentals, fence, status="Draft", private=True, contract_date=dated
    )
    trailer = [CommitmentLine("01-500.E", "Site trailer, six months", Decimal("4200.00"))]
    procore.add_purchase_order(project, "PO24-012", "Site trailer", rentals, trailer, contract_date=dated)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
