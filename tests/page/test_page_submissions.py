"""The table of submissions."""

import re

import pytest

from qbwc_bridge.statuspage import submissions
from tests.page.office import MAIN, OTHER, Browser, Office

TABLE = f"/connections/{MAIN}/submissions"


def test_table_shows_records_with_reasons_waits_and_notes(alice: Browser) -> None:
    """Every record is there with its state in words, what stands against it, what it waits for, what to know."""
    text = alice.get(TABLE).text
    assert "no vendor is chosen in Procore" in text
    assert "Waits for vendor Pacific Drywall." in text
    assert "Will be linked to Pacific Drywall in QuickBooks." in text
    assert "18,500.00" in text
    assert "(250.50)" in text
    assert text.count("Ready to Export") >= 6


def test_awkward_text_is_escaped(alice: Browser) -> None:
    """Names from Procore are text, never markup."""
    text = alice.get(TABLE).text
    assert "Zoë&#39;s &lt;Glass&gt; &amp; “More”" in text
    assert "<Glass>" not in text


def rows(text: str) -> list[str]:
    """Give the names of the rows of the table."""
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', text)


def test_what_needs_a_person_stands_first(alice: Browser) -> None:
    """Ready records come before blocked ones, and synced ones last."""
    text = alice.get(TABLE).text
    assert text.index("PO-001</a>") < text.index("PO-009</a>") < text.index("03-300.M</a>")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=blocked", {"PO-009", "24-002"}),
        ("state=blocked&kind=budget", {"24-002"}),
        ("kind=commitment&q=harbor", {"PO-2024-000123"}),
        ("q=PACIFIC&kind=commitment", {"PO-001", "SC-014"}),
        ("state=rejected", set()),
    ],
)
def test_filters_and_search(alice: Browser, query: str, expected: set[str]) -> None:
    """State, kind and search let through what they say, together."""
    assert set(rows(alice.get(f"{TABLE}?{query}").text)) == expected


def test_chips_count_within_the_other_filter(alice: Browser) -> None:
    """A chip tells how many records it would show."""
    text = alice.get(f"{TABLE}?kind=commitment").text
    chips = dict(re.findall(r'href="([^"]*)" class="chip[^>]*>.*?<b>(\d+)</b>', text))
    for address, count in chips.items():
        assert len(rows(alice.get(address.replace("&amp;", "&")).text)) == int(count), address


def test_sum_is_of_one_kind_only(alice: Browser) -> None:
    """Amounts are added up where they are of one kind, and not where a budget would be added to its orders."""
    assert "114,699.50" in alice.get(f"{TABLE}?kind=commitment").text
    assert "331,199.50" not in alice.get(TABLE).text


def test_senseless_filters_are_left_out(alice: Browser) -> None:
    """A query that people edited shows the table and no error."""
    answer = alice.get(f"{TABLE}?state=nonsense&kind=x&page=999999&q=%00%ff")
    assert answer.status_code == 200


def test_long_tables_come_in_pages(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than fit one page are on the next ones, each once."""
    everything = rows(alice.get(TABLE).text)
    monkeypatch.setattr(submissions, "PAGE_ROWS", 5)
    pages = [rows(alice.get(f"{TABLE}?page={number}").text) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 5, 4]
    assert [name for page in pages for name in page] == everything


def test_viewer_sees_no_buttons(victor: Browser) -> None:
    """Somebody who may only look is offered nothing else."""
    text = victor.get(TABLE).text
    assert "PO-001" in text
    assert 'name="pick"' not in text
    assert "data-action" not in text


def test_other_persons_connection_does_not_exist(office: Office, charlie: Browser) -> None:
    """Tables, records and costs of a connection that is not theirs are Not found, like one that is not there."""
    mine, other = office.row("PO-001", OTHER), office.row("PO-001")
    assert charlie.get(f"/connections/{OTHER}/submissions/{mine.id}").status_code == 200
    for path in (TABLE, f"/connections/{MAIN}/costs", f"/connections/{MAIN}/submissions/{other.id}"):
        assert charlie.get(path).status_code == 404
        assert "PO-001" not in charlie.get(path).text
    assert charlie.get(f"/connections/{OTHER}/submissions/{other.id}").status_code == 404
    assert charlie.get("/connections/Nowhere/submissions").status_code == 404
