"""What monitors are told: every metric with its meaning, in one table, and Prometheus' text format.

Counters and durations are kept by this process from its start; a monitor adds several processes up. Figures of the
database are read when a monitor asks, and handed over as samples. Labels hold words of ours and names of connections
only: no amount, and no name of a vendor, project or person.

The format has three kinds of line and one rule of escaping, so it needs no library:
https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
"""Upper bounds of durations, in seconds: from one call of a visit up to the lease of a pull."""

MOST_SERIES = 10_000
"""Combinations of labels kept of one metric: a label that grew without end must not eat the memory."""

_LOCK = threading.Lock()


@dataclass(slots=True)
class _Kept:
    """One series: its number, and of durations how many fell into each bucket."""

    value: float = 0.0
    buckets: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure that was read just now."""

    metric: "Metric"
    value: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One row of the table: a name, what it tells, and the labels that tell its series apart."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    tells: str
    labels: tuple[str, ...] = ()
    _series: dict[tuple[str, ...], _Kept] = field(default_factory=dict)

    def add(self, *labels: str, by: float = 1) -> None:
        """Count."""
        with _LOCK:
            self._of(labels).value += by

    def put(self, value: float, *labels: str) -> None:
        """Keep the newest value."""
        with _LOCK:
            self._of(labels).value = value

    def took(self, seconds: float, *labels: str) -> None:
        """Count something with how long it took."""
        with _LOCK:
            kept = self._of(labels)
            kept.buckets = kept.buckets or [0] * (len(BUCKETS) + 1)
            kept.buckets[bisect_left(BUCKETS, seconds)] += 1
            kept.value += seconds

    def read(self, value: float, *labels: str) -> Sample:
        """Give a figure that was read just now."""
        return Sample(self, value, labels)

    def _of(self, labels: tuple[str, ...]) -> _Kept:
        if len(labels) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}")
        kept = self._series.get(labels)
        if kept is None:
            kept = _Kept()
            if len(self._series) < MOST_SERIES:
                self._series[labels] = kept
        return kept


INFO = Metric(
    "qbwc_bridge_info",
    "gauge",
    "Always 1; the labels tell the program's version, Python's, the kind of database and the version of its schema.",
    ("version", "python", "database", "schema"),
)
STARTED = Metric("qbwc_bridge_start_time_seconds", "gauge", "When this process began, in seconds of Unix time.")
DATABASE_UP = Metric("qbwc_bridge_database_up", "gauge", "1 where the database could be read just now, else 0.")
DATABASE_BYTES = Metric("qbwc_bridge_database_bytes", "gauge", "Size of the database.")
CLOCKWORK_LAG = Metric(
    "qbwc_bridge_clockwork_seconds_since_tick",
    "gauge",
    "How long ago the clockwork of this process last looked whether something is due; it looks every five seconds, "
    "unless a pull or push is under way.",
)
SOAP_CALLS = Metric(
    "qbwc_bridge_soap_calls_total",
    "counter",
    "Calls of the Web Connector. outcome: answered, refused (no call of a Web Connector) or failed (a fault of the "
    "bridge). operation is empty where it could not be read.",
    ("operation", "outcome"),
)
SOAP_SECONDS = Metric(
    "qbwc_bridge_soap_call_seconds", "histogram", "How long the bridge took for calls that it answered.", ("operation",)
)
LOGINS = Metric(
    "qbwc_bridge_logins_total",
    "counter",
    "Logins of Web Connectors. outcome: opened (a session began), nothing_to_do, busy (a session of the connection is "
    "open) or refused (user name or password).",
    ("outcome",),
)
SESSIONS = Metric(
    "qbwc_bridge_sessions_open", "gauge", "Sessions of the Web Connector that are open now.", ("connection",)
)
LAST_CONTACT = Metric(
    "qbwc_bridge_seconds_since_contact",
    "gauge",
    "How long ago the Web Connector last called; none before its first call.",
    ("connection",),
)
LAST_PULL = Metric(
    "qbwc_bridge_seconds_since_pull",
    "gauge",
    "How long ago the last round of reading Procore ended; none before the first.",
    ("connection",),
)
LAST_PUSH = Metric(
    "qbwc_bridge_seconds_since_push",
    "gauge",
    "How long ago the last push to Procore ended; none before the first.",
    ("connection",),
)
STOPPED = Metric(
    "qbwc_bridge_stopped",
    "gauge",
    "1 where writing stands still until a person acts, else 0. what: alarm (nothing goes to QuickBooks), brake "
    "(nothing goes to Procore) or detached (the connection's keys were taken out of Procore).",
    ("connection", "what"),
)
SUBMISSIONS = Metric(
    "qbwc_bridge_submissions", "gauge", "Submissions by state, updates included.", ("connection", "state")
)
TASKS = Metric(
    "qbwc_bridge_tasks",
    "gauge",
    "Tasks that are not ended, by state: queued, sent, in_doubt or parked.",
    ("connection", "state"),
)
MAIL = Metric(
    "qbwc_bridge_mail",
    "gauge",
    "Letters that did not go out yet. state: waiting, sending or given_up.",
    ("connection", "state"),
)
STEPS = Metric(
    "qbwc_bridge_step_seconds",
    "histogram",
    "Steps of the clockwork with how long they took. step: pull, push, settle, figures, notices or mail; outcome: "
    "done, refused (it ended with a sentence, which the log has) or failed (a fault of the bridge).",
    ("step", "outcome"),
)
PROBLEMS = Metric(
    "qbwc_bridge_step_problems_total",
    "counter",
    "What pulls and pushes could not read or write although they went on, a sentence each in log or page.",
    ("step",),
)
PROCORE_CALLS = Metric(
    "qbwc_bridge_procore_calls_total",
    "counter",
    "Calls to Procore, each attempt by itself. outcome: the status (such as 200 or 429), or lost where no answer came.",
    ("method", "outcome"),
)
PROCORE_SECONDS = Metric(
    "qbwc_bridge_procore_call_seconds",
    "histogram",
    "How long Procore took to answer, or how long an answer was waited for that never came.",
    ("method",),
)
PROCORE_LEFT = Metric(
    "qbwc_bridge_procore_calls_left",
    "gauge",
    "Calls that Procore allows yet in the window nearer to its end, as its last answer told; company is Procore's id.",
    ("company",),
)

METRICS = (
    INFO,
    STARTED,
    DATABASE_UP,
    DATABASE_BYTES,
    CLOCKWORK_LAG,
    SOAP_CALLS,
    SOAP_SECONDS,
    LOGINS,
    SESSIONS,
    LAST_CONTACT,
    LAST_PULL,
    LAST_PUSH,
    STOPPED,
    SUBMISSIONS,
    TASKS,
    MAIL,
    STEPS,
    PROBLEMS,
    PROCORE_CALLS,
    PROCORE_SECONDS,
    PROCORE_LEFT,
)
"""Every metric, in the order in which monitors and the documentation meet them."""


def exposition(samples: Iterable[Sample]) -> str:
    """Give what this process counted and `samples` in Prometheus' text format."""
    read: dict[Metric, list[Sample]] = {}
    for sample in samples:
        read.setdefault(sample.metric, []).append(sample)
    lines: list[str] = []
    with _LOCK:
        for metric in METRICS:
            series = [*_kept(metric), *(_line(metric, each.labels, each.value) for each in read.get(metric, ()))]
            if series:
                tells = metric.tells.replace("\\", r"\\").replace("\n", r"\n")
                lines += [f"# HELP {metric.name} {tells}", f"# TYPE {metric.name} {metric.kind}", *series]
    return "\n".join([*lines, ""])


def _kept(metric: Metric) -> Iterator[str]:
    for labels, kept in sorted(metric._series.items()):  # noqa: SLF001 - the table and its writer are one module
        if metric.kind != "histogram":
            yield _line(metric, labels, kept.value)
            continue
        count = 0
        for bound, fell in zip((*(f"{bound:g}" for bound in BUCKETS), "+Inf"), kept.buckets, strict=True):
            count += fell
            yield _line(metric, labels, count, "_bucket", le=bound)
        yield _line(metric, labels, kept.value, "_sum")
        yield _line(metric, labels, count, "_count")


def _line(metric: Metric, labels: tuple[str, ...], value: float, part: str = "", **more: str) -> str:
    named = {**dict(zip(metric.labels, labels, strict=True)), **more}
    told = ",".join(f'{name}="{_escaped(text)}"' for name, text in named.items())
    return f"{metric.name}{part}{{{told}}} {value!r}" if told else f"{metric.name}{part} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
