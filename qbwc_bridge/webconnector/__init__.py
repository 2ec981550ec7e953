"""The SOAP edge: `session` is the protocol as plain methods, the rest carries it over the wire."""
