"""Metrics: the table is whole, and what is written is what Prometheus' text format allows."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge import metrics
from qbwc_bridge.metrics import BUCKETS, METRICS, Metric, exposition

SERIES = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"')


@pytest.fixture(name="table")
def _table(monkeypatch: pytest.MonkeyPatch) -> list[Metric]:
    """Put a table of our own into the place of the real one."""
    made = [Metric("calls_total", "counter", "Calls.", ("who",)), Metric("call_seconds", "histogram", "Time.")]
    monkeypatch.setattr(metrics, "METRICS", made)
    return made


def read(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Read the text format strictly: name, labels and value of each series."""
    for line in text.splitlines():
        if not line.startswith("#"):
            found = SERIES.fullmatch(line)
            assert found, line
            labels = {name: _plain(value) for name, value in LABEL.findall(found[2] or "")}
            yield found[1], labels, float(found[3])


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), value)


def test_every_metric_is_in_the_table_and_well_named() -> None:
    """No metric is left out; names are unique, begin with qbwc_bridge_, and counters end with _total."""
    assert [each for each in vars(metrics).values() if isinstance(each, Metric)] == list(METRICS)
    names = [each.name for each in METRICS]
    assert len(set(names)) == len(names)
    assert [each.name for each in METRICS if not re.fullmatch(r"qbwc_bridge(_[a-z]+)+", each.name)] == []
    assert all(each.name.endswith("_total") == (each.kind == "counter") for each in METRICS)
    assert all(re.search(r"\w.*\.$", each.tells) for each in METRICS)


def test_a_metric_keeps_to_its_labels() -> None:
    """A value without its labels is a mistake of ours, and raises."""
    with pytest.raises(ValueError, match="outcome"):
        metrics.LOGINS.add()


@given(
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"))
)
def test_any_name_is_read_back(name: str) -> None:
    """Whatever a connection is called, its series is one line and says that name."""
    text = exposition([metrics.LAST_CONTACT.read(7, name)])
    assert ("qbwc_bridge_seconds_since_contact", {"connection": name}, 7.0) in list(read(text))


@given(st.lists(st.floats(0, 10_000)))
def test_durations_add_up(seconds: list[float]) -> None:
    """Each bucket counts what took no longer than its bound; the last one and the count have all."""
    metric = Metric("call_seconds", "histogram", "Time.")
    for each in seconds:
        metric.took(each)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(metrics, "METRICS", [metric])
        found = list(read(exposition([])))
    if not seconds:
        assert found == []
        return
    buckets = {labels["le"]: value for name, labels, value in found if name == "call_seconds_bucket"}
    assert buckets == {
        **{f"{bound:g}": sum(each <= bound for each in seconds) for bound in BUCKETS},
        "+Inf": len(seconds),
    }
    rest = {name: value for name, labels, value in found if not labels}
    assert rest == {"call_seconds_sum": pytest.approx(sum(seconds)), "call_seconds_count": len(seconds)}


def test_a_label_without_end_is_bounded(table: list[Metric]) -> None:
    """More combinations of labels than are kept change nothing."""
    for place in range(metrics.MOST_SERIES + 5):
        table[0].add(str(place))
    table[0].add("0")
    found = {labels["who"]: value for _, labels, value in read(exposition([]))}
    assert len(found) == metrics.MOST_SERIES
    assert found["0"] == 2


def test_what_never_happened_is_not_told(table: list[Metric]) -> None:
    """A metric without a series has no lines; one with has its meaning and kind before them."""
    assert exposition([]) == ""
    table[0].add("A", by=2)
    assert exposition([]).splitlines() == [
        "# HELP calls_total Calls.",
        "# TYPE calls_total counter",
        'calls_total{who="A"} 2.0',
    ]
