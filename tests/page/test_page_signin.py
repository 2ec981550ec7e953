"""Signing in and out, and what a session is worth."""

import pytest

from qbwc_bridge.domain.people import Person
from qbwc_bridge.errors import NotFound
from qbwc_bridge.statuspage.sessions import COOKIE, IDLE, LONGEST
from qbwc_bridge.statuspage.signin import LINK_LASTS, make_login_link
from qbwc_bridge.statuspage.throttle import MAX_KEYS, PER_ADDRESS, PER_NAME, PER_PAIR, WINDOW, Throttle
from qbwc_bridge.storage import Database
from tests.page.office import MAIN, NOW, Browser, Office

PRIVATE = ["/", f"/connections/{MAIN}/submissions", f"/connections/{MAIN}/submissions/1", f"/connections/{MAIN}/costs"]


@pytest.mark.parametrize("path", PRIVATE)
def test_page_needs_a_sign_in_and_comes_back_to_the_place(office: Office, path: str) -> None:
    """Nobody sees anything without a sign-in, and after it stands where they wanted to be."""
    visitor = office.visitor()
    sent = visitor.get(path)
    assert sent.status_code == 303
    assert sent.headers["Location"].startswith("/login")
    answer = visitor.sign_in("Victor", office.passwords["Victor"], next=path)
    assert answer.headers["Location"] == path
    assert visitor.get(path).status_code == 200


def test_argon2_lets_the_right_password_in_and_no_other(database: Database) -> None:
    """The real password check: the right one signs in, a wrong one and an unknown name read the same."""
    office = Office(database, quick=False)
    office.employ("Alice", "approver")
    visitor = office.visitor()
    wrong, nobody = visitor.sign_in("Alice", "wrong"), visitor.sign_in("Nobody", "wrong")
    assert wrong.status_code == nobody.status_code == 403
    assert wrong.text.replace("Alice", "Nobody") == nobody.text
    assert visitor.sign_in("Alice", office.passwords["Alice"]).status_code == 303
    with office.kit.work() as uow:
        uow.people.add(Person("Linked", "viewer", ""))
    assert visitor.sign_in("Linked", "").status_code == 403


def test_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    """The session cookie is HttpOnly and SameSite=Lax, and goes over plain http where the page is served so."""
    cookie = office.visitor().sign_in("Alice", office.passwords["Alice"]).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_cookie_goes_over_https_only_where_the_page_does(database: Database) -> None:
    """With an https PUBLIC_URL the cookie is Secure."""
    office = Office(database, public_url="https://bridge.example").open()
    assert "; Secure" in office.visitor().sign_in("Alice", office.passwords["Alice"]).headers["Set-Cookie"]


@pytest.mark.parametrize("away", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_sign_in_never_sends_elsewhere(office: Office, away: str) -> None:
    """The address after the sign-in is one of ours, whatever the form says."""
    answer = office.visitor().sign_in("Alice", office.passwords["Alice"], next=away)
    assert answer.headers["Location"] == "/"


def test_form_of_another_site_signs_nobody_in(office: Office) -> None:
    """A sign-in that another site sent is refused, by either header that browsers set."""
    form = {"name": "Alice", "password": office.passwords["Alice"]}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert office.visitor().client.post("/login", data=form, headers=headers).status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert office.visitor().client.post("/login", data=form, headers=own).status_code == 303


def test_wrong_passwords_are_throttled_until_the_window_ends(office: Office) -> None:
    """After some wrong passwords even the right one waits, and says how long; later it is let in."""
    visitor = office.visitor()
    for _ in range(PER_PAIR):
        assert visitor.sign_in("Alice", "wrong").status_code == 403
    answer = visitor.sign_in("Alice", office.passwords["Alice"])
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= WINDOW.total_seconds() + 1
    assert visitor.sign_in("Victor", office.passwords["Victor"]).status_code == 303
    office.clock.pass_time(seconds=WINDOW.total_seconds())
    assert visitor.sign_in("Alice", office.passwords["Alice"]).status_code == 303


def test_a_right_password_forgives_the_wrong_ones_before(office: Office) -> None:
    """Somebody who mistypes now and then is never locked out."""
    visitor = office.visitor()
    for _ in range(3):
        for _ in range(PER_PAIR - 1):
            visitor.sign_in("Alice", "wrong")
        assert visitor.sign_in("Alice", office.passwords["Alice"]).status_code == 303


def test_throttle_counts_addresses_and_names_apart() -> None:
    """One address that tries many names waits, and so does one name tried from many addresses, a /64 counting once."""
    by_address, by_name = Throttle(), Throttle()
    waits = [by_address.enter(f"name {number}", f"2001:db8::{number:x}", NOW) for number in range(PER_ADDRESS + 1)]
    assert [bool(wait) for wait in waits] == [False] * PER_ADDRESS + [True]
    waits = [by_name.enter("Alice", f"10.0.0.{number}", NOW) for number in range(PER_NAME + 1)]
    assert [bool(wait) for wait in waits] == [False] * PER_NAME + [True]


def test_throttle_forgets_what_is_untouched_for_longest() -> None:
    """Its memory is bounded, whatever names are tried."""
    throttle = Throttle()
    for number in range(MAX_KEYS // 2):
        throttle.enter(f"name {number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", NOW)
    assert len(throttle._tries) == MAX_KEYS


def test_session_ends_when_idle_and_after_a_day(office: Office, alice: Browser) -> None:
    """A session that is used goes on, one that is not ends, and none outlives a working day."""
    for _ in range(5):
        office.clock.pass_time(seconds=IDLE.total_seconds() - 60)
        assert alice.get("/").status_code == 200
    office.clock.pass_time(seconds=LONGEST.total_seconds() - 5 * IDLE.total_seconds() + 600)
    assert alice.get("/").status_code == 303
    again = office.signed_in("Alice")
    office.clock.pass_time(seconds=IDLE.total_seconds() + 1)
    assert again.get("/").status_code == 303


def test_forged_cookie_is_worth_nothing(office: Office, alice: Browser) -> None:
    """A cookie that is changed, or made with another key, signs nobody in."""
    cookie = alice.client.get_cookie(COOKIE)
    assert cookie is not None
    visitor = office.visitor()
    visitor.client.set_cookie(COOKIE, cookie.value[:-4] + "AAAA")
    assert visitor.get("/").status_code == 303
    visitor.client.set_cookie(COOKIE, cookie.value)
    assert visitor.get("/").status_code == 200


def test_new_password_or_removal_ends_sessions(office: Office, alice: Browser, victor: Browser) -> None:
    """Raising session_version, and removing the person, end every session at once."""
    with office.kit.work() as uow:
        person = uow.people.first(name="Alice")
        assert person is not None
        person.session_version += 1
        uow.people.save(person)
        gone = uow.people.first(name="Victor")
        assert gone is not None
        uow.people.remove(gone)
    assert alice.get("/").status_code == 303
    assert victor.get("/").status_code == 303


def test_signing_out_ends_the_session_for_copies_too(office: Office, alice: Browser) -> None:
    """After signing out a copied cookie is worth nothing."""
    cookie = alice.client.get_cookie(COOKIE)
    assert cookie is not None
    assert alice.client.post("/logout", data={"csrf": alice.csrf()}).status_code == 303
    copied = office.visitor()
    copied.client.set_cookie(COOKIE, cookie.value)
    assert copied.get("/").status_code == 303


def test_signing_out_needs_the_token(alice: Browser) -> None:
    """Another site cannot sign somebody out."""
    assert alice.client.post("/logout").status_code == 403
    assert alice.get("/").status_code == 200
    assert alice.get("/logout").status_code == 405


def test_login_link_works_once(office: Office) -> None:
    """A login link signs in whoever it was made for, once, in whichever process."""
    path = make_login_link(office.kit, office.vault, "Alice")
    visitor = office.visitor()
    assert visitor.follow(visitor.get(path)).status_code == 200
    assert "Alice" in visitor.get("/").text
    again = office.visitor()
    assert again.get(path).status_code == 403
    assert again.get("/").status_code == 303


@pytest.mark.parametrize("address", ["192.168.1.20", "2001:db8::1", "::ffff:192.168.1.20", ""])
def test_login_link_works_on_this_machine_only(office: Office, address: str) -> None:
    """From another address a link signs nobody in, and is not spent by the attempt."""
    path = make_login_link(office.kit, office.vault, "Alice")
    assert office.visitor().get(path, environ_overrides={"REMOTE_ADDR": address}).status_code == 403
    assert office.visitor().client.head(path).status_code == 403
    assert office.visitor().get(path, environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 303


def test_login_link_ends_after_five_minutes(office: Office) -> None:
    """An old link signs nobody in; neither does one made up."""
    path = make_login_link(office.kit, office.vault, "Alice")
    office.clock.pass_time(seconds=LINK_LASTS.total_seconds() + 1)
    assert office.visitor().get(path).status_code == 403
    assert office.visitor().get("/login/link/WzEsMCwxXQ.made-up").status_code == 403


def test_login_link_needs_a_person(office: Office) -> None:
    """A link for nobody is refused with a sentence."""
    with pytest.raises(NotFound, match="no person named Nobody"):
        make_login_link(office.kit, office.vault, "Nobody")
