r"""Folders and files that only their owner may read, on both systems.

POSIX knows modes. On Windows an access list says who may, and what is made in a folder takes over the folder's: so a
folder is shut when it is made, and everything in it is as shut. The Windows setup shuts the data folder likewise, and
lets the server's account in as well.
"""

import os
import re
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path, PureWindowsPath

from qbwc_bridge.errors import BridgeError

ON_WINDOWS = os.name == "nt"

LET_IN = ("*S-1-5-18", "*S-1-5-32-544", "*S-1-3-4")
"""SYSTEM, the administrators, and whoever owns the thing; their names differ by Windows' language, these do not."""

ICACLS_SECONDS = 60
"""How long Windows' own tool may take; it ends at once, unless the disk is a network's."""


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it, that nobody else may enter; one that exists is left as it is.

    Raises OSError where it cannot be made, BridgeError where it cannot be shut.
    """
    if path.is_dir():
        return
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in reversed(new):
        take_owner(folder, folder.parent)
    if ON_WINDOWS:
        _shut(path, "(OI)(CI)F")


def open_servers_file(path: Path) -> int:
    """Open a file, and give its descriptor; a new one may be read by the owner of its folder alone. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)  # it may be a link that leads nowhere yet
    take_owner(descriptor, path.parent)
    return descriptor


def no_link(path: str, flags: int) -> int:
    """Open a file for `open` that must be none of another place: in its own folder the server may have put a link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def take_owner(what: Path | int, of: Path) -> None:
    """Give a new file or folder (its path or descriptor) the owner of another one, where that can be done.

    An administrator's command must not leave what the server, which has an account of its own, cannot open. On Windows
    both have the rights of their folder.
    """
    if os.name == "posix" and of.exists():
        found = of.stat()
        with suppress(OSError):  # then it is the server's account itself, or a disk that knows no owners
            if isinstance(what, int):
                os.chown(what, found.st_uid, found.st_gid)
            else:  # whoever owns the folder may put a link in its place at any moment
                os.chown(what, found.st_uid, found.st_gid, follow_symlinks=False)


def shut_file(path: Path) -> None:
    """Shut an empty file before something secret is written to it; raises BridgeError where that is impossible.

    POSIX has its mode from the beginning. On Windows a file in a folder that is shut is left with the folder's rights:
    they may let in one more account on purpose, the server's.
    """
    if ON_WINDOWS and not _is_shut(path.parent):
        _shut(path, "F")


def _shut(path: Path, right: str) -> None:
    grants = [f"{who}:{right}" for who in LET_IN]
    _icacls(path, "/inheritance:r", "/grant:r", *grants, "/q")


def _is_shut(folder: Path) -> bool:
    """Say whether a folder has an access list of its own, taken over from no folder above it."""
    with tempfile.TemporaryDirectory() as beside:
        saved = Path(beside) / "rights"
        _icacls(folder, "/save", str(saved), "/q")
        # Lines of UTF-16: the name, then the access list in SDDL, whose flag P says that it is protected.
        flags = re.search(r"D:([A-Z]*)", saved.read_text(encoding="utf-16-le", errors="replace"))
    return flags is not None and "P" in flags[1]


def _icacls(path: Path, *arguments: str) -> None:
    tool = PureWindowsPath(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "icacls.exe")
    try:
        done = subprocess.run(  # the tool of the system's own folder, whatever the search path holds
            [str(tool), str(path), *arguments], capture_output=True, check=False, timeout=ICACLS_SECONDS
        )
        told = (done.stderr or done.stdout).decode(errors="replace").strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BridgeError(_sentence(path, str(error))) from error
    if done.returncode:
        raise BridgeError(_sentence(path, told))


def _sentence(path: Path, told: str) -> str:
    why = " ".join(told.split()).rstrip(".") or "no word why"
    return (
        f"The rights of {path} could not be seen to (icacls: {why}): keep it on a disk that has rights (NTFS), or let "
        "an administrator run this command."
    )
