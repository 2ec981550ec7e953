"""What a template gets for each request: formatted strings, empty where an optional element is left out.

Raises QuickBooksError where a request cannot be written: a value without qbXML form, a reference without name, filters
that exclude one another.
"""

import datetime as dt
import textwrap
from decimal import Decimal
from functools import singledispatch
from typing import Any

from qbwc_bridge.domain import quickbooks as qb
from qbwc_bridge.errors import QuickBooksError
from qbwc_bridge.qbxml import types

Fields = dict[str, Any]
"""Strings, or lists and mappings of them, by the names that the template uses."""

ADDRESS_LINES = 3
"""Lines of a street: QuickBooks prints five lines of an address in all."""

COST_COLUMNS = (
    "TxnID",
    "TxnType",
    "Date",
    "RefNumber",
    "Name",
    "SourceName",
    "Item",
    "Account",
    "Class",
    "Memo",
    "Quantity",
    "Debit",
    "Credit",
    "Amount",
    "ModifiedTime",
)
"""Columns of CustomTxnDetail; Debit and Credit tell the sign that Amount leaves to the account."""


@singledispatch
def fields(request: Any) -> Fields:
    """Give the values that the request's template uses."""
    raise QuickBooksError(f"The bridge has no form for a {type(request).__name__}.")


@fields.register
def _host(_request: qb.HostQuery) -> Fields:
    return {}


@fields.register
def _preferences(_request: qb.PreferencesQuery) -> Fields:
    return {}


@fields.register
def _company(request: qb.CompanyQuery) -> Fields:
    return {"owner_ids": [*([types.guid(request.owner_id)] if request.owner_id else []), "0"]}


@fields.register
def _accounts(request: qb.AccountQuery) -> Fields:
    return {**_alternatives(request, FullName=request.full_names), **_filters(request)}


@fields.register
def _lists(request: qb.CustomerQuery | qb.VendorQuery | qb.ItemQuery) -> Fields:
    return {**_alternatives(request, ListID=request.list_ids, FullName=request.full_names), **_filters(request)}


@fields.register
def _names(request: qb.ClassQuery | qb.EmployeeQuery | qb.OtherNameQuery) -> Fields:
    return _filters(request)


@fields.register
def _lists_deleted(request: qb.ListDeletedQuery) -> Fields:
    return _deletions(request.deleted_from, list_types=request.list_types)


@fields.register
def _customer_add(request: qb.CustomerAdd) -> Fields:
    return {
        "name": _name(types.fit_name("job" if request.parent else "customer", request.name)),
        "parent": _ref(request.parent, "FullName of a customer"),
        "company_name": types.one_line(request.company_name, types.LIMITS["CompanyName"]),
        "address": _address(request.bill_address),
        "job_desc": types.one_line(request.job_desc, types.LIMITS["JobDesc"]),
    }


@fields.register
def _vendor_add(request: qb.VendorAdd) -> Fields:
    return {
        "name": _name(types.fit_name("vendor", request.name)),
        "company_name": types.one_line(request.company_name, types.LIMITS["CompanyName"]),
        "address": _address(request.address),
        "phone": types.one_line(request.phone, types.LIMITS["Phone"]),
        "email": types.one_line(request.email, types.LIMITS["Email"]),
        "name_on_check": types.one_line(request.name_on_check, types.LIMITS["NameOnCheck"]),
        "is_1099": "" if request.is_1099 is None else types.flag(request.is_1099),
    }


@fields.register
def _item_add(request: qb.ItemServiceAdd) -> Fields:
    return {
        "name": _name(types.fit_name("item", request.name)),
        "parent": _ref(request.parent, "FullName of an item"),
        "description": types.fit_description(request.description),
        "income_account": _ref(request.income_account, "FullName of an account"),
        "expense_account": _ref(request.expense_account, "FullName of an account"),
    }


@fields.register
def _estimate_add(request: qb.EstimateAdd) -> Fields:
    return {
        "customer": _ref(request.customer, "FullName of a customer"),
        "txn_date": types.date(request.txn_date),
        "ref_number": types.fit_ref_number(request.ref_number),
        "memo": types.fit_memo(request.memo),
        "lines": _some([_estimate_line(line) for line in request.lines], "estimate"),
    }


@fields.register
def _estimate_mod(request: qb.EstimateMod) -> Fields:
    return {
        "txn_id": types.identifier("TxnID", request.txn_id),
        "edit_sequence": types.identifier("EditSequence", request.edit_sequence),
        "memo": types.fit_memo(request.memo),
        "lines": _some([_line_id(line) | _estimate_line(line) for line in request.lines], "change of an estimate"),
    }


@fields.register
def _order_add(request: qb.PurchaseOrderAdd) -> Fields:
    return {
        "vendor": _ref(request.vendor, "FullName of a vendor"),
        "txn_date": types.date(request.txn_date),
        "ref_number": types.fit_ref_number(request.ref_number),
        "memo": types.fit_memo(request.memo),
        "lines": _some([_order_line(line) for line in request.lines], "purchase order"),
    }


@fields.register
def _order_mod(request: qb.PurchaseOrderMod) -> Fields:
    return {
        "txn_id": types.identifier("TxnID", request.txn_id),
        "edit_sequence": types.identifier("EditSequence", request.edit_sequence),
        "txn_date": types.date(request.txn_date) if request.txn_date else "",
        "ref_number": types.fit_ref_number(request.ref_number),
        "is_closed": "" if request.is_closed is None else types.flag(request.is_closed),
        "memo": types.fit_memo(request.memo),
        "lines": [_line_id(line) | _order_line(line) for line in request.lines],
    }


@fields.register
def _estimates(request: qb.EstimateQuery) -> Fields:
    return _txn_query(request, request.ref_numbers)


@fields.register
def _orders(request: qb.PurchaseOrderQuery) -> Fields:
    return _txn_query(request, request.ref_numbers)


@fields.register
def _cost_documents(request: qb.CostQuery) -> Fields:
    return _txn_query(request, ())


@fields.register
def _cost_report(request: qb.CustomTxnDetail) -> Fields:
    return {
        **_dates(request, "from_date", "to_date", "modified_from", "modified_to"),
        "txn_types": list(request.txn_types),
        "job": types.identifier("ListID", request.job) if request.job else "",
        "columns": list(COST_COLUMNS),
    }


@fields.register
def _profit_and_loss(request: qb.ProfitAndLoss) -> Fields:
    return {"report": request.report, **_dates(request, "through")}


@fields.register
def _job_profitability(request: qb.JobProfitability) -> Fields:
    return {"job": types.identifier("ListID", request.job)}


def _dates(request: qb.CustomTxnDetail | qb.ProfitAndLoss, *names: str) -> Fields:
    return {name: types.date(value) if (value := getattr(request, name)) else "" for name in names}


@fields.register
def _deleted(request: qb.TxnDeletedQuery) -> Fields:
    return _deletions(request.deleted_from, txn_types=request.txn_types)


def _deletions(since: dt.datetime | None, **kinds: tuple[str, ...]) -> Fields:
    asked = {name: _some(list(values), "query of deletions") for name, values in kinds.items()}
    return {**asked, "deleted_from": types.moment(since) if since else ""}


def _txn_query(request: qb.EstimateQuery | qb.PurchaseOrderQuery | qb.CostQuery, numbers: tuple[str, ...]) -> Fields:
    return {**_alternatives(request, TxnID=request.txn_ids, RefNumber=numbers), **_filters(request)}


def _alternatives(request: Any, **lists: tuple[str, ...]) -> Fields:
    """Ids, names or numbers: at most one list of them, and then no filter (a choice in the schema)."""
    filters = [name for name in ("modified_from", "iterator") if getattr(request, name, None) is not None]
    if len([name for name, values in lists.items() if values] + filters[:1]) > 1:
        raise QuickBooksError(
            f"A {request.kind} is asked by ids, by names or by filters, never by two of them at once."
        )
    forms = {
        "ListID": lambda text: types.identifier("ListID", text),
        "TxnID": lambda text: types.identifier("TxnID", text),
        "FullName": types.one_line,
        "RefNumber": types.fit_ref_number,
    }
    keys = {"ListID": "list_ids", "TxnID": "txn_ids", "FullName": "full_names", "RefNumber": "ref_numbers"}
    return {keys[name]: [forms[name](value) for value in values] for name, values in lists.items()}


def _filters(request: Any) -> Fields:
    paging: qb.Iterator | None = getattr(request, "iterator", None)
    by_id = any(getattr(request, name, ()) for name in ("list_ids", "full_names", "txn_ids", "ref_numbers"))
    return {
        "filtered": not by_id,
        "modified_from": types.moment(request.modified_from) if request.modified_from else "",
        "iterator": ("Continue" if paging.id else "Start") if paging else "",
        "iterator_id": paging.id if paging else "",
        "max_returned": str(paging.page_size) if paging else "",
    }


def _line_id(line: qb.EstimateLine | qb.PurchaseOrderLine) -> Fields:
    return {"txn_line_id": types.identifier("TxnLineID", line.txn_line_id)}


def _estimate_line(line: qb.EstimateLine | qb.PurchaseOrderLine) -> Fields:
    return {
        "item": _ref(line.item, "FullName of an item"),
        "description": types.fit_description(line.description),
        "quantity": _number(types.quantity, line.quantity),
        "rate": _number(types.price, line.rate),
        "amount": _number(types.amount, line.amount),
    }


def _order_line(line: qb.PurchaseOrderLine) -> Fields:
    return _estimate_line(line) | {"customer": _ref(line.customer, "FullName of a customer")}


def _number(form: Any, value: Decimal | None) -> str:
    text: str = "" if value is None else form(value)
    return text


def _ref(ref: qb.Ref | None, limit: str) -> Fields | None:
    if ref is None:
        return None
    name = types.one_line(ref.full_name)
    if ref.list_id:
        return {"list_id": types.identifier("ListID", ref.list_id), "full_name": ""}
    if not name or len(name) > types.LIMITS[limit]:
        raise QuickBooksError(
            f"A reference to {name[:60]!r} cannot be written: it needs a ListID or a {limit} of up to "
            f"{types.LIMITS[limit]} characters."
        )
    return {"list_id": "", "full_name": name}


def _address(address: qb.Address | None) -> Fields | None:
    if address is None:
        return None
    lines = [
        part
        for line in types.plain(address.street).splitlines()
        for part in textwrap.wrap(line, types.LIMITS["Addr"]) or []
    ]
    known = {
        "lines": [{"number": str(at), "text": line} for at, line in enumerate(lines[:ADDRESS_LINES], 1)],
        "city": types.one_line(address.city, types.LIMITS["City"]),
        "state": types.one_line(address.state, types.LIMITS["State"]),
        "postal_code": types.one_line(address.postal_code, types.LIMITS["PostalCode"]),
    }
    return known if any(known.values()) else None


def _name(name: str) -> str:
    if not name:
        raise QuickBooksError("A record without a name cannot be written to QuickBooks; give it a name in Procore.")
    return name


def _some(values: list[Any], what: str) -> list[Any]:
    if not values:
        raise QuickBooksError(f"A {what} without any line cannot be written to QuickBooks.")
    return values
