"""Certificates made at run time, and web servers on loopback that speak TLS with them."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW = dt.datetime.now(dt.UTC)


@dataclass
class Issued:
    """A certificate with its key, and who issued it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    issuer: "Issued | None" = None

    def pem(self, *, chain: bool = True) -> bytes:
        """Give certificate and key as a server reads them, with those of the issuers below the root."""
        text = self.certificate.public_bytes(Encoding.PEM)
        text += self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        above = self.issuer
        while chain and above and above.issuer:
            text += above.certificate.public_bytes(Encoding.PEM)
            above = above.issuer
        return text


def issue(name: str, issuer: Issued | None = None, *, days: tuple[int, int] = (-100, 100), ca: bool = False) -> Issued:
    """Issue a certificate for a name, good from and until so many days from now; without an issuer by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + dt.timedelta(days=days[0]))
        .not_valid_after(NOW + dt.timedelta(days=days[1], hours=5))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=ca,
                crl_sign=ca,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not ca:
        try:
            general: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            general = x509.DNSName(name)
        builder = builder.add_extension(x509.SubjectAlternativeName([general]), critical=False)
    return Issued(builder.sign(signer, hashes.SHA256()), key, issuer)


@dataclass
class Answers:
    """What a server answers by path: a status, and where it leads to."""

    status: dict[str, int] = field(default_factory=dict)
    location: str = "https://elsewhere.example.com/login"
    asked: list[str] = field(default_factory=list)


@contextmanager
def served(folder: Path, certificate: bytes | None, answers: Answers, **versions: ssl.TLSVersion) -> Iterator[int]:
    """Serve on a loopback port with a certificate, or without TLS; `versions` bound those of TLS. Gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.asked.append(self.path)
            self.send_response(answers.status.get(self.path, 200))
            self.send_header("Location", answers.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of callers that did not like the certificate."""

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        file = folder / "server.pem"
        file.write_bytes(certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        for name, version in versions.items():
            setattr(context, name, version)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
