import io
import json
import logging
import re
import secrets
from collections.abc import Iterator

import pytest

from qbwc_bridge import logs

log = logging.getLogger("qbwc_bridge.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def configured(level: str = "info", *, as_json: bool = False) -> io.StringIO:
    """Configure logging into a text."""
    text = io.StringIO()
    logs.configure(level, as_json, stream=text)
    return text


def test_a_line_tells_time_level_place_and_facts() -> None:
    """One event is one line, even when a text from outside holds a line break."""
    text = configured()
    log.info("pull of %s", "Blue\nstone", extra={"records": 3})

    assert text.getvalue().count("\n") == 1
    assert "INFO    qbwc_bridge.test: pull of Blue\\nstone records=3" in text.getvalue()


def test_json_is_one_object_a_line() -> None:
    """With LOG_JSON every event is one JSON object with its facts as fields."""
    text = configured(as_json=True)
    log.warning("slow", extra={"seconds": 9})

    event = json.loads(text.getvalue())
    assert (event["event"], event["level"], event["logger"], event["seconds"]) == ("slow", "warning", log.name, 9)


def test_an_exception_is_told_in_one_line_without_its_values() -> None:
    """Kinds and places of an exception and its causes, however deep it went; no message, no path."""

    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        raise LookupError("s3cret") from OSError("s3cret")

    with pytest.raises(LookupError) as caught:
        deep(100)

    told = logs.without_values(caught.value)
    assert re.fullmatch(
        r"builtins\.LookupError at (tests\.unit\.test_logs:\d+ in deep > )+.* after builtins\.OSError", told
    )
    assert told.count(" > ") == logs.MAX_PLACES - 1


@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_is_written(*, as_json: bool) -> None:
    """Fields named like secrets, and secrets with their names inside texts and exceptions, are hidden."""
    text = configured("debug", as_json=as_json)
    secret = secrets.token_hex(12)
    log.info(
        "sign-in", extra={"password": secret, "headers": {"Authorization": f"Basic {secret}"}, "client_secret": secret}
    )
    log.info("asked with Authorization: Bearer %s", secret)
    log.info("POST client_id=7&client_secret=%s&x=1", secret)
    log.info("<strPassword>%s</strPassword>", secret)
    log.info('{"access_token": "%s"}', secret)
    try:
        raise ValueError(f"cannot open postgresql://me:{secret}@host/name")  # noqa: TRY301
    except ValueError:
        log.exception("fault")

    assert secret not in text.getvalue()
    assert "postgresql://me:[hidden]@host/name" in text.getvalue()
    assert "client_id=7" in text.getvalue()


def test_chatty_libraries_are_held_at_warning() -> None:
    """At level debug the libraries that write requests whole still write warnings only."""
    text = configured("debug")
    for name in ("httpx", "httpcore", "waitress", "spyne.protocol", "alembic.runtime"):
        logging.getLogger(name).info("everything")
        logging.getLogger(name).warning("trouble")

    assert "everything" not in text.getvalue()
    assert text.getvalue().count("trouble") >= 4


def test_configuring_again_does_not_write_twice() -> None:
    """Only the last configuration holds."""
    configured()
    text = configured("error")
    log.warning("no")
    log.error("yes")

    assert text.getvalue().count("\n") == 1
