"""qbwc-bridge: joins Procore and QuickBooks Desktop through Intuit's Web Connector."""

__version__ = "0.1.0"
