"""What people take away as files, from command and page alike: tables as CSV, workbooks for Excel.

And what nobody else may read: `private` makes folders and files that only their owner may open.
"""
