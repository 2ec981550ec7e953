"""What Procore says that it changed, and a project that was switched on, is read soon, whosever turn it is."""

from collections.abc import Callable

from qbwc_bridge.clockwork import Clockwork
from qbwc_bridge.flow.rotation import USUAL_SECONDS
from tests.bench.reading import Site
from tests.journeys.reading_site import new_site, open_site, rows, touch

__all__ = ["new_site", "open_site"]


def wind(site: Site) -> Clockwork:
    """A clockwork that is not started, whose clock for reading Procore is on."""
    with site.app.kit.work() as uow:
        row = uow.connections.get(site.connection.id)
        row.settings["pull_every_seconds"] = str(USUAL_SECONDS)
        uow.connections.save(row)
    clockwork = Clockwork(site.app.kit)
    clockwork.tick()
    site.clock.wait(60)
    return clockwork


def ticks(site: Site, clockwork: Clockwork, seconds: int) -> int:
    """Let so many seconds pass; gives the calls for Procore's API in them."""
    calls = len(site.procore.calls)
    for _ in range(seconds // 5):
        site.clock.wait(5)
        clockwork.tick()
    return sum(1 for call in site.procore.calls[calls:] if call.path != "/oauth/token")


def test_what_procore_says_is_read_within_half_a_minute(open_site: Callable[..., Site]) -> None:
    """A touched project is read with everything of it, a touched company with its lists; then nothing more."""
    site = open_site()
    clockwork = wind(site)
    assert ticks(site, clockwork, 120) == 0
    site.procore.set_commitment(site.orders[0], title="Told by a webhook")
    site.clock.wait(3)
    touch(site)
    assert ticks(site, clockwork, 30) == 8
    assert site.knows(site.orders[0], "Told by a webhook")
    assert ticks(site, clockwork, 300) == 0
    site.procore.add_vendor("Told Supply")
    touch(site, company=True)
    assert ticks(site, clockwork, 30) == 4
    assert "Told Supply" in {getattr(row.document, "name", "") for row in rows(site).values()}
    assert ticks(site, clockwork, 200) == 0


def test_swarms_of_news_do_not_use_up_the_limit(open_site: Callable[..., Site]) -> None:
    """News that come every few seconds for an hour leave two thirds of the limit to the rounds."""
    site = open_site()
    clockwork, calls = wind(site), 0
    for _ in range(3600 // 10):
        touch(site)
        calls += ticks(site, clockwork, 10)
    assert 60 <= calls <= 600 / 3 + 60


def test_a_touch_during_a_reading_counts_for_the_next(open_site: Callable[..., Site]) -> None:
    """What changed after its list was read is not taken for read."""
    site = open_site()
    clockwork = wind(site)
    real, told = site.procore.wsgi_app, list[str]()

    def app(environ: dict[str, str], start_response: Callable[..., object]) -> object:
        answer = real(environ, start_response)  # type: ignore[arg-type]
        if "prime_contracts" in environ["PATH_INFO"] and not told:
            told.append(environ["PATH_INFO"])
            site.clock.wait(1)
            site.procore.set_commitment(site.orders[0], title="Changed meanwhile")
            touch(site)
        return answer

    site.app.transport.app = app  # type: ignore[union-attr]
    touch(site)
    ticks(site, clockwork, 10)
    assert told
    ticks(site, clockwork, 200)
    assert site.knows(site.orders[0], "Changed meanwhile")


def test_a_project_that_was_switched_on_is_read_whole_soon(open_site: Callable[..., Site]) -> None:
    """Without waiting for its round, within the calls of one."""
    site = open_site()
    clockwork = wind(site)
    late = site.procore.add_project("26-900", "Late Site")
    touch(site, company=True)
    ticks(site, clockwork, 30)
    with site.app.kit.work() as uow:
        row = uow.projects.first(project_id=late)
        assert row is not None
        row.on, row.customer, row.touched_at = True, "Clients", site.clock.now()
        uow.projects.save(row)
    ticks(site, clockwork, 60)
    with site.app.kit.work() as uow:
        row = uow.projects.first(project_id=late)
        assert row is not None
        assert row.reading.whole_at is not None


def test_the_clock_that_is_off_follows_no_touch(open_site: Callable[..., Site]) -> None:
    """Who switched reading by the clock off pulls by hand."""
    site = open_site()
    clockwork = Clockwork(site.app.kit)
    touch(site)
    assert ticks(site, clockwork, 60) == 0
