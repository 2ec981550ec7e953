"""What stops a build."""


class BuildError(Exception):
    """The setup program cannot be made; the text says why and what to do, in one sentence."""
