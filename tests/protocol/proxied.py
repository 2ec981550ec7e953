"""nginx with the file that the documentation shows, in front of a real server, with certificates made on the spot."""

import contextlib
import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from qbwc_bridge.rehearsal.webconnector import http_get
from tests.repository import ROOT
from tests.support import free_port, missing

CONFIGURATION = ROOT / "installer" / "server" / "nginx.conf"
START_SECONDS = 60
DAY = dt.timedelta(days=1)

AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/qbwc-bridge.conf;
}}
"""
"""What Debian's own nginx.conf is for the included file, with every path in the test's folder."""


@dataclass(frozen=True)
class Site:
    """A bridge behind nginx: both ports, and the folder with the server's log."""

    folder: Path
    https_port: int
    bridge_port: int

    @property
    def url(self) -> str:
        """The address of both for the Web Connector and for people."""
        return f"https://localhost:{self.https_port}"

    def log(self) -> str:
        """What the bridge wrote."""
        return (self.folder / "serve.log").read_text(encoding="utf-8")


def make_certificates(folder: Path) -> Path:
    """Make an authority, and the certificate of localhost by it; gives the authority's file."""
    now = dt.datetime.now(dt.UTC)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of one test")])
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def begun(subject: x509.Name, public_key: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority).public_key(public_key)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - DAY)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        builder = builder.not_valid_after(now + DAY).add_extension(issuer, critical=False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        return builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)

    signs = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    top = begun(authority, authority_key.public_key(), ca=True).add_extension(signs, critical=True)
    localhost = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    leaf = begun(named, key.public_key(), ca=False).add_extension(localhost, critical=False)
    (folder / "authority.pem").write_bytes(top.sign(authority_key, SHA256()).public_bytes(Encoding.PEM))
    (folder / "fullchain.pem").write_bytes(leaf.sign(authority_key, SHA256()).public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "privkey.pem").write_bytes(private)
    return folder / "authority.pem"


def configured(folder: Path, https_port: int, bridge_port: int) -> str:
    """Give the documented file with this test's ports and paths; fails where it does not have what is replaced."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for documented, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{https_port} ssl;"),
        ("server_name bridge.example.com;", "server_name localhost;"),
        ("/etc/ssl/qbwc-bridge/fullchain.pem", str(folder / "fullchain.pem")),
        ("/etc/ssl/qbwc-bridge/privkey.pem", str(folder / "privkey.pem")),
        ("server 127.0.0.1:8085 ", f"server 127.0.0.1:{bridge_port} "),
    ):
        assert text.count(documented) == 1, documented
        text = text.replace(documented, here)
    return text


@contextlib.contextmanager
def behind_nginx(folder: Path, **settings: str) -> Iterator[Site]:
    """Serve a data folder behind nginx until the block ends."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not nginx:
        missing("nginx (Debian: nginx-light)")
    site = Site(folder, free_port(), free_port())
    (folder / "qbwc-bridge.conf").write_text(configured(folder, site.https_port, site.bridge_port), encoding="utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("QBWC_BRIDGE_")} | {
        "QBWC_BRIDGE_LISTEN": f"127.0.0.1:{site.bridge_port}",
        "QBWC_BRIDGE_PUBLIC_URL": site.url,
        "QBWC_BRIDGE_TRUSTED_PROXIES": "127.0.0.1",
        **{f"QBWC_BRIDGE_{key.upper()}": value for key, value in settings.items()},
    }
    serve = [sys.executable, "-m", "qbwc_bridge", "--data-dir", str(folder / "data"), "serve"]
    proxy = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "serve.log").open("wb"))
        for command in (serve, proxy):
            child = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
            stack.callback(child.wait)
            stack.callback(child.kill)
        _wait_until_up(site)
        yield site


def _wait_until_up(site: Site) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError):
            if http_get(f"{site.url}/qbwc") == 200:
                return
        time.sleep(0.1)
    error = site.folder / "error.log"
    pytest.fail(f"no answer through nginx: {site.log()[-1000:]} {error.read_text() if error.exists() else ''}")
