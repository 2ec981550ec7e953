"""An office for the tests of the command line: a bridge between the stand-ins, and commands run in this process."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner, Result

from qbwc_bridge.cli import cli
from qbwc_bridge.cli.common import Bridge as Desk
from tests.journeys.bridge import PUBLIC_URL, Bridge, connected_bridge


def run(folder: Path, *arguments: str, stdin: str | None = None, environ: Mapping[str, str] | None = None) -> Result:
    """Run a command on a data folder, with no other QBWC_BRIDGE_ variable than those given."""
    env = {name: None for name in os.environ if name.startswith("QBWC_BRIDGE_")} | dict(environ or {})
    return CliRunner().invoke(cli, ["--data-dir", str(folder), *arguments], input=stdin, env=env)


class Office:
    """A bridge between the stand-ins, and the commands that its people type."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.desk = Desk({})
        self.desk.__dict__.update(settings=bridge.settings, app=bridge.app)

    def run(self, *arguments: str, code: int = 0, stdin: str | None = None) -> Result:
        """Run a command, which must end with that exit code."""
        result = CliRunner().invoke(cli, list(arguments), obj=self.desk, input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    def ask(self, *arguments: str, code: int = 0) -> Any:
        """Run a command with --json and read what it says."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def refused(self, *arguments: str, code: int = 1) -> str:
        """Run a command that must fail with one sentence on standard error; gives the sentence."""
        result = self.run(*arguments, code=code)
        assert result.stderr.count("\n") == 1, result.stderr
        return result.stderr.strip()

    def refused_with_data(self, *arguments: str) -> str:
        """Run a command that fails although it prints what it did for others; gives what it said."""
        return self.run(*arguments, code=1).stderr.strip()

    def submission(self, kind: str, number: str) -> dict[str, Any]:
        """The one submission of that kind whose number or title begins so, as `review list --json` shows it."""
        rows = [row for row in self.ask("review", "list", "--kind", kind) if number in (row["number"], row["title"])]
        assert len(rows) == 1, rows
        found: dict[str, Any] = rows[0]
        return found


@contextmanager
def office(folder: Path, public_url: str = PUBLIC_URL) -> Iterator[Office]:
    """Open an office with one connection, Bluestone, that has read and sent nothing yet."""
    # What else runs on the machine of the tests is none of their business.
    alone = patch("qbwc_bridge.cli.doctor._machine", lambda _bridge: ())
    with alone, connected_bridge(folder, public_url=public_url) as bridge:
        yield Office(bridge)
