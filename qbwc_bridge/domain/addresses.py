"""Network addresses of callers."""

import ipaddress


def network_of(address: str) -> str:
    """Give what counts as one caller: an IPv6 client owns at least a /64; what is no address stands for itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))  # noqa: PLR2004
