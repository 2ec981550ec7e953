"""A child process that writes pairs of rows until it is killed, and tells each committed pair by a line of output."""

import itertools
import sys

from qbwc_bridge.storage import open_database
from tests.storage import samples


def main() -> None:
    """Write pairs `NAME-1-left`, `NAME-1-right` ... into the database of the first argument; NAME is the second."""
    url, name = sys.argv[1:]
    work = open_database(url).work
    for number in itertools.count(1):
        with work() as uow:
            uow.people.add(samples.person(f"{name}-{number}-left"))
            uow.people.add(samples.person(f"{name}-{number}-right"))
        print(number, flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main()
