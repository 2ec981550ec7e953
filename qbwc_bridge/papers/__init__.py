"""What people take away: tables as CSV, Excel workbooks, and what stands on them. Commands and page share it."""
