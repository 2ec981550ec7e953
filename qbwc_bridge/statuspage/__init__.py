"""The browser edge: sign-in, what needs a person, decisions, and the proof that the money is the same."""
