"""The QuickBooks company of a connection."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """What the first call of a visit told about the QuickBooks company (Host, Company and Preferences replies)."""

    name: str = ""
    file_id: str = ""
    product: str = ""
    country: str = ""
    qbxml_version: str = ""
    uses_estimates: bool | None = None
    uses_purchase_orders: bool | None = None
    uses_classes: bool | None = None
    multi_currency: bool | None = None
    closing_date: dt.date | None = None
    report_basis: str = ""
    accountant_copy: bool = False
    dividing_date: dt.date | None = None
    file_path: str = ""
