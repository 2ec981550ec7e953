import os
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.errors import WrongUsage
from qbwc_bridge.flow.options import options
from qbwc_bridge.settings import CONNECTION_KEYS, connection_value, load_settings
from qbwc_bridge.settings.keys import CONNECTION_DEFAULTS, SECRETS
from tests.storage.samples import connection


def test_defaults_are_those_that_are_promised(tmp_path: Path) -> None:
    """Without any source every setting has its promised default."""
    settings = load_settings({"data_dir": str(tmp_path)}, {})

    assert settings.listen_addresses() == [("127.0.0.1", 8085), ("::1", 8085)]
    assert (settings.pull_every_seconds, settings.push_every_seconds, settings.costs_every_seconds) == (900, 900, 7200)
    assert settings.max_soap_bytes == 128 * 1024 * 1024
    assert (settings.session_lease_seconds, settings.keep_qbxml_days, settings.keep_history_days) == (600, 90, 3650)
    assert settings.database_address() == f"sqlite:///{tmp_path / 'bridge.db'}"
    assert settings.secret_key_path().parent == tmp_path


def test_command_line_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """Each source gives way to the one before it, key by key."""
    (tmp_path / "bridge.toml").write_text(
        "keep_qbxml_days = 1\nkeep_history_days = 1\nvisit_every_minutes = 1\n"
        'estimates = false\nmail_to = ["a@b", "c@d"]\n'
    )
    environ = {"QBWC_BRIDGE_KEEP_HISTORY_DAYS": "2", "QBWC_BRIDGE_VISIT_EVERY_MINUTES": "2"}
    settings = load_settings({"data_dir": str(tmp_path), "visit_every_minutes": "3"}, environ)

    assert (settings.keep_qbxml_days, settings.keep_history_days, settings.visit_every_minutes) == (1, 2, 3)
    assert settings.estimates is False
    assert settings.mail_to == "a@b,c@d"


def test_data_folder_of_the_environment_is_where_the_file_is_looked_for(tmp_path: Path) -> None:
    """DATA_DIR from the environment names the folder whose bridge.toml is read."""
    (tmp_path / "bridge.toml").write_text('log_level = "debug"\n')

    assert load_settings(environ={"QBWC_BRIDGE_DATA_DIR": str(tmp_path)}).log_level == "debug"


BAD = {
    "PULL_EVERY_SECONDS": "1_000",
    "SESSION_LEASE_SECONDS": "0",
    "VISIT_EVERY_MINUTES": "quarterly",
    "MAX_SOAP_BYTES": "12",
    "LISTEN": "localhost",
    "PUBLIC_URL": "https://bridge.example.com/path",
    "PROCORE_API_URL": "http://api.procore.com",
    "ITEM_POLICY": "codes",
    "ESTIMATES": "perhaps",
    "ACTUALS_SINK": "elsewhere",
    "TIME_ZONE": "America/Nowhere",
    "DAILY_MAIL_AT": "25:00",
    "MAIL_TO": "nobody",
    "TEMPLATES_DIR": "/no/such/folder",
    "TRUSTED_PROXIES": "10.0.0.1,proxy",
    "LOG_LEVEL": "loud",
    "LOG_JSON": "7",
}


@pytest.mark.parametrize("key", BAD)
def test_a_bad_value_stops_the_start_with_one_sentence(key: str, tmp_path: Path) -> None:
    """The sentence names the key, the value, where it stands and what is allowed."""
    with pytest.raises(WrongUsage) as caught:
        load_settings({"data_dir": str(tmp_path)}, {f"QBWC_BRIDGE_{key}": BAD[key]})

    sentence = str(caught.value)
    assert sentence.startswith(f"{key} is {BAD[key]!r} in the environment (QBWC_BRIDGE_{key}), but must be ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("key", ["database_url", "smtp_url"])
def test_a_bad_secret_is_never_shown(key: str, tmp_path: Path) -> None:
    """The sentence about a bad secret does not hold it, nor does any exception behind it."""
    secret = secrets.token_urlsafe(12)
    with pytest.raises(WrongUsage) as caught:
        load_settings({"data_dir": str(tmp_path)}, {f"QBWC_BRIDGE_{key.upper()}": f"ftp://me:{secret}@host"})

    error: BaseException | None = caught.value
    while error is not None:
        assert secret not in str(error)
        error = error.__cause__ or error.__context__


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    """A monitor's token has sixteen characters at least."""
    with pytest.raises(WrongUsage, match=r"METRICS_TOKEN .* must be 16 or more"):
        load_settings({"data_dir": str(tmp_path), "metrics_token": secrets.token_hex(7)}, {})
    load_settings({"data_dir": str(tmp_path), "metrics_token": secrets.token_hex(8)}, {})


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    """Printing the settings shows none of the secrets in them."""
    secret = secrets.token_urlsafe(12)
    given_values = dict.fromkeys(("metrics_token", "procore_client_secret"), secret)
    given_values |= {"smtp_url": f"smtp://me:{secret}@mail.example.com"}
    with pytest.raises(WrongUsage, match="MAIL_FROM is not"):
        load_settings({"data_dir": str(tmp_path), **given_values}, {})
    given_values |= {"mail_from": "bridge@example.com"}
    settings = load_settings({"data_dir": str(tmp_path), **given_values}, {})

    assert secret not in repr(settings)
    assert set(given_values) - {"mail_from"} < set(SECRETS)


def test_unknown_names_are_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    """A misspelt variable or key of the file stops the start, instead of being passed over."""
    with pytest.raises(WrongUsage, match=r"PULL_EVERY_SECOND in the environment.* did you mean PULL_EVERY_SECONDS"):
        load_settings({"data_dir": str(tmp_path)}, {"QBWC_BRIDGE_PULL_EVERY_SECOND": "1"})
    (tmp_path / "bridge.toml").write_text("publik_url = 'http://x'\n")
    with pytest.raises(WrongUsage, match=r"PUBLIK_URL in .*bridge\.toml is no setting; did you mean PUBLIC_URL"):
        load_settings({"data_dir": str(tmp_path)}, {})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("PUBLIC_URL = 'http://x'", "PUBLIC_URL in {file} must be written in small letters: public_url."),
        ("SMTP_URL_FILE = 'x'", "SMTP_URL_FILE in {file} must be written in small letters: smtp_url_file."),
        ("income_account = 'Sales'", "use `connection set NAME income_account VALUE`."),
        ("Direct_Export = 'job'", "use `connection set NAME direct_export VALUE`."),
    ],
)
def test_a_key_that_is_right_elsewhere_is_told_so(tmp_path: Path, line: str, told: str) -> None:
    """In bridge.toml a key in capitals, and a setting of one connection, are refused with the way that is right."""
    file = tmp_path / "bridge.toml"
    file.write_text(line)
    with pytest.raises(WrongUsage) as refusal:
        load_settings({"data_dir": str(tmp_path)}, {})
    assert told.format(file=file) in str(refusal.value)
    assert "did you mean" not in str(refusal.value)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """A bridge.toml that cannot be read, or moves the folder it stands in, stops the start and is named."""
    file = tmp_path / "bridge.toml"
    file.write_text("log_level = \n")
    with pytest.raises(WrongUsage, match=r"bridge\.toml cannot be read"):
        load_settings({"data_dir": str(tmp_path)}, {})
    file.write_text("data_dir = '/elsewhere'\n")
    with pytest.raises(WrongUsage, match="data_dir cannot stand in"):
        load_settings({"data_dir": str(tmp_path)}, {})


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    """KEY_FILE gives the secret without its line end; both at once, or a missing file, is wrong usage."""
    secret = secrets.token_urlsafe(12)
    file = tmp_path / "token"
    file.write_text(f"{secret}\n")
    environ = {"QBWC_BRIDGE_METRICS_TOKEN_FILE": str(file)}
    settings = load_settings({"data_dir": str(tmp_path)}, environ)

    assert settings.metrics_token is not None
    assert settings.metrics_token.get_secret_value() == secret
    with pytest.raises(WrongUsage, match="both given"):
        load_settings({"data_dir": str(tmp_path)}, {**environ, "QBWC_BRIDGE_METRICS_TOKEN": secret})
    file.unlink()
    with pytest.raises(WrongUsage, match="METRICS_TOKEN_FILE in the environment"):
        load_settings({"data_dir": str(tmp_path)}, environ)


def test_empty_variables_count_as_not_given(tmp_path: Path) -> None:
    """An empty variable, as containers pass them, leaves the default."""
    assert load_settings({"data_dir": str(tmp_path)}, {"QBWC_BRIDGE_PULL_EVERY_SECONDS": ""}).pull_every_seconds == 900


@pytest.mark.parametrize(
    ("text", "expected"),
    [("[::1]:8085", ("::1", 8085)), ("0.0.0.0:80", ("0.0.0.0", 80)), ("bridge.local:443", ("bridge.local", 443))],  # noqa: S104
)
def test_listen_addresses_are_split(text: str, expected: tuple[str, int], tmp_path: Path) -> None:
    """IPv6 addresses lose their brackets, names and IPv4 addresses stay."""
    assert load_settings({"data_dir": str(tmp_path), "listen": text}, {}).listen_addresses() == [expected]


@given(st.text(max_size=30))
def test_listen_never_fails_in_another_way(text: str) -> None:
    """Any text is either addresses with ports below 65536, or wrong usage."""
    try:
        found = load_settings({"data_dir": "/nowhere", "listen": text}, {}).listen_addresses()
    except WrongUsage:
        return
    assert all(host and 0 <= port < 65536 for host, port in found)


@given(st.sampled_from(sorted(CONNECTION_KEYS)), st.text(max_size=20) | st.integers(0, 10**6).map(str))
def test_every_value_of_a_connection_is_taken_or_refused_with_a_sentence(key: str, value: str) -> None:
    """`connection set` takes a value that the flow can use, or says wrong usage; what is taken is taken again as is."""
    try:
        stored = connection_value(key, value)
    except WrongUsage:
        return
    assert connection_value(key, stored) == stored
    chosen = options(
        connection(settings={key: stored} if stored else {}),
        load_settings({"data_dir": "/nowhere"}, {}).connection_defaults(),
    )
    assert chosen.zone.key


def test_defaults_for_connections_are_texts_of_every_such_key(tmp_path: Path) -> None:
    """What a connection overrides is handed on as text, and each default is itself a value that `set` takes."""
    defaults = load_settings({"data_dir": str(tmp_path), "estimates": "no"}, {}).connection_defaults()

    assert set(defaults) == set(CONNECTION_DEFAULTS) < set(CONNECTION_KEYS)
    assert defaults["estimates"] == "false"
    assert {key: connection_value(key, value) for key, value in defaults.items()} == defaults


def test_unknown_key_of_a_connection_is_refused() -> None:
    """A key that only the whole bridge has, or none, cannot be set for a connection."""
    for key in ("listen", "colour"):
        with pytest.raises(WrongUsage, match="no setting of a connection"):
            connection_value(key, "1")


@pytest.mark.skipif(os.name != "posix", reason="folders of Linux and macOS")
def test_data_folder_belongs_to_the_person_unless_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service run by root keeps its data with the system's, a person's bridge with the person's."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert load_settings(environ={}).data_dir == Path("/var/lib/qbwc-bridge")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert load_settings(environ={"XDG_DATA_HOME": "/data"}).data_dir == Path("/data/qbwc-bridge")


def test_time_zone_is_the_machines_unless_named(tmp_path: Path) -> None:
    """TZ names the zone; a rule that is no name is passed over for one that exists."""
    assert load_settings({"data_dir": str(tmp_path)}, {"TZ": ":America/Denver"}).time_zone == "America/Denver"
    fallback = load_settings({"data_dir": str(tmp_path)}, {"TZ": "EST5EDT4,M3.2.0"}).time_zone
    assert fallback == load_settings({"data_dir": str(tmp_path)}, {}).time_zone
