"""The settings: every key in one class, and the one function that reads and checks them."""

from qbwc_bridge.settings.keys import Settings
from qbwc_bridge.settings.sources import CONNECTION_KEYS, connection_value, load_settings

__all__ = ["CONNECTION_KEYS", "Settings", "connection_value", "load_settings"]
