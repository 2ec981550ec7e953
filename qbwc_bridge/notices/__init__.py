"""The mail edge: letters become messages in plain text and HTML, and a real SMTP server takes them."""

from qbwc_bridge.notices.smtp import SmtpServer

__all__ = ["SmtpServer"]
