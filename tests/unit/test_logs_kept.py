"""What stands on each line, what is kept in files, and what is hidden whatever it is called or holds."""

import io
import json
import logging
import os
import secrets
import string
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge import logs
from qbwc_bridge.logs import files
from tests.unit.test_logs import _as_before as as_before
from tests.unit.test_logs import configured, log

__all__ = ["as_before"]

SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "ticket",
    "Authorization",
    "cookie",
    "credentials",
    "api_key",
    "SMTP_URL",
)
names = st.text(string.ascii_letters + "_", max_size=8)
Nested = dict[str, object] | list[object] | str


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Iterator[Path]:
    """Keep the log in a folder, and let the files go at the end."""
    configured()
    with logs.kept_in(tmp_path / "logs", as_json=False):
        yield tmp_path / "logs"


def told(folder: Path) -> str:
    """Give all that the files say, the oldest first."""
    return "".join(path.read_text(encoding="utf-8") for path in reversed(files.newest_first(folder)))


def nested(value: str, path: list[str]) -> Nested:
    """Put a value into fields within fields, the innermost one last."""
    found: Nested = value
    for name in reversed(path):
        found = {name: found} if name else [found]
    return found


@given(
    before=names, word=st.sampled_from(SECRET_WORDS), after=names, path=st.lists(names, max_size=3), plain=st.booleans()
)
def test_whatever_a_secret_lies_in_it_is_hidden_by_its_name(
    before: str, word: str, after: str, path: list[str], *, plain: bool
) -> None:
    """A field whose name holds such a word is hidden, however deep it lies and whatever lies below it."""
    text, secret = configured(as_json=not plain), secrets.token_hex(12)
    logging.getLogger("qbwc_bridge.test").info(
        "asked", extra={"facts": nested(secret, [*path, f"{before}{word}{after}", *path]), f"x{word}": secret}
    )
    assert secret not in text.getvalue()
    assert text.getvalue().count("[hidden]") == 2


@given(st.dictionaries(st.sampled_from(["connection", "task", "path", "told"]), st.text(string.printable)))
def test_json_gives_facts_back(facts: dict[str, str]) -> None:
    """A field that is no secret comes through as it is, unless its own text calls something one."""
    text = configured(as_json=True)
    logging.getLogger("qbwc_bridge.test").info("asked", extra=facts)
    event = json.loads(text.getvalue())
    assert {name: event[name] for name in facts} == {name: logs.without_secrets(value) for name, value in facts.items()}


def test_lines_say_what_they_are_about() -> None:
    """Facts of a block stand on each line inside, those noted there too, and on none after it or of another thread."""
    text = configured()
    with logs.about(connection="Bluestone"):
        log.info("one")
        with logs.about(task=7):
            logs.note(session="ab12")
            log.info("two", extra={"task": 8})
            other = threading.Thread(target=log.info, args=("three",))
            other.start()
            other.join()
        log.info("four")
    log.info("five")
    lines = [line.partition(": ")[2] for line in text.getvalue().splitlines()]
    assert lines == [
        "one connection='Bluestone'",
        "two connection='Bluestone' session='ab12' task=8",
        "three",
        "four connection='Bluestone'",
        "five",
    ]


def test_the_same_lines_are_kept_in_files(folder: Path) -> None:
    """Files hold what standard error is told, for their owner alone."""
    log.info("Ümläut", extra={"password": secrets.token_hex(8)})
    (path,) = files.newest_first(folder)
    assert "Ümläut password='[hidden]'" in told(folder)
    if sys.platform != "win32":
        assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)


def test_files_have_a_size_and_a_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full file is followed by a new one, no line is torn or lost meanwhile, and the oldest go."""
    monkeypatch.setattr(files, "FILE_BYTES", 1000)
    monkeypatch.setattr(files, "FILES", 5)
    for place in range(200):
        log.info("line %03d", place)
    kept = files.newest_first(folder)
    assert len(kept) == 5
    assert all(path.stat().st_size <= 1000 for path in kept)
    numbers = [int(line.split("line ")[1]) for line in told(folder).splitlines()]
    assert numbers == list(range(numbers[0], 200))
    assert numbers[0] > 100


def test_a_file_that_somebody_has_open_stops_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Windows refuses to remove a file, writing goes on, and it is removed once that is allowed."""
    monkeypatch.setattr(files, "FILE_BYTES", 200)
    monkeypatch.setattr(files, "FILES", 2)
    real = Path.unlink
    monkeypatch.setattr(Path, "unlink", _refuse)
    for place in range(20):
        log.info("line %03d", place)
    assert len(files.newest_first(folder)) > 2
    assert [f"line {place:03}" in told(folder) for place in range(20)] == [True] * 20
    monkeypatch.setattr(Path, "unlink", real)
    for place in range(5):
        log.info("more %03d", place)
    assert len(files.newest_first(folder)) == 2


def _refuse(path: Path) -> None:
    raise PermissionError(13, "The process cannot access the file", str(path))


def test_a_file_that_was_removed_is_made_anew(folder: Path) -> None:
    """Somebody who tidies up, or a server beside this one, takes no later line away."""
    log.info("before")
    for path in files.newest_first(folder):
        path.unlink()
    log.info("after")
    assert "after" in told(folder)


def test_a_disk_that_refuses_is_told_once_and_used_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk costs lines of the file only, one sentence says so, and writing goes on once there is room."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", _full)
        for _ in range(3):
            log.info("lost")
    assert capsys.readouterr().err.count("cannot be written") == 1
    log.info("kept")
    assert "kept" in told(folder)
    assert "lost" not in told(folder)


def _full(*_given: object) -> int:
    raise OSError(28, "No space left on device")


def test_servers_beside_each_other_write_their_own_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes on one data folder never share a file."""
    log.info("mine")
    monkeypatch.setattr(os, "getpid", lambda: 4)
    other = files.LogFiles(folder)
    other.setFormatter(logs.Formatter(as_json=False))
    other.handle(logging.makeLogRecord({"msg": "theirs", "name": "x", "levelname": "INFO"}))
    other.close()
    assert len(files.newest_first(folder)) == 2


def test_standard_error_may_be_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Windows service has no standard error; the file is written all the same."""
    monkeypatch.setattr(sys, "stderr", None)
    logs.configure("info", as_json=False)
    log.info("a service")
    monkeypatch.undo()
    assert "a service" in told(folder)


def test_a_text_of_many_lines_is_one_line() -> None:
    """No text from outside makes a line that looks like an event of its own."""
    text = io.StringIO()
    logs.configure("info", as_json=False, stream=text)
    log.info("a\r\nb\nc %s", "d\ne", extra={"fact": "f\ng"})
    assert len(text.getvalue().splitlines()) == 1
