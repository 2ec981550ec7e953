"""No password in any log, whatever the level and whatever is wrong with the request."""

import io
import logging
import logging.config
import re
import secrets
from collections.abc import Iterator

import pytest

from qbwc_bridge.webconnector.spyne_compat import SPYNE_LOGGERS_WITH_BODIES, hush
from tests.bench import bare
from tests.protocol.fakes import FakeCalls, application, ask, call, post

NUMBERS = "<qbXMLMajorVers>13</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>"


@pytest.fixture(name="everything")
def _everything() -> Iterator[io.StringIO]:
    """Collect what every logger writes at every level, the user's configuration reset and turned to DEBUG."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith(("spyne", "qbwc_bridge"))]
    before = {name: (logging.getLogger(name).level, logging.getLogger(name).disabled) for name in names}
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    level = logging.root.level
    # What an eager user does: this resets `disabled` and levels of loggers that exist already.
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "loggers": {name: {"level": "DEBUG", "propagate": True} for name in names},
        }
    )
    logging.root.setLevel(1)
    logging.root.addHandler(handler)
    yield text
    logging.root.removeHandler(handler)
    logging.root.setLevel(level)
    for name, (old_level, disabled) in before.items():
        logging.getLogger(name).setLevel(old_level)
        logging.getLogger(name).disabled = disabled
    hush()


def _sign_in(password: str, extra: str = "") -> bytes:
    return call("authenticate", f"<strUserName>carol</strUserName><strPassword>{password}</strPassword>{extra}")


def test_a_password_reaches_no_log_in_good_or_malformed_requests(everything: io.StringIO) -> None:
    """Good, unclosed, illegal, mis-encoded, misnamed, bombed, refused and failing calls: nothing is quoted."""
    password = secrets.token_urlsafe(16)
    app = application()
    failing = application(FakeCalls(failing=ValueError(f"no user with {password}")))
    good = _sign_in(password)
    bodies = [
        good,
        good[:-20],
        _sign_in(password + "&#1;"),
        _sign_in(password + "&nosuch;"),
        _sign_in(password + "\x01"),
        _sign_in(f"<{password}>"),
        _sign_in(password, f"<strPassword>{password}</strPassword>"),
        good + b"\xff",
        good.replace(b"authenticate", password.encode()),
        good.replace(b'<?xml version="1.0" encoding="utf-8"?>', f'<!DOCTYPE x [<!ENTITY e "{password}">]>'.encode()),
        good.replace(b"strPassword", f"x{password}".encode()),
    ]

    answers = [post(app, body) for body in bodies]
    answers += [post(app, good, CONTENT_TYPE=kind) for kind in (f"text/{password}", f"text/xml; charset={password}")]
    answers += [post(app, good, CONTENT_LENGTH=length) for length in (password, str(len(good) + 1), None)]
    answers += [post(failing, good), ask(app, "GET", QUERY_STRING=f"wsdl={password}"), ask(app, "PUT", good)]

    assert password not in everything.getvalue()
    assert "was refused: The request is not well-formed XML (line 1" in everything.getvalue()
    assert [answer.body for answer in answers if password.encode() in answer.body] == []


def test_spyne_itself_writes_no_request_even_when_it_is_given_a_malformed_one(everything: io.StringIO) -> None:
    """Without a guard in front, too: the loggers that write bodies stay closed whatever was configured."""
    password = secrets.token_urlsafe(16)
    unguarded = bare.application()

    assert post(unguarded, call("sendRequestXML", f"<ticket>{password}</ticket>{NUMBERS}")).status == 200
    assert post(unguarded, call("sendRequestXML", f"<ticket>{password}&#1;</ticket>{NUMBERS}")).status == 500

    assert password not in everything.getvalue()


def test_the_loggers_that_write_bodies_stay_closed_when_reopened(everything: io.StringIO) -> None:
    """A later configuration can reset `disabled` and levels, but not the filters."""
    for name in (*SPYNE_LOGGERS_WITH_BODIES, "spyne.protocol.xml"):
        logger = logging.getLogger(name)
        logger.disabled = False
        logger.setLevel(1)
        logger.info("a body")
    for name in SPYNE_LOGGERS_WITH_BODIES:
        logging.getLogger(name).error("a body")

    assert "a body" not in everything.getvalue()


def test_a_failure_inside_is_logged_with_its_kind_and_place(everything: io.StringIO) -> None:
    """Who looks for the fault finds the exceptions' types and places in one line; no message, no trace, no path."""
    failure = LookupError("outer s3cret")
    failure.__cause__ = OSError("inner s3cret")

    post(application(FakeCalls(failing=failure)), call("serverVersion"))

    (line,) = [line for line in everything.getvalue().splitlines() if "SOAP call failed" in line]
    assert line.startswith("A SOAP call failed: builtins.LookupError at ")
    assert re.search(r"tests\.protocol\.fakes:\d+ in server_version", line)
    assert line.endswith(" after builtins.OSError")
    assert "s3cret" not in everything.getvalue()
    assert not re.search(r"Traceback|\.py|site-packages", everything.getvalue())


def test_an_exception_that_spyne_logs_loses_its_text_and_trace(everything: io.StringIO) -> None:
    """Of an answer that XML cannot carry, and of all that spyne logs, the kind is told, not what it says or passed."""
    secret = secrets.token_urlsafe(16)

    post(application(FakeCalls(request=f"{secret}\x00")), call("sendRequestXML", NUMBERS))
    for name in ("spyne.server.wsgi", "spyne.application"):
        try:
            int(secret)
        except ValueError as error:
            logging.getLogger(name).exception(error)  # noqa: TRY401 - as spyne does
            logging.getLogger(name).error("about %s", secret, stack_info=True)  # noqa: TRY400

    text = everything.getvalue()
    assert "builtins.ValueError at " in text
    assert secret not in text
    assert not re.search(r"Traceback|\.py|site-packages", text)
