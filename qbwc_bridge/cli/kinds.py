"""What options and arguments take that is no plain text: numbers, dates, months; a wrong one is told in a sentence."""

import datetime as dt
from typing import Any, NoReturn

import click


class Number(click.IntRange):
    """A whole number within bounds."""

    name = "number"

    def __init__(self, lowest: int, highest: int | None = None) -> None:
        super().__init__(lowest, highest)
        self._bounds = f"of at least {lowest}" if highest is None else f"from {lowest} to {highest}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Give the number; fails with a sentence that names the bounds."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no whole number {self._bounds}.", param, ctx)

    def _describe_range(self) -> str:
        """Give what help says of the bounds, in place of `1<=x<=9`."""
        return f"a whole number {self._bounds}"


class Day(click.ParamType[dt.date]):
    """A date."""

    name = "YYYY-MM-DD"
    _form, _example = "%Y-%m-%d", "a date: write it as YYYY-MM-DD, such as 2026-03-31"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Give the date; fails with a sentence that says how one is written."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.datetime.strptime(value, self._form).date()  # noqa: DTZ007 - a day of the books has no zone
        except ValueError:
            self._wrong(value, param, ctx)

    def _wrong(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(f"{value!r} is not {self._example}.", param, ctx)


class Month(Day):
    """A month, given as its first day."""

    name = "month"
    _form, _example = "%Y-%m", "a month: write it as YYYY-MM, such as 2026-03"


PORT = Number(0, 65_535)
"""0 stands for a free one."""
