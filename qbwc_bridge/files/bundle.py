"""The support bundle: a zip file of facts and logs, everything in it scrubbed."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from qbwc_bridge.files.scrubbing import Scrubber
from qbwc_bridge.logs.files import newest_first

MOST_LOG_BYTES = 25 * 1024 * 1024
"""Of the log, the newest files: mail servers and upload pages take what they become as a zip."""

HEAD = re.compile(r"[\dTZ:.-]+ [A-Z]+ +[\w.]+:")
"""How a line of the log begins: time, level and place."""

README = """What is in this file
====================

about.json        the bridge's version, this machine's system, and the settings; of a secret only whether it is set
doctor.json       what `doctor` found
connections.json  of each connection: states, counts and times of its records, the last visits and tasks
logs/             the newest lines of the server's log, and places in the program where it failed (faults.log)

What is not in it
=================

No password, token or key. No qbXML and nothing else that went to or came from QuickBooks or Procore. No amount, no cost
and no wage. Names of vendors, employees, customers, jobs and projects that the bridge knows stand as [name], amounts as
[amount], mail addresses as [mail address], and what another program put into double quotes as "[...]". The name that
you gave a connection is in it.

It is text: open it and look before you send it.
"""

NAMELESS = """
The database could not be read, so the bridge does not know which names to take out: of each line of the log only its
time, level and place are here.
"""


def bundle(facts: Mapping[str, str], data_dir: Path, logs: Path, scrubber: Scrubber | None) -> bytes:
    """Give the zip file of `facts` (JSON by file name) and logs; without a scrubber no sentence of a log goes in."""
    content = io.BytesIO()
    plain = scrubber or Scrubber([])
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("README.txt", README if scrubber else README + NAMELESS)
        for name, data in facts.items():
            zipped.writestr(name, json.dumps(plain.data(json.loads(data)), indent=2))
        for path in _newest(logs):
            with path.open(encoding="utf-8", errors="replace") as lines:
                zipped.writestr(f"logs/{path.name}", "".join(_scrubbed(lines, scrubber)))
        faults = data_dir / "faults.log"
        if faults.is_file():
            zipped.writestr("logs/faults.log", plain.text(faults.read_text(encoding="utf-8", errors="replace")))
    return content.getvalue()


def _newest(folder: Path) -> Iterator[Path]:
    size = 0
    for path in newest_first(folder):
        size += path.stat().st_size
        if size > MOST_LOG_BYTES:
            return
        yield path


def _scrubbed(lines: Iterable[str], scrubber: Scrubber | None) -> Iterator[str]:
    for line in lines:
        if scrubber:
            yield f"{scrubber.line(line.rstrip())}\n"
        elif head := _head(line):
            yield f"{head}\n"


def _head(line: str) -> str:
    """Give time, level and place of a line; empty where it has none, as the lines of a trace."""
    if line.startswith("{"):
        try:
            event = json.loads(line)
        except ValueError:
            return ""
        return f"{event.get('timestamp', '')} {event.get('level', '')} {event.get('logger', '')}"
    found = HEAD.match(line)
    return found[0] if found else ""
