"""The command line: one module per family of commands, each imported only when it is asked for."""

from qbwc_bridge.cli.main import cli, main

__all__ = ["cli", "main"]
