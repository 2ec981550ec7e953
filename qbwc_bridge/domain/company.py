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

    @property
    def closed_through(self) -> dt.date | None:
        """The last day of which nothing may be written: of the closed books, or what an accountant's copy works on."""
        dividing = self.dividing_date if self.accountant_copy else None
        return max((day for day in (self.closing_date, dividing) if day), default=None)
