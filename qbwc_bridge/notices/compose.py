"""A letter as a mail message: plain text and HTML, with links to the status page.

Whatever a name holds, it stays text: no header, no link and no markup comes of it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from textwrap import fill
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from qbwc_bridge.domain.money import readable
from qbwc_bridge.domain.notices import Letter
from qbwc_bridge.files.plain import printable

WIDTH = 76
"""Columns of the plain text: readers of mail break longer lines where they like."""

LONGEST_SUBJECT = 160
"""Characters; what is longer is cut by every reader of mail anyway."""

LONGEST_LINE = 998
"""Of a header without encoded words (RFC 5322, 2.1.1)."""

SENDER_NAME = "qbwc-bridge"

# 7bit, so that no server on the way must know 8BITMIME or SMTPUTF8.
_POLICY = policy.SMTP.clone(cte_type="7bit")


def compose(
    letter: Letter, receivers: Sequence[str], *, sender: str, mark: str, at: dt.datetime, public_url: str
) -> EmailMessage:
    """Give the message for `receivers`; `sender` and they are mail addresses, `at` is the moment of sending.

    The Message-ID is made of `mark` and the sender's domain. `public_url` comes before every path of the letter.
    """
    clean = _clean(letter)
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = _shortened(clean.subject)
    message["From"] = Address(SENDER_NAME, addr_spec=sender)
    message["To"] = [Address(addr_spec=each) for each in receivers]
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mark}@{sender.rpartition('@')[2]}>"
    # No vacation notice shall answer it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    values = {"letter": clean, "base": public_url}
    message.set_content(_templates().get_template("letter.txt").render(values).strip() + "\n")
    message.add_alternative(_templates().get_template("letter.html").render(values), subtype="html")
    if clean.subject.isascii():
        # Python would fold a long subject right after its colon, which some readers show as an empty one.
        message.policy = _POLICY.clone(max_line_length=LONGEST_LINE)
    return message


def _clean(value: Any) -> Any:
    """Give a letter whose texts are each one line of printable characters: names come from outside."""
    if isinstance(value, str):
        return " ".join(printable(value).split())
    if isinstance(value, tuple):
        return tuple(_clean(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _clean(getattr(value, each.name)) for each in fields(value)})
    return value


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SUBJECT else f"{text[: LONGEST_SUBJECT - 1]}…"


def _wrapped(text: str, indent: int = 0) -> str:
    return fill(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("qbwc_bridge.notices"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(money=readable, wrapped=_wrapped)
    return made
