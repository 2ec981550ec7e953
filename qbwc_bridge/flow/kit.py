"""What every room above the stations is handed: storage, clock, Procore, language and the bridge's defaults."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from qbwc_bridge.domain.records import Connection
from qbwc_bridge.flow.language import Language
from qbwc_bridge.flow.options import Options, options
from qbwc_bridge.ports import Clock, Mail, OpenAnyWork, ProcoreFor, UnitOfWork


@dataclass(frozen=True, slots=True)
class Kit:
    """Built once by `bootstrap`; everything in it may be used from any thread.

    `hash_token` is the keyed hash for tickets and the Web Connector's password; `lease_seconds` is the lease while a
    request is out (a fifth of it otherwise).
    """

    work: OpenAnyWork
    clock: Clock
    procore_for: ProcoreFor
    language: Language
    hash_token: Callable[[str], str]
    defaults: Mapping[str, str]
    lease_seconds: int = 600
    mail: Mail | None = None
    """None where no mail server is set."""
    keep_qbxml_days: int = 90
    keep_history_days: int = 3650
    opens: Callable[[Connection], bool] = lambda _connection: True
    """Whether this process has the key of a connection's secrets; on a machine with another key file it has not."""

    def options(self, connection: Connection) -> Options:
        """What a connection has chosen, over the bridge's defaults."""
        return options(connection, self.defaults)

    def setting(self, connection: Connection, key: str, otherwise: str = "") -> str:
        """A connection's own setting, else the bridge's, by lower-case key."""
        return connection.settings.get(key) or self.defaults.get(key) or otherwise

    def open(self, connection_id: int | None = None) -> AbstractContextManager[UnitOfWork]:
        """Begin a unit of work (`ports.OpenAnyWork`)."""
        return self.work(connection_id)
