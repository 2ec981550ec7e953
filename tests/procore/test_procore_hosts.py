"""Login and API address must belong together."""

import pytest

from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.procore import PRODUCTION_API_URL, PRODUCTION_LOGIN_URL
from qbwc_bridge.procore.hosts import _ENVIRONMENTS, check_hosts

GOOD = [
    (PRODUCTION_LOGIN_URL, PRODUCTION_API_URL),
    ("https://login-sandbox.procore.com", "https://sandbox.procore.com"),
    ("https://login-sandbox-monthly.procore.com/", "https://api-monthly.procore.com/"),
    ("https://login.procoregov.com", "https://api.procoregov.com"),
    ("https://LOGIN.procore.com", "https://api.procore.com.:443"),
    ("https://login.procore.zone.example", "https://api.procore.zone.example"),
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
    (PRODUCTION_LOGIN_URL, "https://app.procore.com"),
    ("https://sandbox.procore.com", "https://sandbox.procore.com"),
    (PRODUCTION_LOGIN_URL, "https://api-sandbox-monthly.procore.com"),
    ("https://login-sandbox.procore.com", "https://api-monthly.procore.com"),
]
BROKEN = [
    "http://api.procore.com",
    "api.procore.com",
    "ftp://api.procore.com",
    "https://",
    "https://u:p@api.procore.com",
    "https://api.procore.com/rest/v1.0",
    "https://api.procore.com?x=1",
    "https://api.procore.com#x",
    "https://api.procore.com:port",
    "https://[::1",
    "",
]


@pytest.mark.parametrize(("login", "api"), GOOD)
def test_pairs_of_one_environment_are_taken(login: str, api: str) -> None:
    """Every documented environment is accepted, and so is a stand-in on this machine."""
    assert check_hosts(login, api) == (login.rstrip("/"), api.rstrip("/"))


def test_every_other_pair_of_the_documented_hosts_is_refused() -> None:
    """No login host of one environment goes with the API host of another."""
    pairs = [(f"https://{login}", f"https://{api}") for _, login, api in _ENVIRONMENTS]
    for login, of_login in pairs:
        for _, api in pairs:
            if api != of_login:
                with pytest.raises(WrongUsage, match="different environments"):
                    check_hosts(login, api)


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
