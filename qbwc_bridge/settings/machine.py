"""What this machine says: where service data belongs, and the office's time zone."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from qbwc_bridge.settings.values import zone

WINDOWS_ZONES = {
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indiana/Indianapolis",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Atlantic Standard Time": "America/Halifax",
    "Newfoundland Standard Time": "America/St_Johns",
    "Canada Central Standard Time": "America/Regina",
}
"""Windows' names of North American zones, where QuickBooks Desktop is sold, by the names that Python knows."""


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Give the operating system's folder for service data; a person who is no administrator gets one of their own."""
    if sys.platform == "win32":
        return Path(environ.get("PROGRAMDATA") or r"C:\ProgramData") / "qbwc-bridge"
    alone = os.geteuid() != 0
    if sys.platform == "darwin":
        return (Path.home() if alone else Path("/")) / "Library" / "Application Support" / "qbwc-bridge"
    shared = environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(shared if alone else "/var/lib") / "qbwc-bridge"


def machine_zone(environ: Mapping[str, str]) -> str:
    """Give the machine's time zone by its IANA name; UTC where it cannot be told."""
    localtime = Path("/etc/localtime")
    linked = str(localtime.readlink()) if localtime.is_symlink() else ""
    candidates = (
        environ.get("TZ", "").lstrip(":"),
        linked.partition("zoneinfo/")[2],
        WINDOWS_ZONES.get(time.tzname[0], ""),
    )
    for name in candidates:
        if name:
            try:
                return zone(name)
            except ValueError:
                continue  # TZ may hold a rule such as EST5EDT4,M3.2.0, which is no name of a zone
    return "UTC"
