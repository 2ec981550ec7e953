"""Keys of linked records: after a calm push each stands where it shall, whatever happened before."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from qbwc_bridge.domain.keys import Keyed, KeyKind, KeyOutcome, beginning
from qbwc_bridge.domain.records import Submission
from qbwc_bridge.errors import ProcoreError, ProcoreUnreachable
from qbwc_bridge.flow import keys
from qbwc_bridge.flow.keys import Written
from qbwc_bridge.flow.options import Options
from tests.support import DEEP
from tests.unit.factories import World

VENDORS = range(1, 6)
LISTED = ("Q1", "Q2", "Q3", "")
"""What a vendor of Procore may be linked to; empty for nothing."""


class KilledError(Exception):
    """The process died."""


TROUBLES: Mapping[str, Callable[[], Exception] | None] = {
    "": None,
    "lost before": lambda: ProcoreUnreachable("No answer came."),
    "lost after": lambda: ProcoreUnreachable("No answer came."),
    "killed before": KilledError,
    "killed after": KilledError,
    "no right": lambda: ProcoreError("You may not.", status=403),
    "silent": None,
    "refused": None,
}


@dataclass
class Company:
    """A Procore of five vendors and nothing else; troubles befall the next writings in turn."""

    there: dict[int, str] = field(default_factory=lambda: dict.fromkeys(VENDORS, ""))
    troubles: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    hidden: KeyKind | None = None

    def keyed(self, kind: KeyKind, _project_id: int = 0) -> list[Keyed]:
        """What stands there; a kind may be hidden from the app."""
        self.calls.append("GET")
        if kind == self.hidden:
            raise ProcoreError(f"You may not see any {kind}.", status=403)
        return [Keyed("vendor", each, key, f"V{each}") for each, key in self.there.items()] if kind == "vendor" else []

    def set_keys(self, _kind: KeyKind, wanted: Mapping[Keyed, str], _project_id: int = 0) -> KeyOutcome:
        """Write; a key that another vendor has is refused, as Procore does."""
        self.calls.append("PATCH")
        trouble = self.troubles.pop(0) if self.troubles else ""
        error = TROUBLES[trouble]
        if error and not trouble.endswith("after"):
            raise error()
        done, errors = set(), {}
        for at, (each, key) in enumerate(wanted.items()):
            if (trouble == "refused" and at % 2 == 0) or (
                key and key in self.there.values() and self.there[each.id] != key
            ):
                errors[each.id] = "No."
                continue
            self.there[each.id] = key
            done.add(each.id)
        if error:
            raise error()
        return KeyOutcome(frozenset() if trouble == "silent" else frozenset(done), errors)


@dataclass
class Office:
    """A bridge and its Procore."""

    world: World
    company: Company = field(default_factory=Company)
    on: bool = True

    def link(self, *listed: str) -> None:
        """Link the vendors, in their order, to these records of QuickBooks."""
        with self.world.unit() as (uow, connection):
            known = {row.key: row for row in uow.submissions.find(kind="vendor")}
            for number, quickbooks in zip(VENDORS, listed, strict=True):
                row = known.get(str(number)) or uow.submissions.add(
                    Submission(
                        connection.id, "vendor", str(number), "", f"V{number}", "", self.world.now, self.world.now
                    )
                )
                row.quickbooks_id = quickbooks
                uow.submissions.save(row)

    def push(self, *, again: bool = True) -> Written:
        """Write keys, as the worker does."""
        return keys.write(
            self.world.database.work,
            self.company,  # type: ignore[arg-type]
            self.world.connection_id,
            Options(write_keys=self.on),
            now=self.world.now,
            progress=lambda _told: None,
            again=again,
        )

    def shall(self, *listed: str) -> dict[int, str]:
        """What shall stand in Procore: of two linked to one record the first has the key."""
        first = {name: number for number, name in reversed(list(zip(VENDORS, listed, strict=True))) if name and self.on}
        found = dict.fromkeys(VENDORS, "")
        with self.world.unit() as (_, connection):
            return found | {number: beginning(connection.key) + name for name, number in first.items()}


STEPS = st.lists(
    st.tuples(
        st.tuples(*(st.sampled_from(LISTED) for _ in VENDORS)),
        st.booleans(),
        st.lists(st.sampled_from(sorted(TROUBLES)), max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150 if DEEP else 25, deadline=None)
@given(STEPS)
def test_procore_has_exactly_the_keys_of_the_links(steps: list[Any]) -> None:
    """Links, the setting and troubles come and go; one calm push makes it right, the next sends nothing."""
    with TemporaryDirectory() as folder:
        office = Office(World(Path(folder)))
        try:
            for listed, on, troubles in steps:
                office.on = on
                office.link(*listed)
                office.company.troubles = list(troubles)
                for _ in range(2):
                    with suppress(KilledError):
                        office.push()
            office.company.troubles = []
            assert office.push().problems == []
            assert office.company.there == office.shall(*steps[-1][0])
            office.company.calls.clear()
            assert office.push() == Written()
            assert office.company.calls == []
        finally:
            office.world.close()


def test_what_is_refused_waits_for_a_day_unless_somebody_pushes(tmp_path: Path) -> None:
    """The sentence comes once; the clockwork asks again the next day, a person at once."""
    office = Office(World(tmp_path), Company(troubles=["refused"] * 9))
    office.link("Q1", "", "", "", "")
    assert office.push(again=False).problems == ["No."]
    office.company.calls.clear()
    assert office.push(again=False) == Written()
    assert office.company.calls == []
    assert office.push(again=True) == Written()
    assert "PATCH" in office.company.calls
    office.world.later(days=1)
    office.company.troubles = []
    assert office.push(again=False) == Written(1)
    office.world.close()


def test_a_right_that_is_missing_is_told_once_for_all_records_of_a_place(tmp_path: Path) -> None:
    """One sentence, not one for each vendor."""
    office = Office(World(tmp_path), Company(troubles=["no right"]))
    office.link("Q1", "Q2", "Q3", "", "")
    assert office.push().problems == ["You may not."]
    assert office.push() == Written(3)
    office.world.close()


def test_a_record_that_is_gone_gets_no_key_and_stops_no_other(tmp_path: Path) -> None:
    """Deleted in Procore, or no longer shown: told once, and forgotten once nothing shall stand there."""
    office = Office(World(tmp_path))
    del office.company.there[2]
    office.link("Q1", "Q2", "Q3", "", "")
    found = office.push()
    assert found.count == 2
    assert found.problems == ["Procore does not show vendor V2 any more, so it gets no key."]
    office.link("Q1", "", "Q3", "", "")
    assert office.push() == Written()
    office.world.close()


def test_a_foreign_key_is_never_written_over(tmp_path: Path) -> None:
    """Neither one that stood there before, nor one that came onto a record of ours."""
    office = Office(World(tmp_path))
    office.link("Q1", "Q2", "", "", "")
    office.push()
    office.company.there[1] = "other:1"
    office.link("Q3", "Q1", "", "", "")
    told = office.push().problems
    assert told == ["Another integration's key other:1 stands on vendor V1, so it stays there."]
    assert office.company.there[1] == "other:1"
    office.link("", "Q1", "", "", "")
    assert office.push().problems == []
    assert office.company.there[1] == "other:1"
    office.world.close()


def test_a_day_later_others_are_looked_for_again(tmp_path: Path) -> None:
    """Another integration that came after ours stops the next keys."""
    office = Office(World(tmp_path))
    office.link("Q1", "", "", "", "")
    office.push()
    office.company.there[5] = "other:1"
    office.world.later(days=2)
    office.link("Q1", "Q2", "", "", "")
    assert "other:1" in office.push().problems[0]
    assert office.company.there[2] == ""
    office.on = False
    assert office.push().problems == []
    assert office.company.there == {**dict.fromkeys(VENDORS, ""), 5: "other:1"}
    assert office.world.connection().keys_refused == ""
    office.world.close()


def test_what_cannot_be_seen_may_be_taken(tmp_path: Path) -> None:
    """While a list of keys is hidden none is written: told once, kept for people, and over once it is shown."""
    office = Office(World(tmp_path), Company(hidden="project"))
    office.link("Q1", "", "", "", "")
    (told,) = office.push().problems
    assert told == "No key is written, because not all keys of others can be seen. You may not see any project."
    assert office.world.connection().keys_refused == told
    assert office.push() == Written()
    assert set(office.company.there.values()) == {""}
    office.company.hidden = None
    assert office.push() == Written(1)
    office.world.close()
