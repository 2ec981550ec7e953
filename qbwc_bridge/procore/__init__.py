"""The Procore edge: the only room that knows Procore's addresses, tokens and JSON."""

from qbwc_bridge.procore.gateway import Gateway, Transport
from qbwc_bridge.procore.hosts import PRODUCTION_API_URL, PRODUCTION_LOGIN_URL, check_hosts
from qbwc_bridge.procore.webhooks import Webhooks

__all__ = ["PRODUCTION_API_URL", "PRODUCTION_LOGIN_URL", "Gateway", "Transport", "Webhooks", "check_hosts"]
