"""Commitments and change orders with their lines."""

import datetime as dt
from decimal import Decimal
from typing import Any

import httpx
import pytest

from qbwc_bridge.domain import rules
from qbwc_bridge.domain.procore import ChangeOrder, ContractLine, PrimeChange
from qbwc_bridge.domain.reading import NOTHING
from qbwc_bridge.errors import ProcoreError
from qbwc_bridge.procore.changes import joined
from qbwc_bridge.procore.payloads import ChangeLineRow
from tests.procore.api import COMPANY, PROJECT, Api, change_orders_of, commitments_of, ok, wbs, wbs_path

ORDERS = "/rest/v1.0/purchase_order_contracts"
SUBCONTRACTS = "/rest/v1.0/work_order_contracts"
PACKAGES = "/rest/v1.0/change_order_packages"
NEWER = f"/rest/v1.0/projects/{PROJECT}/commitment_change_orders"
V2 = f"/rest/v2.0/companies/{COMPANY}/projects/{PROJECT}/commitment_change_orders"


def line(line_id: int, position: int, amount: object, **more: Any) -> dict[str, Any]:
    """Make a line as amount lines come: quantity and unit cost zero."""
    usual = {
        "description": f"Line {line_id}",
        "quantity": "0.0",
        "unit_cost": "0.0",
        "uom": "",
        "wbs_code": {"id": 9001},
    }
    return {"id": line_id, "position": position, "amount": amount} | usual | more


def contract(contract_id: int, method: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a contract as its show call gives it."""
    head = {"id": contract_id, "number": "PO-1", "title": "Board", "status": "Approved", "accounting_method": method}
    money = {"revised_contract": "20000.0", "retainage_percent": "10.0"}
    vendor = {"id": 700_000_000_000_301, "company": "Acme Drywall LLC"}
    return head | money | {"vendor": vendor, "contract_date": "2026-02-02", "line_items": list(lines)} | more


def commitment_api(*orders: dict[str, Any], subcontracts: tuple[dict[str, Any], ...] = ()) -> Api:
    """Script the lists and show calls of these contracts, and budget code 9001."""
    api = Api()
    api.on("GET", wbs_path(), ok([wbs(9001, "09-250", "M", status="inactive")]))
    for path, rows in ((ORDERS, orders), (SUBCONTRACTS, subcontracts)):
        api.on("GET", path, ok([{key: row[key] for key in ("id", "accounting_method")} for row in rows]))
        for row in rows:
            api.on("GET", f"{path}/{row['id']}", ok(row))
    return api


def test_both_kinds_come_with_their_lines_in_order() -> None:
    """Purchase orders and subcontracts are read with vendor, date, retainage, revised sum, and lines by position."""
    order = contract(401, "amount", line(502, 2, "6500.5"), line(501, 1, "12000.0"))
    bare = contract(402, "amount", vendor=None, contract_date=None, title=None, retainage_percent=None)
    first, second = commitments_of(commitment_api(order, subcontracts=(bare,)).gateway(), PROJECT)
    assert (first.id, first.subcontract, first.project_id) == (401, False, PROJECT)
    assert (first.vendor_id, first.vendor_name) == (700_000_000_000_301, "Acme Drywall LLC")
    assert (first.contract_date, first.retainage_percent) == (dt.date(2026, 2, 2), Decimal("10.00"))
    assert (first.revised, first.amount()) == (Decimal(20000), Decimal("18500.50"))
    assert [one.id for one in first.lines] == [501, 502]
    assert (second.subcontract, second.vendor_id, second.contract_date, second.title) == (True, None, None, "")


def test_payments_are_read_and_change_no_content() -> None:
    """What Procore paid on a contract is known, and asks nobody to accept the contract anew."""
    plain = contract(401, "amount", line(501, 1, "12000.0"))
    (before,) = commitments_of(commitment_api(plain).gateway(), PROJECT)
    (after,) = commitments_of(commitment_api({**plain, "total_payments": "1200.5"}).gateway(), PROJECT)
    assert (before.paid, after.paid) == (Decimal("0.00"), Decimal("1200.50"))
    assert before.content() == after.content()


def test_amount_lines_have_no_quantity() -> None:
    """A quantity of "0.0" means that there is none, and on amount-based commitments any quantity is passed over."""
    amount = contract(401, "amount", line(1, 1, "5.0"), line(2, 2, "6.0", quantity="2.0", unit_cost="3.0", uom="ea"))
    unit = contract(
        402,
        "unit",
        line(3, 1, "7.0", quantity="", unit_cost=None),
        line(4, 2, "7.03", quantity="2.5000", unit_cost=2.812, uom="cy"),
    )
    first, second = commitments_of(commitment_api(amount, unit).gateway(), PROJECT)
    assert not first.unit_based
    assert [(one.quantity, one.unit_cost) for one in first.lines] == [(None, None), (None, None)]
    assert second.unit_based
    assert [(one.quantity, one.unit_cost) for one in second.lines] == [
        (None, None),
        (Decimal("2.50"), Decimal("2.812")),
    ]


def test_lines_get_their_code_by_id() -> None:
    """A line on an inactive code keeps its code; a line whose code nobody lists, or without one, has none."""
    order = contract(
        401, "amount", line(1, 1, "1"), line(2, 2, "2", wbs_code={"id": 5}), line(3, 3, "3", wbs_code=None)
    )
    api = commitment_api(order)
    lines = commitments_of(api.gateway(), PROJECT)[0].lines
    assert [one.code.code if one.code else None for one in lines] == ["09-250.M", None, None]
    assert len(api.calls(wbs_path())) == 1


def test_the_same_amount_written_otherwise_changes_nothing() -> None:
    """Content, on which acceptances rest, is the same for "12.5", "12.50" and 12.5."""
    written = [contract(401, "amount", line(1, 1, amount)) for amount in ("12.5", "12.50", 12.5)]
    contents = [commitments_of(commitment_api(one).gateway(), PROJECT)[0].content() for one in written]
    assert contents[0] == contents[1] == contents[2]


def test_a_contract_deleted_while_reading_is_left_out() -> None:
    """A contract that is gone between list and show does not spoil the others; a refusal does."""
    api = commitment_api(contract(401, "amount"), contract(402, "amount"))
    api.on("GET", f"{ORDERS}/401", httpx.Response(404, json={"errors": "Not Found"}))
    assert [one.id for one in commitments_of(api.gateway(), PROJECT)] == [402]
    api.on("GET", f"{ORDERS}/401", httpx.Response(403))
    with pytest.raises(ProcoreError, match="purchase order 401"):
        commitments_of(api.gateway(), PROJECT)


def test_a_line_without_amount_is_told() -> None:
    """A line that has no amount at all names itself and its order."""
    api = commitment_api(contract(401, "amount", line(1, 1, None)))
    gateway = api.gateway()
    read = gateway.purchase_orders(PROJECT, NOTHING, gateway.code_book(PROJECT))
    assert (read.found, set(read.listed), set(read.left_out)) == ((), {401}, {401})
    assert "Line 1 of purchase order 401" in read.left_out[401]


def package(package_id: int, contract_id: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a change order package as its show call gives it."""
    head = {"id": package_id, "contract_id": contract_id, "number": "001", "title": "Soffit", "status": "approved"}
    return head | {"type": "CommitmentContractChangeOrder", "line_items": list(lines)} | more


def package_line(line_id: int, position: int, amount: str, **more: Any) -> dict[str, Any]:
    """Make a package's line, which has `extended_amount` and no `amount`."""
    made = line(line_id, position, None, extended_amount=amount, total_amount="999.0") | more
    del made["amount"]
    return made


def change_api(*packages: dict[str, Any]) -> Api:
    """Script one unit order 401 and these packages."""
    api = commitment_api(contract(401, "unit"))
    api.on("GET", PACKAGES, ok([{"id": one["id"], "contract_id": one["contract_id"]} for one in packages]))
    for one in packages:
        api.on("GET", f"{PACKAGES}/{one['id']}", ok(one))
    return api


PRIME = "/rest/v1.0/prime_contracts"


def orders_of(api: Api) -> list[ChangeOrder]:
    """The change orders of commitments."""
    return [each for each in change_orders_of(api.gateway(), PROJECT) if isinstance(each, ChangeOrder)]


def test_change_orders_know_the_line_they_change() -> None:
    """The version 2 list, found over the legacy package id, tells the commitment line of each line."""
    api = change_api(package(601, 401, package_line(621, 1, "1500.0"), package_line(622, 2, "-5.0", quantity="-1.0")))
    api.on("GET", NEWER, ok([{"id": 611, "legacy_package_id": 601}, {"id": 612, "legacy_package_id": None}]))
    v2 = [{"id": "621", "commitment_line_item_id": "501"}, {"id": "622", "commitment_line_item_id": None}]
    api.on("GET", f"{V2}/611/line_items", ok({"data": v2}))
    (order,) = orders_of(api)
    assert (order.id, order.commitment_id, order.status, order.amount()) == (601, 401, "approved", Decimal("1495.00"))
    assert [(one.commitment_line_id, one.quantity) for one in order.lines] == [(501, None), (None, Decimal("-1.00"))]


@pytest.mark.parametrize("status", [403, 404, 405, 422])
def test_without_the_version_2_list_the_link_is_open(status: int) -> None:
    """Projects with three tiers lack the newer lists; their lines come without a link."""
    api = change_api(package(601, 401, package_line(621, 1, "1500.0")))
    api.on("GET", NEWER, httpx.Response(status))
    assert orders_of(api)[0].lines[0].commitment_line_id is None
    api.on("GET", NEWER, ok([{"id": 611, "legacy_package_id": 601}]))
    api.on("GET", f"{V2}/611/line_items", httpx.Response(status))
    assert orders_of(api)[0].lines[0].commitment_line_id is None


def test_a_fault_is_no_missing_list() -> None:
    """When Procore fails, the links are not quietly dropped: a document would look changed."""
    api = change_api(package(601, 401, package_line(621, 1, "1500.0")))
    api.on("GET", NEWER, httpx.Response(500))
    with pytest.raises(ProcoreError, match="commitment change orders"):
        change_orders_of(api.gateway(), PROJECT)


def test_only_change_orders_of_commitments_count() -> None:
    """Packages of the prime contract are passed over, by their contract or by their type."""
    prime = package(602, 888, type="PrimeContractChangeOrder")
    odd = package(603, 401, type="PrimeContractChangeOrder")
    api = change_api(prime, odd)
    api.on("GET", PRIME, ok([]))
    assert change_orders_of(api.gateway(), PROJECT) == []
    assert not api.calls(f"{PACKAGES}/602")


def prime_api(answer: httpx.Response) -> Api:
    """Script three packages: one of the prime contract, one that is not approved, one of a deleted commitment."""
    api = commitment_api(contract(401, "amount"))
    head = {"number": "PCCO-1", "status": "approved"}
    packages = [
        {"id": 701, "contract_id": 900, "grand_total": "1250.50", **head},
        {"id": 702, "contract_id": 900, "grand_total": "99.00", **head, "status": "pending"},
        {"id": 703, "contract_id": 499, "grand_total": "5000.00", **head},
    ]
    api.on("GET", PACKAGES, ok(packages))
    api.on("GET", PRIME, answer)
    return api


def test_change_orders_of_the_prime_contract_come_as_totals() -> None:
    """Those of a commitment that is no longer shown are not among them; the approved ones add up (rule 10)."""
    found = change_orders_of(prime_api(ok([{"id": 900}])).gateway(), PROJECT)
    prime = [each for each in found if isinstance(each, PrimeChange)]
    assert [each.id for each in found] == [each.id for each in prime] == [701, 702]
    assert "1,250.50" in (rules.prime_changes_beside(prime) or "")


@pytest.mark.parametrize("status", [403, 404])
def test_without_the_right_to_prime_contracts_everything_else_is_read(status: int) -> None:
    """Only the figure beside the estimate is missing."""
    assert change_orders_of(prime_api(httpx.Response(status)).gateway(), PROJECT) == []


def contract_line(line_id: int, amount: str, description: str = "") -> ContractLine:
    """Make a line without code."""
    return ContractLine(id=line_id, description=description, amount=Decimal(amount))


def change_row(row_id: int, target: int, amount: str, description: str = "") -> ChangeLineRow:
    """Make a version 2 line without code."""
    return ChangeLineRow(id=row_id, commitment_line_item_id=target, amount=Decimal(amount), description=description)


def test_lines_with_ids_of_their_own_are_joined_by_content() -> None:
    """Where ids differ, equal content joins, each line once; what fits nothing stays open."""
    lines = (contract_line(1, "5.00", "a"), contract_line(2, "5.00", "a"), contract_line(3, "6.00"))
    newer = [change_row(91, 501, "5.0", "a"), change_row(92, 502, "5.0", "a"), change_row(93, 503, "7.0")]
    assert [one.commitment_line_id for one in joined(lines, newer)] == [501, 502, None]
    mixed = [change_row(92, 502, "5.0", "a"), change_row(1, 501, "5.0", "a")]
    assert [one.commitment_line_id for one in joined(lines, mixed)] == [501, 502, None]
