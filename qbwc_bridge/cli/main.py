"""The command `qbwc-bridge`: finds its subcommands, and turns every error into one sentence and an exit code."""

import importlib
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

import qbwc_bridge
from qbwc_bridge.cli.common import Bridge
from qbwc_bridge.errors import BridgeError, WrongUsage
from qbwc_bridge.files.private import make_private_folder, no_link

COMMANDS: Mapping[str, str] = {
    "demo": "demo:demo",
    "rehearse": "rehearse:rehearse",
    "serve": "serve:serve",
    "connection": "connection:connection",
    "qwc": "qwc:qwc",
    "user": "user:user",
    "first-run": "first_run:first_run",
    "pull": "pull:pull",
    "project": "project:project",
    "review": "review:review",
    "map": "mapping:mapping",
    "queue": "queue:queue",
    "refresh-costs": "pull:refresh_costs",
    "push": "push:push",
    "reconcile": "reconcile:reconcile",
    "wip": "wip:wip",
    "webhooks": "webhooks:webhooks",
    "mail": "mail:mail",
    "status": "status:status",
    "doctor": "doctor:doctor",
    "db": "db:db",
    "support-bundle": "support:support_bundle",
    "backup": "keeping:backup",
    "restore": "keeping:restore",
    "rotate-key": "keeping:rotate_key",
}
"""Where each command stands, in the order in which people meet them: module of this package, colon, name."""

FAULTS = "faults.log"


class Told(click.ClickException):
    """An error as one sentence on standard error."""

    def show(self, file: Any = None) -> None:
        """Print the sentence alone."""
        click.echo(self.message, file=file or sys.stderr)


class ToldUsage(Told):
    """The same for wrong usage."""

    exit_code = 2


class Program(click.Group):
    """Imports a command when it is asked for: most commands need neither the server's parts nor the stand-ins'."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None for one that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(importlib.import_module(f"qbwc_bridge.cli.{module}"), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever goes wrong becomes a sentence: exit code 2 for wrong usage, else 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except BridgeError as problem:
            raise (ToldUsage if isinstance(problem, WrongUsage) else Told)(str(problem)) from problem
        except Exception as fault:  # a fault of ours: its trace goes to a file for support, never to the screen
            raise Told(_keep_fault(ctx, fault)) from fault


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of all data (setting DATA_DIR).")
@click.version_option(qbwc_bridge.__version__, prog_name="qbwc-bridge")
@click.pass_context
def cli(ctx: click.Context, data_dir: Path | None) -> None:
    """Join Procore and QuickBooks Desktop through the Web Connector."""
    # Whoever calls it from Python may hand over a bridge of their own.
    if ctx.obj is None:
        ctx.obj = Bridge({"data_dir": str(data_dir)} if data_dir else {})
        ctx.call_on_close(ctx.obj.close)


def main() -> None:
    """Run the command line of this process and end it with the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A console of Windows may lack the characters of a name; it must not stop the command.
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="qbwc-bridge")


def _keep_fault(ctx: click.Context, fault: Exception) -> str:
    """Write down where it happened, without the exception's own text, which may hold a secret."""
    kind = type(fault).__name__
    last = traceback.extract_tb(fault.__traceback__)[-1]
    sentence = f"The command met a fault of its own ({kind} in {Path(last.filename).name}, line {last.lineno})"
    bridge = ctx.obj
    if not isinstance(bridge, Bridge):
        return f"{sentence}; please report it."
    told = []
    cause: BaseException | None = fault
    while cause is not None:
        told.append(f"{type(cause).__name__}\n{''.join(traceback.format_tb(cause.__traceback__))}")
        cause = cause.__cause__ or cause.__context__
    try:
        path = bridge.settings.data_dir / FAULTS
        make_private_folder(path.parent)
        with open(path, "a", encoding="utf-8", opener=no_link) as file:
            file.write(f"{ctx.invoked_subcommand}: {'after '.join(told)}\n")
    except (OSError, BridgeError):
        return f"{sentence}; please report it."
    return f"{sentence}; please report it with the file {path}."
