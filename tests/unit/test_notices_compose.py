"""A letter as a message: readable as text and as HTML, with nothing in it that a name could have put there."""

import datetime as dt
import email
from dataclasses import replace
from decimal import Decimal
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.notices import Letter, Mentioned, Waiting
from qbwc_bridge.notices.compose import LONGEST_SUBJECT, compose

AT = dt.datetime(2026, 3, 10, 14, 0, tzinfo=dt.UTC)
BASE = "https://bridge.example.com"
LINES = [
    "\r\nBcc: thief@example.com",
    "\nX: y",
    "<script>alert(1)</script>",
    '"><img src=x>',
    "\u202egnp",
    "Größe & Söhne ✓",
    "\x00\x1b[31m",
]


def letter(name: str = "Bluestone") -> Letter:
    """Give a letter with every part, in which `name` stands everywhere."""
    return Letter(
        subject=f"{name}: 3 things need you",
        opening=(f"{name} stopped.", "Look."),
        path="/",
        button=f"Open {name}",
        waiting=(
            Waiting(
                f"Commitments of {name}",
                2,
                "/connections/x/submissions?state=blocked&kind=job",
                Decimal("-1234.50"),
                "2 days",
            ),
        ),
        records=(Mentioned(f"Vendor {name}", "/connections/x/submissions/7", f"Blocked: {name}", Decimal("10.00")),),
        left_out=4,
        facts=(("Company", name),),
        urgent=True,
    )


def sent(of: Letter, *receivers: str) -> EmailMessage:
    """The message as whoever gets it reads it off the wire."""
    to = receivers or ("ann@example.com", "ben@example.com")
    made = compose(of, to, sender="bridge@example.com", mark="MARK", at=AT, public_url=BASE)
    return email.message_from_bytes(made.as_bytes(), policy=policy.default)


def part(message: EmailMessage, kind: str) -> str:
    """The text of one form."""
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content().replace("\r\n", "\n")
    return content


class Markup(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def test_headers_are_those_of_an_automatic_mail() -> None:
    """From, to, subject, date by the clock, an id that is the same each time, and no answer asked for."""
    message = sent(letter())
    assert message["From"] == "qbwc-bridge <bridge@example.com>"
    assert message["To"] == "ann@example.com, ben@example.com"
    assert message["Subject"] == "Bluestone: 3 things need you"
    assert message["Date"].datetime == AT
    assert message["Message-ID"] == "<MARK@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert sent(letter()).as_bytes().partition(b"boundary")[0] == message.as_bytes().partition(b"boundary")[0]


def test_both_forms_say_the_same_with_whole_links() -> None:
    """Counts, amounts as bookkeepers write them, reasons, and addresses that can be followed."""
    message = sent(letter())
    text, page = part(message, "plain"), Markup(part(message, "html"))
    for told in ("(1,234.50)", "oldest 2 days", "Blocked: Bluestone", "10.00", "And 4 more.", "Open Bluestone"):
        assert told in text
        assert told in page.text
    links = [
        f"{BASE}/connections/x/submissions?state=blocked&kind=job",
        f"{BASE}/connections/x/submissions/7",
        f"{BASE}/",
    ]
    assert page.links == links
    assert all(link in text for link in links)
    assert "img" not in page.tags
    assert max(len(line) for line in text.splitlines() if BASE not in line) <= 76
    assert "\n\n\n" not in text


def test_a_subject_stands_on_the_line_of_its_header() -> None:
    """Folded right after the colon it would look empty to some readers of mail."""
    for words in range(1, 12):
        of = replace(letter(), subject="Bluestone:" + " Connector" * words)
        made = compose(of, ["ann@example.com"], sender="bridge@example.com", mark="M", at=AT, public_url=BASE)
        assert f"\r\nSubject: {of.subject}\r\n" in f"\r\n{made.as_bytes().decode()}"


def test_it_travels_in_ascii_lines_of_bearable_length() -> None:
    """No server on the way must know more than plain SMTP."""
    raw = compose(
        letter("Größe ✓ " + "long " * 900), ["ann@example.com"], sender="b@x", mark="M", at=AT, public_url=BASE
    ).as_bytes()
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.sampled_from(LINES) | st.text(max_size=60), st.sampled_from(LINES) | st.text(max_size=300))
def test_no_name_becomes_a_header_or_markup(name: str, more: str) -> None:
    """Whatever a company or record is called: the same headers, tags and links, and the name as text."""
    plain, strange = sent(letter("Bluestone")), sent(letter(f"{name}{more}"))
    assert strange.keys() == plain.keys()
    assert strange["To"] == plain["To"]
    assert "\n" not in strange["Subject"]
    assert len(strange["Subject"]) <= LONGEST_SUBJECT
    page = Markup(part(strange, "html"))
    assert page.tags == Markup(part(plain, "html")).tags
    assert page.links == Markup(part(plain, "html")).links
    assert all(sign.isprintable() or sign == "\n" for sign in part(strange, "plain"))


def test_a_name_is_shown_as_it_is() -> None:
    """Letters of other languages stand in subject and text."""
    message = sent(letter("Größe & Söhne <GmbH> ✓"))
    assert message["Subject"] == "Größe & Söhne <GmbH> ✓: 3 things need you"
    assert "Größe & Söhne <GmbH> ✓ stopped." in part(message, "plain")
    assert "Größe & Söhne <GmbH> ✓ stopped." in Markup(part(message, "html")).text


def test_a_short_letter_has_no_empty_parts() -> None:
    """All is well needs few lines."""
    of = Letter("Bluestone: all is well", ("Nothing waits for a person.",), "/", "Open the overview")
    message = sent(of, "ann@example.com")
    assert "\n\n\n" not in part(message, "plain")
    assert part(message, "html").count("<table") == 2
