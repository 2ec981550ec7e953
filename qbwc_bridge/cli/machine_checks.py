"""What `doctor` looks at on this machine: room on the disk, whether the server runs, and whether it may fall asleep."""

import http.client
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

from qbwc_bridge.domain.checkup import Check

GIB = 1024**3
LITTLE_ROOM, NO_ROOM = 5 * GIB, GIB // 2
"""Free bytes to be told of, and those that the next reading of a large company file could fill."""

SECONDS = 5.0
"""For the server's own answer: it is on this machine."""

POWERCFG = ("powercfg", "/query", "SCHEME_CURRENT", "SUB_SLEEP", "STANDBYIDLE")
"""Windows' own program: when the machine falls asleep, under the power plan that holds now."""

WHILE_SLEEPING = "While it sleeps the bridge does nothing; if QuickBooks is here too, no visit comes either."


def disk_check(data_dir: Path) -> Check:
    """Say how much room is left where the data is."""
    try:
        free = shutil.disk_usage(data_dir).free
    except OSError as error:
        return Check("disk", "broken", f"The disk of {data_dir} cannot be looked at: {error.strerror}.", "See to it.")
    told = f"{free / GIB:.1f} GB are free where {data_dir} is."
    if free < LITTLE_ROOM:
        return Check("disk", "broken" if free < NO_ROOM else "look", told, "Make room, or move the data directory.")
    return Check("disk", "fine", told)


def server_checks(addresses: Sequence[tuple[str, int]]) -> Iterator[Check]:
    """Say of each address of LISTEN whether the server answers there, or who else does; of several, one may lack."""
    found = [_listening(host, port) for host, port in addresses]
    good = [check for check in found if check.outcome == "fine"]
    yield from [check for check in found if check.outcome == "broken"]
    yield from good or ([found[0]] if found and all(check.outcome == "look" for check in found) else [])


def _listening(host: str, port: int) -> Check:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # What listens everywhere is asked on this machine's own address.
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    connection = http.client.HTTPConnection(asked, port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        body = answer.read(1024)
    except OSError:
        return Check("server", "look", f"No server answers at {place}.", "Start it with `serve`, or as a service.")
    except http.client.HTTPException:
        body = b""
    finally:
        connection.close()
    if b'"clockwork"' not in body:
        told, to_do = f"Another program answers at {place}.", "Stop it, or choose another port in LISTEN."
        return Check("server", "broken", told, to_do)
    if answer.status != HTTPStatus.OK:
        told = f"The server at {place} says that it is not well: {body.decode(errors='replace').strip()}"
        return Check("server", "broken", told, "Look into its log, and restart it.")
    return Check("server", "fine", f"It runs and answers at {place}.")


def run(command: Sequence[str]) -> str:
    """Run a program of the system and give what it prints; empty where it cannot be run."""
    try:
        done = subprocess.run(list(command), capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def sleep_checks(system: str = sys.platform, ask: Callable[[Sequence[str]], str] = run) -> Iterator[Check]:
    """Say whether this PC falls asleep by itself; of Windows alone, where QuickBooks is. `ask` runs a program."""
    if system != "win32":
        return
    # The words are in Windows' language; the last two numbers are the seconds on mains and on battery.
    numbers = re.findall(r"0x([0-9a-fA-F]{8})\b", ask(POWERCFG))[-2:]
    if not numbers:
        told = "Windows does not say when this PC falls asleep."
        yield Check("sleep", "look", told, "In Settings, Power & sleep: never, when plugged in.")
        return
    seconds = int(numbers[0], 16)
    if seconds == 0:
        yield Check("sleep", "fine", "On mains this PC never falls asleep by itself.")
        return
    told = f"On mains this PC falls asleep after {seconds // 60} minutes. {WHILE_SLEEPING}"
    yield Check("sleep", "broken", told, "In Settings, Power & sleep: never, when plugged in.")
