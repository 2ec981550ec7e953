"""A stand-in for Intuit's Web Connector, to train people and to try a server with; it needs no Windows.

Written from the QuickBooks Web Connector Programmer's Guide 2.0 ("guide"), the WSDL that ASP.NET made for Intuit's
hosted test service ("WSDL") and recorded traffic. It imports nothing of the server that it tries, so that it can
contradict one which misread these sources.
"""

from qbwc_bridge.rehearsal.webconnector.application import Application, QwcError
from qbwc_bridge.rehearsal.webconnector.company import RequestProcessor
from qbwc_bridge.rehearsal.webconnector.connector import WebConnector
from qbwc_bridge.rehearsal.webconnector.visit import Visit
from qbwc_bridge.rehearsal.webconnector.wire import Get, HttpPost, Post, http_get, http_post, wsgi_post

__all__ = [
    "Application",
    "Get",
    "HttpPost",
    "Post",
    "QwcError",
    "RequestProcessor",
    "Visit",
    "WebConnector",
    "http_get",
    "http_post",
    "wsgi_post",
]
