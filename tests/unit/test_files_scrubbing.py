"""What leaves the house for support: no name that is known, no amount, no secret, and the rest as it was."""

import json
import secrets
import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.files.scrubbing import ADDRESS, AMOUNT, NAME, Scrubber
from qbwc_bridge.logs.hiding import HIDDEN

NAMES = ("Pacific Drywall", "O'Brien & Sons", "Müller Straßenbau", "3M", "#1 Plumbing, Inc.", "Blue", "Bluestone")
words = st.text(string.ascii_lowercase, min_size=3, max_size=9)


@given(st.lists(st.one_of(st.sampled_from(NAMES), words), min_size=1), st.sampled_from([" ", ", ", ": ", "; "]))
def test_known_names_go_wherever_they_stand(parts: list[str], between: str) -> None:
    """In any company and in any letter case, as a log quotes them too; words beside them stay."""
    scrubber = Scrubber(NAMES)
    for text in (between.join(parts), between.join(parts).upper(), repr(between.join(parts))):
        found = scrubber.text(text).lower()
        assert [name for name in NAMES if name.strip("#").lower() in found.replace("\\'", "'")] == []
    kept = [part for part in parts if part not in NAMES]
    assert [part for part in kept if part not in scrubber.text(between.join(parts))] == []


@given(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2, allow_nan=False), st.sampled_from("$ ,;)"))
def test_amounts_go_however_they_are_written(amount: Decimal, after: str) -> None:
    """With and without thousands separators, sign and dollar sign."""
    for form in (f"{amount:.2f}", f"{amount:,.2f}", f"${abs(amount):,.2f}", f"({abs(amount):,.2f})"):
        found = Scrubber([]).text(f"differs by {form}{after} from it")
        assert AMOUNT in found
        assert not set(found) & set(string.digits)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10T15:42:07.123456Z INFO    qbwc_bridge.wire: asked status=503 milliseconds=1250",
        "from 10.20.30.40 to 127.0.0.1:8085 with Python 3.13.0, qbXML 16.0, version 0010",
        "task 12 of message 7 went from sent to in_doubt, status 3120, HRESULT 0x80040400",
        "bluestones and Bluebird are other words",
    ],
)
def test_what_is_no_amount_and_no_name_stays(text: str) -> None:
    """Times, addresses, versions, numbers of records and statuses are what support needs."""
    assert Scrubber(NAMES).line(text) == text


def test_secrets_addresses_and_quoted_words_go() -> None:
    """A secret is hidden wherever it stands, a mail address too, and what another program quotes."""
    secret = secrets.token_urlsafe(12)
    scrubber = Scrubber([], [secret, ""])
    line = f'asked {secret}x for ann@example.com: reference to Employee "Dorothea" in password={secret}'
    assert scrubber.line(line) == f'asked {HIDDEN}x for {ADDRESS}: reference to Employee "[...]" in password={HIDDEN}'
    event = json.loads(scrubber.line(json.dumps({"event": 'Müller "X"', "facts": [{"who": "Müller Straßenbau 5.00"}]})))
    assert event == {"event": 'Müller "[...]"', "facts": [{"who": f"Müller Straßenbau {AMOUNT}"}]}
    assert Scrubber(NAMES).data({"a": ["Pacific Drywall", 7]}) == {"a": [NAME, 7]}
