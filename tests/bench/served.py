"""Servers as processes of their own: how the bench starts one, reads its memory, and ends it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.wire import Client

END_SECONDS = 30
"""How long a server may take to end; then it is killed."""
KIB_PER_MB = 1024
MEMORY = ("VmRSS", "VmHWM")
RESET_PEAK = "5"
"""Written to clear_refs, makes the greatest memory so far (VmHWM) the present one (proc(5))."""
AS_INSTALLED = (
    "import runpy, sys; sys.modules['rich'] = sys.modules['pygments'] = None; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
"""Runs a module without packages that only tools of development bring: httpx loads them where they are, 7 MB."""


@dataclass(frozen=True)
class Served:
    """A running server: a client of it, and its memory in MB where /proc tells it."""

    client: Client
    process: "subprocess.Popen[str]"

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()

    def memory(self) -> tuple[float, float] | None:
        """Give the memory now and the greatest so far."""
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return None
        now, peak = (int(re.findall(rf"{name}:\s+(\d+) kB", text)[0]) / KIB_PER_MB for name in MEMORY)
        return now, peak

    def forget_peak(self) -> None:
        """Let the greatest memory be counted from now on."""
        path = Path(f"/proc/{self.process.pid}/clear_refs")
        if path.exists():
            path.write_text(RESET_PEAK, encoding="ascii")


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[Served]:
    """Run a server until the block ends; its standard error is ours."""
    command = [sys.executable, "-c", AS_INSTALLED, f"tests.bench.{module}", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin
        assert child.stdout
        try:
            address = child.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"the server {module} did not start")
            with closing(Client(address)) as client:
                yield Served(client, child)
        finally:
            child.stdin.close()
            try:
                child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
