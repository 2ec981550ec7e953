"""The conversation with the mail server (RFC 5321), over TLS wherever that can be had.

Every wait is bounded. What the server says goes into sentences without the password, whatever it echoes.
"""

import base64
import datetime as dt
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from qbwc_bridge.domain.mail import MailServer
from qbwc_bridge.domain.notices import Letter
from qbwc_bridge.errors import MailError, MailUnreachable
from qbwc_bridge.files.plain import printable
from qbwc_bridge.notices.compose import compose

ANSWER_SECONDS = 30.0
"""How long one answer of the server is waited for: a busy one takes seconds, a minute is trouble."""

WHOLE_SECONDS = 120.0
"""How long a whole conversation may take, lest a server that sends a byte now and then holds it up for ever. Far less
than the lease under which it is held."""

LONGEST_REPLY = 200
"""Characters kept of what the server says: its sentence fits, a page of policy does not."""

READY = 220
"""The reply code of a server's greeting (RFC 5321, 4.2.3)."""

PERMANENT = 500
"""From this reply code on the server says that trying again is useless (RFC 5321, 4.2.1)."""


class SmtpServer:
    """One mail server (`ports.Mail`); each letter is a conversation of its own."""

    def __init__(
        self, server: MailServer, *, sender: str, public_url: str, trust: ssl.SSLContext | None = None
    ) -> None:
        """Take the server, the address that mail comes from, and where links lead.

        `trust` says whose certificates are believed: without it those that the machine trusts.
        """
        self._server = server
        self._sender = sender
        self._public_url = public_url
        self._trust = trust or ssl.create_default_context()
        self._called = f"The mail server {server.host}:{server.port}"

    def send(self, letter: Letter, receivers: Sequence[str], *, mark: str, at: dt.datetime) -> Mapping[str, MailError]:
        """Hand one letter over; see `ports.Mail`."""
        message = compose(
            letter, receivers, sender=self._sender, mark=mark, at=at, public_url=self._public_url
        ).as_bytes()
        with self._told(), self._conversation() as talk:
            try:
                refused = talk.sendmail(self._sender, list(receivers), message)
            except smtplib.SMTPRecipientsRefused as error:
                refused = error.recipients
        return {address: self._refusal(address, reply) for address, reply in refused.items()}

    def check(self) -> str:
        """Greet and sign in; see `ports.Mail`."""
        with self._told(), self._conversation() as talk:
            safe = isinstance(talk.sock, ssl.SSLSocket)
        signed_in = f" as {self._server.user}" if self._server.user else " without signing in"
        return f"{self._called} takes mail{signed_in}, {'over TLS' if safe else 'without TLS'}."

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        if server.tls:
            talk: smtplib.SMTP = smtplib.SMTP_SSL(timeout=ANSWER_SECONDS, context=self._trust)
        else:
            talk = smtplib.SMTP(timeout=ANSWER_SECONDS)
        with _at_most(talk, self._called):
            try:
                # It keeps the name for the certificate only where the class is given it, not with connect().
                talk._host = server.host  # type: ignore[attr-defined] # noqa: SLF001
                code, reply = talk.connect(server.host, server.port)
                if code != READY:
                    raise smtplib.SMTPConnectError(code, reply)
                self._secure(talk)
                if server.user:
                    talk.login(server.user, server.password)
                yield talk
                with suppress(OSError, smtplib.SMTPException):
                    talk.quit()  # the letter is taken, whatever becomes of the farewell
            finally:
                talk.close()

    def _secure(self, talk: smtplib.SMTP) -> None:
        talk.ehlo_or_helo_if_needed()
        if self._server.tls or self._server.starttls == "never":
            return
        if talk.has_extn("starttls"):
            talk.starttls(context=self._trust)
            talk.ehlo()
        elif self._server.starttls == "always":
            raise MailUnreachable(
                f"{self._called} offers no STARTTLS, and the bridge sends nothing without it: use smtps://, or have "
                "TLS switched on there."
            )

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Make one sentence of whatever goes wrong."""
        try:
            yield
        except MailError:
            raise
        except smtplib.SMTPException as error:
            raise self._said_no(error) from None
        except OSError as error:
            raise MailUnreachable(f"{self._called} {_no_connection(error)}") from None

    def _said_no(self, error: smtplib.SMTPException) -> MailError:
        match error:
            case smtplib.SMTPAuthenticationError():
                said = f"does not let the bridge sign in ({self._reply(error)}): check user and password in SMTP_URL."
            case smtplib.SMTPSenderRefused():
                return self._error(f"refuses mail from {self._sender}, which is MAIL_FROM", error)
            case smtplib.SMTPDataError():
                return self._error("refuses the mail", error)
            case smtplib.SMTPResponseException():
                said = f"does not want to talk ({self._reply(error)})."
            case smtplib.SMTPNotSupportedError():
                said = "offers no way to sign in: leave user and password out of SMTP_URL, or use its other port."
            case _:
                # smtplib tells a time that ran out as if the server had broken off.
                why = error.__context__
                said = _no_connection(why) if isinstance(why, OSError) else "broke the connection off."
        return MailUnreachable(f"{self._called} {said}")

    def _error(self, what: str, error: smtplib.SMTPResponseException) -> MailError:
        told = f"{self._called} {what} ({self._reply(error)})."
        return MailError(told, passing=error.smtp_code < PERMANENT)

    def _refusal(self, address: str, reply: tuple[int, bytes]) -> MailError:
        code, text = reply
        told = f"{self._called} does not take mail for {address} ({code} {self._words(text)})."
        return MailError(told, passing=code < PERMANENT)

    def _reply(self, error: smtplib.SMTPResponseException) -> str:
        return f"{error.smtp_code} {self._words(error.smtp_error)}"

    def _words(self, reply: bytes | str) -> str:
        """Give the server's words in one short line; secrets go before it is cut, half of one would not be found."""
        text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
        for secret in self._secrets():
            text = text.replace(secret, "[hidden]")
        return " ".join(printable(text).split())[:LONGEST_REPLY]

    def _secrets(self) -> Iterator[str]:
        """The password as it is, and as SMTP carries it."""
        user, password = self._server.user, self._server.password
        if password:
            yield password
            for text in (password, f"\0{user}\0{password}"):
                yield base64.b64encode(text.encode()).decode()


def _no_connection(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = printable(error.verify_message)
        return f"shows a certificate that this machine does not trust ({why}): check host and issuer."
    if isinstance(error, ssl.SSLError):
        return f"does not speak TLS as expected ({error.reason}): smtps:// and smtp:// are two ports."
    known = (sentence for kind, sentence in _NO_CONNECTION.items() if isinstance(error, kind))
    return next(known, f"cannot be reached: {error.strerror or type(error).__name__}.")


_NO_CONNECTION: Mapping[type[OSError], str] = {
    socket.gaierror: "cannot be found: check the name in SMTP_URL.",
    TimeoutError: f"gave no answer within {ANSWER_SECONDS:.0f} seconds.",
    ConnectionRefusedError: "does not take connections: check host and port in SMTP_URL, and that it is running.",
    ConnectionError: "broke the connection off.",
}


@contextmanager
def _at_most(talk: smtplib.SMTP, called: str) -> Iterator[None]:
    """Cut a conversation off that takes longer than WHOLE_SECONDS; raises MailUnreachable then."""
    ended, late = threading.Event(), threading.Event()

    def watch() -> None:
        if ended.wait(WHOLE_SECONDS):
            return
        late.set()
        # While it still connects there is nothing to cut yet; each step of that is bounded by itself.
        while talk.sock is None and not ended.wait(1.0):
            pass
        if (sock := talk.sock) is not None:
            # A second handle to the connection: TLS keeps a state of its own, which is the other thread's.
            with suppress(OSError), socket.fromfd(sock.fileno(), sock.family, sock.type) as twin:
                twin.shutdown(socket.SHUT_RDWR)

    watcher = threading.Thread(target=watch, name="mail deadline", daemon=True)
    watcher.start()
    try:
        yield
    except OSError:
        if late.is_set():
            raise MailUnreachable(f"{called} did not come to an end within {WHOLE_SECONDS:.0f} seconds.") from None
        raise
    finally:
        ended.set()
        watcher.join()
