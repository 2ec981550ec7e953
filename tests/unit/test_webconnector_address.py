"""The public address as `doctor` sees it, against real servers with certificates that are wrong in every way."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from qbwc_bridge.domain.checkup import Check
from qbwc_bridge.webconnector import public_address
from qbwc_bridge.webconnector.public_address import public_address_checks
from tests.support import free_port
from tests.unit.tls_servers import NOW, Answers, Issued, issue, served

HOST = "localhost"


@pytest.fixture(name="root", scope="module")
def _root() -> Issued:
    return issue("Test authority", ca=True)


@pytest.fixture(name="trust")
def _trust(root: Issued, tmp_path: Path) -> str:
    file = tmp_path / "trusted.pem"
    file.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    return str(file)


def looked(url: str, trust: str | None = None) -> list[Check]:
    """Give what is found at an address."""
    return list(public_address_checks(url, NOW, trust=trust))


def test_a_good_address_is_fine(root: Issued, trust: str, tmp_path: Path) -> None:
    """A whole chain, TLS 1.2, and 200 for both pages: three checks, none with anything to do."""
    between = issue("Test intermediate", root, ca=True)
    answers = Answers()
    with served(tmp_path, issue(HOST, between).pem(), answers) as port:
        found = looked(f"https://{HOST}:{port}", trust)
    assert [(check.name, check.outcome, check.to_do) for check in found] == [
        ("certificate", "fine", ""),
        ("public address", "fine", ""),
        ("public address", "fine", ""),
    ]
    assert "good for 100 more days" in found[0].told
    assert answers.asked == ["/qbwc", "/support"]


def certificates(root: Issued) -> Iterator[tuple[str, bytes, str, str]]:
    """Give a name, what a server shows, what is told of it, and what there is to do."""
    between = issue("Test intermediate", root, ca=True)
    yield "expired", issue(HOST, root, days=(-100, -3)).pem(), "has expired", "Renew it"
    yield "not yet", issue(HOST, root, days=(3, 100)).pem(), "is not valid yet", "clock is right"
    yield "by itself", issue(HOST).pem(), "is signed by itself", "public authority"
    yield "other name", issue("other.example.com", root).pem(), "is for another name", "name in PUBLIC_URL"
    yield "no chain", issue(HOST, between).pem(chain=False), "without the certificates of its issuers", "fullchain.pem"
    unknown = issue("Unknown authority", ca=True)
    pem = issue(HOST, unknown).pem() + unknown.certificate.public_bytes(Encoding.PEM)
    yield "unknown", pem, "an authority that this machine does not trust", "public authority"


def test_every_wrong_certificate_is_told_apart(root: Issued, trust: str, tmp_path: Path) -> None:
    """Expired, not yet valid, self-signed, for another name, without its chain, of an unknown authority.

    What there is to do is told for each, whose certificate it is, and nothing is asked of such a server.
    """
    answers = Answers()
    for name, pem, told, to_do in certificates(root):
        with served(tmp_path, pem, answers) as port:
            (found,) = looked(f"https://{HOST}:{port}", trust)
        assert (found.name, found.outcome) == ("certificate", "broken"), name
        assert f"The certificate of localhost:{port} " in found.told, name
        assert told in found.told, name
        assert "It is for " in found.told, name
        assert "CN=" in found.told, name
        assert to_do in found.to_do, name
    assert answers.asked == []


def test_an_address_in_numbers_needs_them_in_its_certificate(root: Issued, trust: str, tmp_path: Path) -> None:
    """A certificate for a name does not hold for the address, one for the address does."""
    for held, outcomes in ((HOST, ["broken"]), ("127.0.0.1", ["fine"] * 3)):
        with served(tmp_path, issue(held, root).pem(), Answers()) as port:
            found = looked(f"https://127.0.0.1:{port}", trust)
        assert [check.outcome for check in found] == outcomes


@pytest.mark.parametrize(("days", "outcome"), [(29, "look"), (30, "fine"), (0, "look")])
def test_a_certificate_near_its_end_is_told_in_time(
    root: Issued, trust: str, tmp_path: Path, days: int, outcome: str
) -> None:
    """From thirty days before its end on, with the days that are left; it still works until then."""
    with served(tmp_path, issue(HOST, root, days=(-1, days)).pem(), Answers()) as port:
        found = looked(f"https://{HOST}:{port}", trust)
    assert found[0].outcome == outcome
    assert f"good for {days} more days" in found[0].told
    assert len(found) == 3


def test_a_server_without_tls_1_2_is_broken(root: Issued, trust: str, tmp_path: Path) -> None:
    """One that speaks TLS 1.3 alone, or no TLS at all, shuts Web Connectors out."""
    only = {"minimum_version": ssl.TLSVersion.TLSv1_3}
    with served(tmp_path, issue(HOST, root).pem(), Answers(), **only) as port:
        (found,) = looked(f"https://{HOST}:{port}", trust)
    assert found.outcome == "broken"
    assert "TLS 1.2" in found.told
    with served(tmp_path, None, Answers()) as port:
        (found,) = looked(f"https://{HOST}:{port}", trust)
    assert found.outcome == "broken"
    assert "PUBLIC_URL names its port" in found.to_do


@pytest.mark.parametrize(
    ("status", "told", "to_do"),
    [
        (301, "leads to https://elsewhere.example.com/login", "pass this path on as it is"),
        (302, "follows no redirect", "Set PUBLIC_URL"),
        (401, "cannot sign in", "without asking who calls"),
        (403, "cannot sign in", "without asking who calls"),
        (404, "answers 404 Not Found", "See that the server runs"),
        (502, "answers 502 Bad Gateway", "See that the server runs"),
        (599, "answers 599", "See that the server runs"),
    ],
)
@pytest.mark.parametrize("path", public_address.PAGES)
def test_anything_but_200_is_broken(tmp_path: Path, path: str, status: int, told: str, to_do: str) -> None:
    """A redirect is not followed, a login is not passed; the other page is looked at all the same."""
    answers = Answers({f"/bridge{path}": status})
    with served(tmp_path, None, answers) as port:
        found = looked(f"http://{HOST}:{port}/bridge/")
    assert answers.asked == ["/bridge/qbwc", "/bridge/support"]
    (wrong,) = (check for check in found if check.outcome == "broken")
    assert told in wrong.told
    assert to_do in wrong.to_do
    assert public_address.PAGES[path] in wrong.told


def test_an_address_that_nobody_answers_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """On this machine no server may run yet; elsewhere nobody can visit. A silent one is given up. It is told once."""
    for scheme in ("http", "https"):
        (found,) = looked(f"{scheme}://{HOST}:{free_port()}")
        assert (found.name, found.outcome) == ("public address", "look")
        assert "serve" in found.to_do
    (away,) = looked("https://bridge.invalid")
    assert (away.name, away.outcome) == ("public address", "broken")
    monkeypatch.setattr(public_address, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("http", "https"):
            (found,) = looked(f"{scheme}://127.0.0.1:{port}")
            assert found.name == "public address"
