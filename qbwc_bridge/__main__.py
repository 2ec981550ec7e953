"""`python -m qbwc_bridge`: the same as the command `qbwc-bridge`."""

from qbwc_bridge.cli import main

if __name__ == "__main__":
    main()
