"""What a server of the bench does as a program: it tells its address, and ends when its standard input does.

So no server outlives the bench. Nothing heavy is imported here: the bare pair shall be bare.
"""

import sys
import threading
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def say_address(address: str) -> None:
    """Tell the bench where the server listens."""
    sys.stdout.write(address + "\n")
    sys.stdout.flush()


def when_stdin_ends(then: Callable[[], object]) -> None:
    """Call `then` in a thread of its own once the bench has closed our standard input, or is gone."""

    def watch() -> None:
        sys.stdin.read()
        then()

    threading.Thread(target=watch, daemon=True).start()
