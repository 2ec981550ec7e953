"""A Procore that misbehaves in every way that it may: once it behaves, everything is as if it had always done so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.procore import wire
from qbwc_bridge.rehearsal.procore import demo_company
from tests.procore.api import FakeClock
from tests.procore.misbehaving import AFTER, BEFORE, OF_SYNCS, Misbehaving
from tests.procore.story import Site, Template, end_state, open_site, prepare, story
from tests.support import DEEP, SOAK

SEEDS = 2000 if SOAK else 16 if DEEP else 3
STORIES = 10 if SOAK else 3
"""The quiet run of a story is a run of its own: few stories, many troubles."""

PATIENT = dict.fromkeys(wire.ANSWER_SECONDS, 10.0)
IMPATIENT = dict.fromkeys(wire.ANSWER_SECONDS, 0.3)
"""Seconds: how long a silent server is waited for while it misbehaves."""

LIMITS = ({"hourly": 100_000, "spike": 100_000}, {"hourly": 600, "spike": 25}, {"hourly": 150, "spike": 25})
"""Procore's two windows of calls; the second pair is the one of its documentation."""


@pytest.fixture(name="template", scope="module")
def fixture_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A bridge with two released projects, to be copied."""
    return prepare(tmp_path_factory.mktemp("template"))


SEEN: dict[str, type[httpx.TransportError] | tuple[int, ...]] = {
    "": (200,),
    "hangs up": httpx.ReadError,
    "stays silent": httpx.ReadTimeout,
    "fault": (408, 500, 502, 504),
    "conflict": (409,),
    "full window": (429,),
    "empty hour": (429,),
    "away": (503,),
    "proxy": (200,),
    "no token": (401,),
    "loses the answer": httpx.ReadError,
    "cuts the answer": httpx.TransportError,
    "silent after": httpx.ReadTimeout,
    "fault after": (408, 500, 502, 504),
    "slow": (200,),
    "leaves": (200,),
}
"""What a client sees of each trouble of a read."""


@pytest.mark.parametrize("kind", SEEN)
def test_a_trouble_is_what_it_is_called(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one is a real event of a real socket, and the work is done or not as its name says."""
    procore = demo_company(FakeClock().now)
    server = Misbehaving(procore, Random(1), lambda _seconds: None)  # noqa: S311 - nothing secret is drawn
    token = procore._login.token(
        {
            "grant_type": "client_credentials",
            "client_id": procore.client_id,
            "client_secret": procore.client_secret,
        }
    )[1]["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Procore-Company-Id": str(procore.company_id)}
    monkeypatch.setattr(server, "fault", lambda *_: kind)
    expected = SEEN[kind]
    try:
        with httpx.Client(base_url=server.url, headers=headers, timeout=0.2 if "silent" in kind else 20.0) as client:
            path = f"/rest/v1.0/vendors?company_id={procore.company_id}"
            if isinstance(expected, tuple):
                assert client.get(path).status_code in expected
            else:
                with pytest.raises(expected):
                    client.get(path)
            assert bool(procore.calls) == (kind in {"", "no token", *AFTER})
        monkeypatch.setattr(server, "fault", lambda *_: "")
        # A connection of its own: the one before may have been left without a word, as the trouble of that name does.
        with httpx.Client(base_url=server.url, headers=headers, timeout=20.0) as client:
            assert client.get(path).status_code == (401 if kind == "no token" else 200)
    finally:
        server.close()
    assert server.wrong == []
    assert set(SEEN) == {"", *BEFORE, *AFTER} - OF_SYNCS


@contextmanager
def opened(template: Template, random: Random, **limits: int) -> Iterator[Site]:
    """A copy of the bridge before a Procore of its own."""
    with TemporaryDirectory() as folder:
        site = open_site(Path(folder) / "data", template, random, **limits)
        try:
            yield site
        finally:
            site.close()


def in_step(site: Site) -> None:
    """Read, write and read once more, as the clockwork does, without any trouble."""
    for step in (site.pull, site.push, site.pull):
        problems = step()
        assert not problems, (problems, site.server.happened)
    assert site.server.wrong == []


def differences(found: dict[str, list[Any]], expected: dict[str, list[Any]]) -> list[str]:
    """Tell what stands in one of two end states only, or in one of them more often."""
    told = []
    for name, rows in expected.items():
        more = [row for row in found[name] if found[name].count(row) > rows.count(row)]
        less = [row for row in rows if rows.count(row) > found[name].count(row)]
        told += [f"{name}: more {row}" for row in more] + [f"{name}: less {row}" for row in less]
    return told


@cache
def quiet(number: int, template: Template) -> dict[str, list[Any]]:
    """How a story ends where Procore always answers as it should."""
    with opened(template, Random(0)) as site:  # noqa: S311 - nothing secret is drawn
        for part in story(number, template):
            for person in part.people:
                person.do(site.procore)
            site.post(part.documents)
            assert site.pull() == []
            assert site.push() == []
            site.clock.pass_time(part.hours * 3600)
        in_step(site)
        return end_state(site)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_misbehaving_procore_changes_nothing_in_the_end(
    seed: int,
    template: Template,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Lost, cut, late and refused answers, both windows used up, tokens taken back, pages that move: nothing twice."""
    random = Random(seed)  # noqa: S311 - nothing secret is drawn, and a seed must give the same troubles again
    patience = dict(IMPATIENT)
    monkeypatch.setattr(wire, "ANSWER_SECONDS", patience)
    with opened(template, random, **random.choice(LIMITS)) as site:
        for part in story(seed % STORIES, template):
            site.post(part.documents)
            site.server.meanwhile = list(part.people)
            site.server.how_often = random.choice([0.02, 0.1, 0.3])
            for step in (site.pull, site.push, site.push):
                with suppress(BridgeError):
                    step()
            while site.server.meanwhile:
                site.server.meanwhile.pop(0).do(site.procore)
            site.clock.pass_time(part.hours * 3600)
        site.server.how_often = 0.0
        site.allow()
        patience.update(PATIENT)
        site.clock.pass_time(7200)
        in_step(site)
        told = differences(end_state(site), quiet(seed % STORIES, template))
        assert not told, (told, site.server.happened)
        record_property("figure: troubles of a misbehaving Procore that were outlived", len(site.server.happened))
        del site.procore.calls[:]
        assert site.push() == []
        assert [call.path for call in site.procore.calls if call.method != "GET"] == []
