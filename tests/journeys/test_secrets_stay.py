"""Secrets are made per run, put into every entrance, and then looked for everywhere."""

import logging
from pathlib import Path

import pytest

from qbwc_bridge.errors import ProcoreError
from tests.journeys.bridge import Bridge
from tests.protocol.fakes import ask


def test_no_secret_reaches_log_wire_or_database(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Neither the Web Connector's password nor Procore's secret nor a ticket is found in logs, files or requests."""
    caplog.set_level(logging.DEBUG)
    bridge.switch_on("24-001")
    bridge.visit()
    bridge.accept_all()
    visit = bridge.visit()
    bad = f"<soap:Envelope><authenticate><strPassword>{bridge.password}&#1;</strPassword>".encode()
    ask(bridge.wsgi, "POST", bad, SCRIPT_NAME="", PATH_INFO="/qbwc")
    bridge.procore.revoke_tokens()
    bridge.procore.fail_next(status=401, count=3, path_contains="oauth/token")
    with pytest.raises(ProcoreError) as caught:
        bridge.pull()
    secrets = [bridge.password, bridge.procore.client_secret]

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
