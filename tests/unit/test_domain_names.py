"""Near names among many: found as if each were compared with each, without comparing each with each."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.names import NEAR, Names

ONE = st.text("abc d", min_size=1, max_size=24)


@st.composite
def alike(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A name, and names that are a few letters away from it."""
    name, others = draw(ONE), []
    for _ in range(draw(st.integers(1, 6))):
        letters = list(name)
        for at, letter in draw(st.lists(st.tuples(st.integers(0, 24), st.sampled_from(["", *"abc d"])), max_size=3)):
            letters[at : at + 1] = [letter] if at % 2 else [letter, *letters[at : at + 1]]
        others.append("".join(letters))
    return name, others


@given(alike())
def test_no_near_name_is_missed(pair: tuple[str, list[str]]) -> None:
    """Looking only at names with enough pairs of letters in common finds all that a plain comparison finds."""
    name, others = pair
    wanted, found = " ".join(name.split()), Names(others).near(name)
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    for other in others:
        essence = " ".join(other.split())
        matcher.set_seq1(essence)
        near = matcher.ratio() >= NEAR and abs(len(essence) - len(wanted)) <= max(3, len(wanted) // 3)
        assert (other in found) == bool(essence and near)


def test_few_of_many_names_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company with thousands of names is reviewed in seconds: few of them are compared letter by letter."""
    trades = ("Drywall", "Concrete", "Electric", "Plumbing", "Roofing", "Paving", "Steel", "Glass", "Framing", "Tile")
    names = [f"{first} {second} {third}" for first in trades for second in trades for third in trades]
    compared: list[str] = []
    monkeypatch.setattr(difflib.SequenceMatcher, "set_seq1", lambda _self, text: compared.append(text))
    monkeypatch.setattr(difflib.SequenceMatcher, "quick_ratio", lambda _self: 0.0)
    known = Names(names)
    for name in names[::50]:
        known.near(name)
    assert len(compared) < 20 * len(names) * 0.1
