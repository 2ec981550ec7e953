"""Login and API address must belong together."""

import pytest

from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.procore import PRODUCTION_API_URL, PRODUCTION_LOGIN_URL
from qbwc_bridge.procore.hosts import check_hosts

GOOD = [
    (PRODUCTION_LOGIN_URL, PRODUCTION_API_URL),
    ("https://login-sandbox.procore.com", "https://sandbox.procore.com"),
    ("https://login-sandbox-monthly.procore.com/", "https://api-monthly.procore.com/"),
    ("https://login.procoregov.com", "https://api.procoregov.com"),
    ("http://127.0.0.1:4001", "http://localhost:4002"),
    ("http://[::1]:4001", "http://[::1]:4001"),
]
MIXED = [
    (PRODUCTION_LOGIN_URL, "https://sandbox.procore.com"),
    ("https://login-sandbox.procore.com", PRODUCTION_API_URL),
    ("https://login.procoregov.com", PRODUCTION_API_URL),
    ("https://login.example.com", PRODUCTION_API_URL),
    (PRODUCTION_LOGIN_URL, "http://127.0.0.1:4001"),
    ("http://127.0.0.1:4001", PRODUCTION_API_URL),
]
BROKEN = [
    "http://api.procore.com",
    "api.procore.com",
    "ftp://api.procore.com",
    "https://",
    "https://u:p@api.procore.com",
]


@pytest.mark.parametrize(("login", "api"), GOOD)
def test_pairs_of_one_environment_are_taken(login: str, api: str) -> None:
    """Every documented environment is accepted, and so is a stand-in on this machine."""
    assert check_hosts(login, api) == (login.rstrip("/"), api.rstrip("/"))


@pytest.mark.parametrize(("login", "api"), MIXED)
def test_mixed_environments_are_refused(login: str, api: str) -> None:
    """Hosts of two environments stop the start with a sentence that names both settings."""
    with pytest.raises(WrongUsage, match=r"PROCORE_LOGIN_URL .* PROCORE_API_URL"):
        check_hosts(login, api)


@pytest.mark.parametrize("address", BROKEN)
def test_addresses_that_would_leak_or_lead_nowhere_are_refused(address: str) -> None:
    """Plain http to the outside, other schemes, no host and credentials in the address are refused."""
    with pytest.raises(WrongUsage, match="PROCORE_API_URL must"):
        check_hosts(PRODUCTION_LOGIN_URL, address)
