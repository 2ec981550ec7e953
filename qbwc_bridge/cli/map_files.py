"""`map export` and `map import`: every decision about names as a CSV file."""

from pathlib import Path

import click

from qbwc_bridge.cli.common import Bridge, connection_option, each, pass_bridge, read_text, say, settle, who
from qbwc_bridge.errors import BridgeError
from qbwc_bridge.files.links import lines_of, links_file
from qbwc_bridge.flow import links, map_lines
from qbwc_bridge.flow.map_lines import Line


@click.command()
@connection_option
@pass_bridge
def export(bridge: Bridge, name: str | None) -> None:
    """Print what is linked, mapped and ignored as CSV, for `map import`."""
    connection = bridge.connection(name)
    with bridge.kit.work() as uow:
        content = links_file(links.linked(uow, connection))
    # The mark that Excel wants is for files, and a terminal has line ends of its own.
    click.echo(content.decode("utf-8-sig").replace("\r\n", "\n"), nl=False)


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@connection_option
@pass_bridge
def import_(bridge: Bridge, file: Path, name: str | None) -> None:
    """Read a CSV file as `map export` writes it; lines that say nothing new are passed over."""
    connection = bridge.connection(name)
    lines = lines_of(read_text(file), f"The file {file}")
    with bridge.kit.work() as uow:
        fresh = map_lines.news(uow, connection, lines)

    def take(numbered: tuple[int, Line]) -> None:
        place, line = numbered
        try:
            with bridge.kit.work() as uow:
                notes = map_lines.take(uow, connection, line, who=who(), now=bridge.now())
                settle(bridge, uow, connection.id)
        except BridgeError as problem:
            raise type(problem)(f"Line {place}: {problem}") from problem
        for note in notes:
            say(note)

    try:
        each(fresh, take)
    finally:
        say(f"{len(lines)} lines read, {len(lines) - len(fresh)} of them known already.")
