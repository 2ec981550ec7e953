import json

import pytest

from qbwc_bridge.domain.webhooks import COMPANY_RESOURCES, PROJECT_RESOURCES, destination, wanted
from qbwc_bridge.errors import Refused
from tests.support import shared_dir


def test_every_trigger_is_one_that_procore_has() -> None:
    """Each resource and event stands in the list that was read from Procore, for a company's or a project's hook."""
    known = json.loads(shared_dir("procore-api", "webhook-resources-2026-02.json").read_text(encoding="utf-8"))
    for level, ours in (("company", COMPANY_RESOURCES), ("project", PROJECT_RESOURCES)):
        assert {name: set(events) for name, events in ours.items()} == {
            name: set(known[level][name]) & set(events) for name, events in ours.items()
        }
    assert not set(COMPANY_RESOURCES) & set(PROJECT_RESOURCES)
    assert {one.resource for one in wanted(None)} == set(COMPANY_RESOURCES)
    assert {one.resource for one in wanted(7)} == set(PROJECT_RESOURCES)


@pytest.mark.parametrize(
    "address",
    [
        "http://bridge.example.com",
        "http://localhost:8085",
        "https://localhost",
        "https://bridge.localhost:8443",
        "https://127.0.0.1",
        "https://127.8.8.8:8443",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://0.0.0.0",
        "https://10.1.2.3",
        "https://192.168.1.20",
        "https://[fe80::1]",
    ],
)
def test_what_procore_cannot_reach_is_refused(address: str) -> None:
    """Without https, or at an address that the internet does not reach, no webhook is made; the way out is told."""
    with pytest.raises(Refused, match=r"set PUBLIC_URL .* or do without"):
        destination(address, "Bluestone")


@pytest.mark.parametrize(
    ("name", "path"),
    [("Bluestone", "Bluestone"), ("Blue & Co", "Blue%20%26%20Co"), ("Señor #1?", "Se%C3%B1or%20%231%3F")],
)
def test_a_name_becomes_one_part_of_the_address(name: str, path: str) -> None:
    """Whatever a connection is called, its address is one path that leads back to that name."""
    assert destination("https://bridge.example.com:8443", name) == (
        f"https://bridge.example.com:8443/webhooks/procore/{path}"
    )
