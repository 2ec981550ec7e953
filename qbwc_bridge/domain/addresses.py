"""Network addresses: of callers, and of this machine."""

import ipaddress


def network_of(address: str) -> str:
    """Give what counts as one caller: an IPv6 client owns at least a /64; what is no address stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))  # noqa: PLR2004


def is_this_machine(host: str) -> bool:
    """Whether a name or address means the machine itself, whichever that is."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
