"""The public address as a Web Connector meets it: TLS 1.2, a certificate that holds, and two pages without detours.

Looked at from this machine and by its list of trusted issuers; the PC with QuickBooks may have another.
"""

import datetime as dt
import http.client
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from cryptography import x509

from qbwc_bridge.domain.addresses import is_this_machine
from qbwc_bridge.domain.checkup import Check, Outcome

SECONDS = 10.0
"""For a connection and for each answer: a Web Connector waits longer, a person in front of the screen does not."""

WARNING_DAYS = 30
"""Certificates that renew themselves are renewed at 30 days before their end: one that is older was not."""

MOST_BYTES = 64 * 1024
"""Read of a page: both are short."""

PAGES = {"/qbwc": "AppURL", "/support": "AppSupport"}
"""Paths below PUBLIC_URL that a Web Connector calls, with what the .qwc file calls them."""

CERTIFICATE, ADDRESS = "certificate", "public address"
"""What the checks are called."""

_WRONG: dict[int, tuple[str, str]] = {
    # OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_...).
    9: ("is not valid yet", "See that this machine's clock is right; else have the certificate issued anew."),
    10: ("has expired", "Renew it, and see why it was not renewed by itself."),
    18: (
        "is signed by itself, and nobody trusts it",
        "Use one of a public authority (such as Let's Encrypt), or have every PC trust it.",
    ),
    19: (
        "comes from an authority that this machine does not trust",
        "Use one of a public authority (such as Let's Encrypt), or have this machine and every PC trust that one.",
    ),
    20: (
        "comes without the certificates of its issuers, or from an issuer that this machine does not know",
        "Let the reverse proxy send the whole chain (often a file called fullchain.pem).",
    ),
    62: ("is for another name", "Have one issued for the name in PUBLIC_URL, or correct PUBLIC_URL."),
    64: ("is for another address", "Use a name in PUBLIC_URL that the certificate holds."),
}
_UNTRUSTED = ("is not trusted", "Use one of a public authority, sent with its whole chain.")
_NO_TLS = (
    "It must speak TLS 1.2, which the Web Connector needs: set the reverse proxy to TLS 1.2 and 1.3, and see that "
    "PUBLIC_URL names its port."
)


def public_address_checks(public_url: str, now: dt.datetime, *, trust: str | None = None) -> Iterator[Check]:
    """Connect to PUBLIC_URL, look at its certificate at the moment `now`, and ask for both pages.

    `trust` is a file with the issuers to trust instead of this machine's.
    """
    url = urlsplit(public_url)
    context = None
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=trust)
        # Web Connectors on .NET before 4.7 speak nothing newer, so 1.3 alone would shut them out.
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        if context:
            found = _certificate(url, context, now)
            yield found
            if found.outcome == "broken":
                return
        for path, called in PAGES.items():
            yield _page(url, path, called, context)
    except (OSError, http.client.HTTPException) as error:  # told once: certificate and pages are at one address
        yield _unreached(url, error)


def _certificate(url: SplitResult, context: ssl.SSLContext, now: dt.datetime) -> Check:
    """Look at the certificate. Raises OSError where nobody answers."""
    host = url.hostname or ""
    try:
        with _connected(url) as plain, context.wrap_socket(plain, server_hostname=host) as secured:
            until = ssl.cert_time_to_seconds(str((secured.getpeercert() or {}).get("notAfter")))
    except ssl.SSLCertVerificationError as error:
        wrong, to_do = _WRONG.get(error.verify_code, _UNTRUSTED)
        return Check(CERTIFICATE, "broken", f"The certificate of {url.netloc} {wrong}.{_seen(url)}", to_do)
    except ssl.SSLError as error:
        return Check(CERTIFICATE, "broken", f"{url.netloc} does not answer as TLS 1.2 does ({error.reason}).", _NO_TLS)
    end = dt.datetime.fromtimestamp(until, dt.UTC)
    days = (end - now).days
    told = f"The certificate of {url.netloc} is good for {days} more days, until {end:%Y-%m-%d}."
    if days < WARNING_DAYS:
        return Check(CERTIFICATE, "look", told, "Renew it, and see why it was not renewed by itself.")
    return Check(CERTIFICATE, "fine", told)


def _seen(url: SplitResult) -> str:
    """Say whose certificate it is that was not accepted; nothing where it cannot be had or read."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with _connected(url) as plain, context.wrap_socket(plain, server_hostname=url.hostname) as secured:
            shown = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return ""
    issuer = shown.issuer.rfc4514_string() or "nobody"
    return f" It is for {_names(shown) or 'no name'}, from {issuer}, until {shown.not_valid_after_utc:%Y-%m-%d}."


def _names(shown: x509.Certificate) -> str:
    try:
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return shown.subject.rfc4514_string()
    return ", ".join(names.get_values_for_type(x509.DNSName))


def _page(url: SplitResult, path: str, called: str, context: ssl.SSLContext | None) -> Check:
    """Ask for one page, without following a redirect: a Web Connector does not follow one either.

    Raises OSError or HTTPException where nobody answers.
    """
    host, address = url.hostname or "", f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}{path}"
    connection: http.client.HTTPConnection
    if context:
        connection = http.client.HTTPSConnection(host, url.port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, url.port, timeout=SECONDS)
    try:
        connection.request("GET", f"{url.path.rstrip('/')}{path}", headers={"User-Agent": "qbwc-bridge doctor"})
        answer = connection.getresponse()
        answer.read(MOST_BYTES)
    finally:
        connection.close()
    status = answer.status
    told = f"{address} ({called} of the .qwc file) answers {status} {http.client.responses.get(status, '')}".rstrip()
    if status == HTTPStatus.OK:
        return Check(ADDRESS, "fine", f"{told}.")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        to = answer.headers.get("Location", "nowhere")
        to_do = "Set PUBLIC_URL to the address at the end, or have the reverse proxy pass this path on as it is."
        return Check(ADDRESS, "broken", f"{told} and leads to {to}; the Web Connector follows no redirect.", to_do)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        to_do = "Let the reverse proxy pass this path on without asking who calls."
        return Check(ADDRESS, "broken", f"{told}; the Web Connector cannot sign in there.", to_do)
    to_do = "See that the server runs (`serve`), and that the reverse proxy passes this path on to it."
    return Check(ADDRESS, "broken", f"{told}.", to_do)


def _unreached(url: SplitResult, error: Exception) -> Check:
    """Nobody answered: of this machine's own address that only means that no server runs."""
    own = is_this_machine(url.hostname or "")
    outcome: Outcome = "look" if own else "broken"
    why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    told = f"{url.netloc} cannot be reached from here: {why}."
    to_do = (
        "Start the server with `serve`."
        if own
        else "Check name, firewall and reverse proxy; try it in a browser on the PC with QuickBooks."
    )
    return Check(ADDRESS, outcome, told, to_do)


def _connected(url: SplitResult) -> socket.socket:
    return socket.create_connection((url.hostname or "", url.port or 443), timeout=SECONDS)
