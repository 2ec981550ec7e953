"""Measures the whole journey: `demo --once` as a program of its own, from start to equal books."""

import argparse
import resource
import subprocess
import sys
import time

JOURNEY_SECONDS = 600
"""A journey takes well under a minute; ten are a hang, and a hang must end as a failure."""


def run(seed: int) -> tuple[bool, str]:
    """Run one journey from `seed`; give whether both systems agreed, and what it printed."""
    command = [sys.executable, "-m", "qbwc_bridge", "demo", "--once", "--seed", str(seed)]
    try:
        done = subprocess.run(  # noqa: PLW1510 - the exit code is the result
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=JOURNEY_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        return False, (error.stdout or b"").decode(errors="replace") + f"\nno end after {JOURNEY_SECONDS} s"
    return done.returncode == 0, done.stdout.decode(errors="replace")


def main() -> int:
    """Run the journeys and print seconds for each, with processor time and the greatest memory at the end."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--runs", type=int, default=3, help="journeys to run, each from its own seed")
    parser.add_argument("--first-seed", type=int, default=1, help="seed of the first journey")
    options = parser.parse_args()
    failed = 0
    for seed in range(options.first_seed, options.first_seed + options.runs):
        started = time.perf_counter()
        agreed, printed = run(seed)
        failed += not agreed
        took = time.perf_counter() - started
        sys.stdout.write(f"seed {seed}: {took:.1f} s, {'equal to the cent' if agreed else 'FAILED'}\n")
        if not agreed:
            sys.stdout.write(printed + "\n")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss / (1024 if sys.platform.startswith("linux") else 1024 * 1024)
    sys.stdout.write(f"processor: {used.ru_utime + used.ru_stime:.1f} s in all; largest process: {peak:.0f} MiB\n")
    sys.stdout.write(f"{options.runs - failed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
