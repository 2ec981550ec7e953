"""The files for servers in installer/server/: what they name exists, and the tools of their kind accept them."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from qbwc_bridge.cli.serve import CLOCKWORK_SECONDS
from qbwc_bridge.cli.web_server import DRAIN_SECONDS
from qbwc_bridge.settings import Settings, load_settings
from tests.repository import ROOT
from tests.support import missing

SERVER = ROOT / "installer" / "server"
UNIT = "qbwc-bridge@.service"
INSTANCE = "qbwc-bridge@8085.service"
MOST_EXPOSED = 20
"""Of 100, by `systemd-analyze security`: an ordinary service without hardening has 96."""


def read(name: str) -> str:
    """Give a file for servers."""
    return (SERVER / name).read_text(encoding="utf-8")


def tool(name: str) -> str:
    """Find a program, or skip the test."""
    found = shutil.which(name)
    if not found:
        missing(name)
    return found


def settings_in(lines: str, pattern: str) -> Iterator[tuple[str, str]]:
    """Give key and value of every setting that a file puts into the environment."""
    for name, value in re.findall(pattern, lines, re.MULTILINE):
        yield name.removeprefix("QBWC_BRIDGE_").lower(), value


def containers() -> list[tuple[str, str]]:
    """Give the instructions of the Containerfile, long lines joined."""
    text = re.sub(r"\\\n\s*", "", read("Containerfile"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


@pytest.mark.parametrize("commented", [False, True], ids=["as it is", "with mail"])
def test_systemd_takes_the_unit(tmp_path: Path, *, commented: bool) -> None:
    """The unit is without fault, with and without its optional lines, and leaves the service little to harm with."""
    analyze = tool("systemd-analyze")
    text = read(UNIT).replace("/opt/qbwc-bridge/bin/qbwc-bridge", sys.executable)
    text = re.sub(r"^#(?=LoadCredential|Environment)", "", text, flags=re.MULTILINE) if commented else text
    unit = tmp_path / INSTANCE
    unit.write_text(text, encoding="utf-8")
    told = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout + told.stderr) == (0, "")
    limits = ["--offline=true", f"--threshold={MOST_EXPOSED}", "--json=short"]
    told = subprocess.run([analyze, "security", *limits, str(unit)], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    assert json.loads(told.stdout)


def test_the_unit_gives_settings_that_exist() -> None:
    """Every setting is one of the bridge's, secrets come by file, and a stop has the time that the server takes."""
    text = read(UNIT)
    keys = [key for key, _ in settings_in(text, r"^#?Environment=(QBWC_BRIDGE_\w+)=(.+)$")]
    assert {key.removesuffix("_file") for key in keys} <= set(Settings.model_fields)
    assert not {"database_url", "smtp_url"} & set(keys)
    credentials = set(re.findall(r"^#?LoadCredential=(\w+):", text, re.MULTILINE))
    assert credentials == set(re.findall(r"=%d/(\w+)$", text, re.MULTILINE))
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert int(stop) > DRAIN_SECONDS + CLOCKWORK_SECONDS


def test_the_containerfile_copies_what_exists_and_starts_what_is_installed() -> None:
    """Each source of a COPY stands in the repository, and the entry point is the command that pyproject declares."""
    steps = containers()
    for name, rest in steps:
        if name == "COPY" and not rest.startswith("--from="):
            *sources, _ = rest.split()
            assert [source for source in sources if not (ROOT / source).exists()] == []
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    (entry,) = [json.loads(rest) for name, rest in steps if name == "ENTRYPOINT"]
    assert [Path(entry[0]).name] == list(scripts)
    assert ("CMD", '["serve"]') in steps
    users = [rest for name, rest in steps if name == "USER"]
    assert users
    assert not users[-1].startswith(("0", "root"))
    assert [name for name, _ in steps].count("FROM") == 2


def test_the_containerfile_has_settings_that_hold(tmp_path: Path) -> None:
    """Its environment is accepted, and its health check asks the port that it listens on."""
    steps = containers()
    environ = dict(rest.split("=", 1) for name, rest in steps if name == "ENV" and rest.startswith("QBWC_BRIDGE_"))
    listens = load_settings({}, {**environ, "QBWC_BRIDGE_DATA_DIR": str(tmp_path)}).listen_addresses()
    ((_, port),) = listens
    (check,) = [json.loads(rest.partition("CMD ")[2]) for name, rest in steps if name == "HEALTHCHECK"]
    assert f"127.0.0.1:{port}/healthz" in check[-1]
    assert ("EXPOSE", str(port)) in steps
    # Nobody listens there: it must fail, and by that alone.
    told = subprocess.run([sys.executable, *check[1:]], capture_output=True, text=True, check=False)
    assert told.returncode == 0 or "URLError" in told.stderr or "HTTPError" in told.stderr


def test_the_pins_for_servers_are_those_of_the_tests() -> None:
    """Every package of a server has the version that the tests ran with, and PostgreSQL's driver is among them."""

    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="ascii")
        return set(re.findall(r"^[\w.-]+==[^ ;\\]+", text, re.MULTILINE))

    assert pins("runtime.txt") < pins("server.txt") <= pins("dev.txt")
    assert any(pin.startswith("psycopg-binary==") for pin in pins("server.txt"))


def test_caddy_takes_the_caddyfile() -> None:
    """The Caddyfile is valid; where Caddy is not installed nobody has checked it."""
    caddy = shutil.which("caddy")
    if not caddy:
        pytest.skip("caddy is missing")
    command = [caddy, "validate", "--adapter", "caddyfile", "--config", str(SERVER / "Caddyfile")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
