"""Real mail servers on loopback: one that takes mail, over TLS and with sign-in, and ones that misbehave."""

import datetime as dt
import email
import ipaddress
import logging
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support import free_port

# The server tells of each connection, where the bridge's own commands tell what they do.
logging.getLogger("mail.log").setLevel(logging.ERROR)


@dataclass
class Inbox:
    """A mail server with what it took; `refused` has replies by address, `data_reply` one for whole letters."""

    port: int
    user: str = ""
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    refused: dict[str, str] = field(default_factory=dict)
    data_reply: str = ""
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    tls: list[bool] = field(default_factory=list)
    """Whether each letter came over TLS."""
    tried: list[tuple[str, str]] = field(default_factory=list)
    """What signed in, or tried to."""

    def url(self, scheme: str = "smtp", query: str = "") -> str:
        """The address for SMTP_URL."""
        who = f"{self.user}:{self.password}@" if self.user else ""
        return f"{scheme}://{who}localhost:{self.port}{query}"

    def subjects(self) -> list[str]:
        """The subjects of what it took, oldest first."""
        return [str(message["Subject"]) for _, message in self.taken]

    # ------------------------------------------------------------ what aiosmtpd calls, named by it

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a receiver."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take or refuse a letter."""
        if self.data_reply:
            return self.data_reply
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=policy.default)
        assert server.transport
        self.tls.append(server.transport.get_extra_info("sslcontext") is not None)
        self.taken.append(([str(each) for each in envelope.rcpt_tos], message))
        return "250 taken"

    def sign_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        """Check user and password."""
        assert isinstance(given, LoginPassword)
        who, word = given.login.decode(), given.password.decode()
        self.tried.append((who, word))
        return AuthResult(success=(who, word) == (self.user, self.password), handled=False)


@contextmanager
def mail_server(*, user: str = "", certificate: "Certificate | None" = None, at_once: bool = False) -> Iterator[Inbox]:
    """Serve an inbox: with a `certificate` over STARTTLS or, `at_once`, over TLS alone; with a `user` after sign-in."""
    inbox = Inbox(free_port(), user)
    context = certificate.server() if certificate else None
    controller = Controller(
        inbox,
        hostname="localhost",
        port=inbox.port,
        ssl_context=context if at_once else None,
        tls_context=None if at_once else context,
        require_starttls=bool(context) and not at_once,
        authenticator=inbox.sign_in,
        # aiosmtpd knows TLS only when it began by STARTTLS.
        auth_required=bool(user) and not at_once,
        auth_require_tls=not at_once,
    )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


@dataclass
class Certificate:
    """A certificate of `localhost` and the authority that signed it, as files."""

    folder: Path
    names: tuple[str, ...] = ("localhost",)

    def __post_init__(self) -> None:
        authority, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of this test")])
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in self.names]
        if "localhost" in self.names:
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        self._root = self._signed(issuer, issuer, authority, authority, names=None)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.names[0])])
        signed = self._signed(subject, issuer, leaf, authority, names=names)
        self._file = self.folder / f"{self.names[0]}.pem"
        key = leaf.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._file.write_bytes(key + signed.public_bytes(serialization.Encoding.PEM))

    @staticmethod
    def _signed(
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        by: ec.EllipticCurvePrivateKey,
        *,
        names: list[x509.GeneralName] | None,
    ) -> x509.Certificate:
        root, today = names is None, dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - dt.timedelta(days=1))
            .not_valid_after(today + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        )
        flags = dict.fromkeys(
            ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
        )
        usage = x509.KeyUsage(
            digital_signature=True, key_encipherment=False, key_cert_sign=root, crl_sign=root, **flags
        )
        made = made.add_extension(usage, critical=True)
        if names is not None:
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(by, hashes.SHA256())

    def server(self) -> ssl.SSLContext:
        """What the server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        return context

    def trust(self) -> ssl.SSLContext:
        """What a client needs that believes this authority, and checks names."""
        root = self._root.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=root)


Script = Callable[[socket.socket], None]


@contextmanager
def strange_server(script: Script) -> Iterator[int]:
    """Let `script` speak with each who connects, in a thread of its own; gives the port."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)

        def talk(sock: socket.socket) -> None:
            with sock, suppress(OSError):
                sock.settimeout(5)
                script(sock)

        def serve() -> None:
            threads = []
            while not ended.is_set():
                with suppress(TimeoutError):
                    sock, _ = listening.accept()
                    threads.append(threading.Thread(target=talk, args=(sock,), daemon=True))
                    threads[-1].start()
            for thread in threads:
                thread.join(5)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            ended.set()
            serving.join(6)


def replies(*answers: str, then: Script | None = None) -> Script:
    """Give a script that greets, answers command after command, and then does something else, or breaks off."""

    def script(sock: socket.socket) -> None:
        file = sock.makefile("rb")
        sock.sendall(answers[0].encode() + b"\r\n")
        for answer in answers[1:]:
            if answer == "<data>":
                while file.readline() not in {b".\r\n", b""}:
                    pass
                continue
            if not file.readline():
                return
            sock.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
        if then:
            then(sock)

    return script
