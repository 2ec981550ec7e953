from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain import paths
from qbwc_bridge.domain.mail import each_once, is_mail_address, mail_addresses, mail_server
from qbwc_bridge.statuspage.app import ADDRESSES

SERVERS = {
    "smtp://mail.example.com": ("mail.example.com", 25, False, "offered", ""),
    "smtp://mail.example.com:2525/": ("mail.example.com", 2525, False, "offered", ""),
    "smtp://me:word@mail.example.com": ("mail.example.com", 587, False, "always", "me"),
    "smtp://me%40example.com:w%2Fo%3Ard@mail.example.com": ("mail.example.com", 587, False, "always", "me@example.com"),
    "smtps://me:word@mail.example.com": ("mail.example.com", 465, True, "always", "me"),
    "smtp://me:word@localhost": ("localhost", 587, False, "offered", "me"),
    "smtp://me:word@[::1]:1025": ("::1", 1025, False, "offered", "me"),
    "smtp://mail.example.com?starttls=always": ("mail.example.com", 25, False, "always", ""),
    "smtp://mail.example.com?starttls=never": ("mail.example.com", 25, False, "never", ""),
}


@pytest.mark.parametrize("url", SERVERS)
def test_a_server_is_read_from_its_address(url: str) -> None:
    """Host, port, TLS, STARTTLS and user; a user over the network always means TLS."""
    found = mail_server(url)
    assert (found.host, found.port, found.tls, found.starttls, found.user) == SERVERS[url]
    assert "word" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com:70000",
        "smtp://me@mail.example.com",
        "smtp://:word@mail.example.com",
        "smtp://me:w%C3%B6rd@mail.example.com",
        "smtp://me:wo%0Ard@mail.example.com",
        "smtp://me:word@mail.example.com?starttls=never",
        "smtp://mail.example.com?starttls=perhaps",
        "smtp://mail.example.com?tls=no",
        "smtp://mail.example.com#starttls",
    ],
)
def test_what_is_no_server_is_refused(url: str) -> None:
    """Also a password that would travel in the open, or that SMTP cannot carry."""
    with pytest.raises(ValueError, match=r"\w"):
        mail_server(url)


@given(st.text(max_size=40))
def test_an_address_can_stand_in_headers_and_commands(text: str) -> None:
    """Whatever is taken for an address has one @, no space, no control character, no angle bracket, ASCII alone."""
    if is_mail_address(text):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(' <>,;:"()[]\\')
        assert text.count("@") == 1


@pytest.mark.parametrize("text", ["ann@example.com", "a.b+c@mail.example.co", "a@b"])
def test_usual_addresses_are_addresses(text: str) -> None:
    """With dots and plus signs, and in a domain of the office alone."""
    assert is_mail_address(text)


def test_each_address_once() -> None:
    """Whatever its capitals, in the order given; what is none, such as a name of before, is left out."""
    assert mail_addresses("ann@example.com, Alice ,ANN@example.com,ben@example.com") == [
        "ann@example.com",
        "ben@example.com",
    ]
    assert mail_addresses("") == []
    assert each_once(["b@x", "a@x", "B@x"]) == ["b@x", "a@x"]


@given(st.text(min_size=1, max_size=20).filter(lambda name: name.strip("./") and not set(name) & set("/\\")))
def test_paths_lead_to_pages(name: str) -> None:
    """Each link of a mail is an address that the status page knows, and names the connection unchanged."""
    urls = ADDRESSES.bind("localhost")
    wanted = {
        paths.submissions(name, state="blocked"): "submissions",
        paths.record(name, 12): "record",
        paths.costs(name): "costs",
        paths.reconciliation(name): "reconciliation",
        paths.wip(name): "wip",
        paths.overview(name): "client",
    }
    for path, endpoint in wanted.items():
        found, values = urls.match(unquote(path.partition("?")[0]))
        assert (found, values["name"]) == (endpoint, name)
