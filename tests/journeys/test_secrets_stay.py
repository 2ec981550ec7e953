"""Secrets are made per run, put into every entrance, and then looked for everywhere."""

import logging
from pathlib import Path
from secrets import token_urlsafe

import pytest

from qbwc_bridge.errors import ProcoreError
from tests.journeys.bridge import Bridge
from tests.protocol.fakes import ask


def hook_secret(bridge: Bridge) -> str:
    """Give the connection a secret that Procore's events are known by."""
    made = token_urlsafe(32)
    with bridge.app.kit.work() as uow:
        row = uow.connections.get(bridge.connection.id)
        row.webhook_secret = bridge.app.vault.seal(f"Bearer {made}")
        uow.connections.save(row)
    return made


def test_no_secret_reaches_log_wire_or_database(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """No password, secret of Procore or of its webhooks, and no ticket is found in logs, files or requests."""
    caplog.set_level(logging.DEBUG)
    event_secret, guess = hook_secret(bridge), token_urlsafe(32)
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    visit = bridge.visit()
    bad = f"<soap:Envelope><authenticate><strPassword>{bridge.password}&#1;</strPassword>".encode()
    ask(bridge.wsgi, "POST", bad, SCRIPT_NAME="", PATH_INFO="/qbwc")
    for header in (f"Bearer {event_secret}", f"Bearer {guess}", guess):
        for event in (b"{}", b"{", header.encode()):
            path = {"SCRIPT_NAME": "", "PATH_INFO": "/webhooks/procore/Bluestone"}
            ask(bridge.wsgi, "POST", event, **path, HTTP_AUTHORIZATION=header)
    bridge.procore.revoke_tokens()
    bridge.procore.fail_next(status=401, count=3, path_contains="oauth/token")
    with pytest.raises(ProcoreError) as caught:
        bridge.pull()
    secrets = [bridge.password, bridge.procore.client_secret, event_secret, guess]

    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in str(caught.value)
        assert all(secret not in request for request in visit.requests)
        for file in (file for file in tmp_path.rglob("*") if file.is_file()):
            content = file.read_bytes()
            assert secret.encode() not in content, file.name
    with bridge.app.kit.work() as uow:
        for message in uow.message_sets.find():
            assert all(secret not in message.request_text + message.reply_text for secret in secrets)
