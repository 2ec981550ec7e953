"""The only module that builds real adapters and hands them out."""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from qbwc_bridge.clockwork import Clockwork
from qbwc_bridge.domain.mail import mail_server
from qbwc_bridge.domain.records import Connection
from qbwc_bridge.domain.webhooks import PATH as WEBHOOKS_PATH
from qbwc_bridge.errors import BridgeError, KeyFileError, Refused, WrongUsage
from qbwc_bridge.flow.kit import Kit
from qbwc_bridge.flow.language import Language
from qbwc_bridge.notices import SmtpServer
from qbwc_bridge.ports import Clock, Hooks
from qbwc_bridge.procore import Gateway, Transport, Webhooks, check_hosts
from qbwc_bridge.settings import Settings
from qbwc_bridge.statuspage.app import status_page
from qbwc_bridge.statuspage.monitoring import PATH as MONITORING_PATH
from qbwc_bridge.statuspage.monitoring import Monitoring
from qbwc_bridge.storage import Database, Vault, check_password, hash_password, open_database, open_vault
from qbwc_bridge.webconnector.app import soap_app
from qbwc_bridge.webconnector.qwc import OWNER_ID, QwcFile, write_qwc
from qbwc_bridge.webconnector.session import Session

log = logging.getLogger("qbwc_bridge.bootstrap")


class SystemClock:
    """The system's clock, in UTC."""

    def now(self) -> dt.datetime:
        """Give the present moment."""
        return dt.datetime.now(dt.UTC)


@dataclass(slots=True)
class App:
    """The whole program, wired: settings, database, secrets, and the kit for every room."""

    settings: Settings
    database: Database
    vault: Vault
    clock: Clock
    transport: Transport | None = None
    sleep: Callable[[float], None] = time.sleep
    kit: Kit = field(init=False)
    _gateways: dict[int, tuple[tuple[Any, ...], Gateway]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        settings = self.settings
        self.kit = Kit(
            work=self.database.work,
            clock=self.clock,
            procore_for=self.procore,
            language=Language.load(
                OWNER_ID, templates_dir=settings.templates_dir, schema_dir=settings.qbxml_schema_dir
            ),
            hash_token=self.vault.hash_token,
            defaults=settings.connection_defaults(),
            lease_seconds=settings.session_lease_seconds,
            mail=_mail(settings),
            keep_qbxml_days=settings.keep_qbxml_days,
            keep_history_days=settings.keep_history_days,
            opens=lambda connection: self.vault.opens(connection.procore_secret),
        )

    def hooks(self, connection: Connection) -> Hooks:
        """Open the webhooks of a connection's Procore company."""
        return self.procore(connection).hooks

    def procore(self, connection: Connection) -> Gateway:
        """Open Procore for a connection; one gateway per connection, made anew when its access changes.

        A replaced gateway is not closed at once: a call under way in another thread may still use it.
        """
        login, api = self._procore_hosts(connection)
        access = (login, api, connection.procore_company_id, connection.procore_client_id, connection.procore_secret)
        with self._lock:
            known = self._gateways.get(connection.id)
            if known and known[0] == access:
                return known[1]
            gateway = Gateway(
                login_url=login,
                api_url=api,
                company_id=connection.procore_company_id,
                client_id=connection.procore_client_id,
                client_secret=self.vault.open(connection.procore_secret),
                clock=self.clock,
                transport=self.transport,
                sleep=self.sleep,
            )
            self._gateways[connection.id] = (access, gateway)
            return gateway

    def qwc(self, connection: Connection) -> str:
        """Give the .qwc file of a connection; raises Refused where the Web Connector would refuse it."""
        minutes = connection.settings.get("visit_every_minutes") or self.kit.defaults["visit_every_minutes"]
        file = QwcFile(
            app_name=f"qbwc-bridge {connection.name}",
            public_url=self.settings.public_url,
            user_name=connection.user_name,
            file_id=connection.file_id,
            run_every_minutes=int(minutes),
        )
        try:
            return write_qwc(file)
        except Refused as refusal:
            raise Refused(
                f"{refusal} So it is not written: set PUBLIC_URL to an address that the PC with QuickBooks reaches by "
                "name."
            ) from refusal

    def misfits(self) -> list[str]:
        """Check that Procore's hosts, and key file and secrets, belong together; give a sentence for each that do not.

        Raises WrongUsage when the hosts of the settings themselves do not: no connection was told then to use others.
        """
        check_hosts(self.settings.procore_login_url, self.settings.procore_api_url)
        with self.database.work() as uow:
            connections = uow.connections.find(order="name")
        told = []
        for connection in connections:
            try:
                check_hosts(*self._procore_hosts(connection))
            except WrongUsage as problem:
                told.append(f"{connection.name} cannot reach Procore: {problem}")
            try:
                self.vault.open(connection.procore_secret)
            except BridgeError as problem:  # most likely a further process, on a machine that made a key of its own
                told.append(f"{connection.name} cannot be served: {problem}")
        return told

    def _procore_hosts(self, connection: Connection) -> tuple[str, str]:
        own = connection.settings
        login = own.get("procore_login_url") or self.settings.procore_login_url
        return login, own.get("procore_api_url") or self.settings.procore_api_url

    def close(self) -> None:
        """Close every outside connection."""
        for _, gateway in self._gateways.values():
            gateway.close()
        self._gateways.clear()
        self.database.close()


def _mail(settings: Settings) -> SmtpServer | None:
    if settings.smtp_url is None:
        return None
    server = mail_server(settings.smtp_url.get_secret_value())
    return SmtpServer(server, sender=settings.mail_from, public_url=settings.public_url)


def open_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> App:
    """Open the database (made when missing) and wire everything; `sleep` waits the seconds that Procore asks for.

    Raises WrongUsage for bad settings, Refused for a database of another version, KeyFileError for the key file.
    """
    database = open_database(settings.database_address())
    try:
        vault = _vault(settings.secret_key_path(), database)
    except BaseException:
        database.close()
        raise
    return App(settings, database, vault, clock or SystemClock(), transport, sleep)


def _vault(path: Path, database: Database) -> Vault:
    """Open the key file; a new one is made only while the database holds nothing that another has encrypted."""
    if not path.exists():
        with database.work() as uow:
            if uow.connections.count():
                raise KeyFileError(
                    f"The key file {path} is not there, and the database holds secrets that were encrypted with it: "
                    "put it back, or correct SECRET_KEY_FILE. If it is lost, `backup` and then `restore` with the file "
                    "that it writes make a new one, and ask for the secrets again."
                )
    return open_vault(path)


def web_app(app: App, clockwork: Clockwork | None = None) -> Any:
    """Put SOAP endpoint, webhooks, metrics and status page side by side; gives a WSGI application."""
    settings = app.settings
    soap = soap_app(Session(app.kit), public_url=settings.public_url, max_bytes=settings.max_soap_bytes)
    page = status_page(
        app.kit,
        app.vault,
        check_password=check_password,
        hash_password=hash_password,
        public_url=settings.public_url,
        clockwork=clockwork,
        qwc=app.qwc,
    )
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    others: dict[str, WSGIApplication] = {
        "/qbwc": soap,
        WEBHOOKS_PATH: Webhooks(app.kit, app.vault.open),
        MONITORING_PATH: Monitoring(app.kit, token=token, clockwork=clockwork),
    }
    return DispatcherMiddleware(page, others)
