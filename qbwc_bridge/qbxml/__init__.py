"""The language of QuickBooks: requests in, text out; text of replies in, typed results out."""
