"""The stand-ins: a QuickBooks company, a Web Connector and a Procore, to try, train and test with.

Each is built from the published facts alone and imports nothing of the bridge, so that a misunderstanding cannot sit on
both sides.
"""
