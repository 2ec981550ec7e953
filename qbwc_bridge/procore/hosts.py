"""Procore's environments: which login host belongs to which API host.

Source: Procore's documentation, pages "Development Environments" and "Procore for Government". Credentials of one
environment mean nothing in another, and a mixture is answered with misleading errors.
"""

import ipaddress
from urllib.parse import urlsplit

from qbwc_bridge.errors import WrongUsage

PRODUCTION_LOGIN_URL = "https://login.procore.com"
PRODUCTION_API_URL = "https://api.procore.com"

_ENVIRONMENTS = (
    ("production environment", "login.procore.com", "api.procore.com"),
    ("developer sandbox", "login-sandbox.procore.com", "sandbox.procore.com"),
    ("monthly sandbox", "login-sandbox-monthly.procore.com", "api-monthly.procore.com"),
    ("federal zone", "login.procoregov.com", "api.procoregov.com"),
)


def check_hosts(login_url: str, api_url: str) -> tuple[str, str]:
    """Give both base addresses without a trailing slash, once it is sure that they fit each other.

    Plain http is allowed on loopback only, where a stand-in for Procore runs. Hosts that the table of environments
    does not know are allowed as a pair, since Procore may open further zones. Raises WrongUsage.
    """
    login, api = _host(login_url, "PROCORE_LOGIN_URL"), _host(api_url, "PROCORE_API_URL")
    if _loopback(login) != _loopback(api):
        raise WrongUsage(
            f"PROCORE_LOGIN_URL ({login}) and PROCORE_API_URL ({api}) must both be Procore's or both be on this "
            "machine; correct the settings."
        )
    for name, login_host, api_host in _ENVIRONMENTS:
        if (login == login_host) != (api == api_host):
            raise WrongUsage(
                f"PROCORE_LOGIN_URL ({login}) and PROCORE_API_URL ({api}) belong to different environments of Procore; "
                f"for the {name} they are https://{login_host} and https://{api_host}."
            )
    return login_url.rstrip("/"), api_url.rstrip("/")


def _host(url: str, setting: str) -> str:
    try:
        parts = urlsplit(url)
        more = parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None
        # A port that is no number raises; a host may be written with the dot of the root at its end.
        host = "" if more or parts.port == 0 else (parts.hostname or "").rstrip(".")
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"}:
        raise WrongUsage(f"{setting} must be an address such as https://api.procore.com; correct the setting.")
    if parts.scheme == "http" and not _loopback(host):
        raise WrongUsage(f"{setting} must begin with https://, since secrets travel to it; correct the setting.")
    return host


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
