"""What people take away as files, from command and page alike: tables as CSV, workbooks for Excel."""
