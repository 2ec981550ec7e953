"""Servers as processes of their own: how the bench starts one, reads its memory, and ends it.

The program prints its address and ends when its standard input does, so that no server outlives the bench.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
END_SECONDS = 30
"""How long a server may take to end; then it is killed."""
KIB_PER_MB = 1024
MEMORY = ("VmRSS", "VmHWM")
RESET_PEAK = "5"
"""Written to clear_refs, makes the greatest memory so far (VmHWM) the present one (proc(5))."""


@dataclass(frozen=True)
class Served:
    """A running server: its address, and its memory in MB where /proc tells it."""

    address: str
    pid: int

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)

    def memory(self) -> tuple[float, float] | None:
        """Give the memory now and the greatest so far."""
        try:
            text = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        now, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", text)[0]) / KIB_PER_MB for name in MEMORY)
        return now, peak

    def forget_peak(self) -> None:
        """Let the greatest memory be counted from now on."""
        path = Path(f"/proc/{self.pid}/clear_refs")
        if path.exists():
            path.write_text(RESET_PEAK, encoding="ascii")


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[Served]:
    """Run a server until the block ends; its standard error is ours."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        try:
            address = child.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"the server {module} did not start")
            yield Served(address, child.pid)
        finally:
            child.stdin.close()
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


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
