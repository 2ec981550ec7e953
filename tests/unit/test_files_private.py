import re
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from qbwc_bridge.errors import BridgeError
from qbwc_bridge.files import private
from qbwc_bridge.storage import open_vault

SYSTEM, ADMINISTRATORS, OWNER, EVERYBODY = "*S-1-5-18", "*S-1-5-32-544", "*S-1-3-4", "*S-1-1-0"


class Icacls:
    """Stands for Windows' tool: keeps every call, and answers `/save` with the flags of an access list."""

    def __init__(self, *, flags: str = "AI", code: int = 0, told: str = "") -> None:
        self.flags, self.code, self.told = flags, code, told
        self.calls: list[list[str]] = []

    def __call__(self, command: Sequence[str], **_: object) -> "subprocess.CompletedProcess[bytes]":
        """Keep the call."""
        self.calls.append(list(command))
        if "/save" in command:
            saved = Path(command[command.index("/save") + 1])
            saved.write_text(f"folder\r\nD:{self.flags}(A;OICI;FA;;;SY)\r\n", encoding="utf-16-le")
        return subprocess.CompletedProcess(command, self.code, b"", self.told.encode())

    def shut(self) -> list[str]:
        """Give the paths that were shut, in order."""
        return [call[1] for call in self.calls if "/inheritance:r" in call]


def on_windows(monkeypatch: pytest.MonkeyPatch, icacls: Icacls) -> Icacls:
    """Let the program believe that it runs on Windows."""
    monkeypatch.setattr(private, "ON_WINDOWS", True)
    monkeypatch.setattr(subprocess, "run", icacls)
    monkeypatch.setenv("SYSTEMROOT", r"D:\Win")
    return icacls


def test_a_new_folder_on_windows_is_shut_to_all_but_owner_system_and_administrators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows' own tool, by its whole path, takes inherited rights away and grants three, by language-free numbers."""
    icacls = on_windows(monkeypatch, Icacls())
    private.make_private_folder(tmp_path / "above" / "data")

    ((tool, path, *arguments),) = icacls.calls
    assert (tool, path) == (r"D:\Win\System32\icacls.exe", str(tmp_path / "above" / "data"))
    granted = arguments[arguments.index("/grant:r") + 1 : arguments.index("/q")]
    assert arguments[0] == "/inheritance:r"
    assert set(granted) == {f"{who}:(OI)(CI)F" for who in (SYSTEM, ADMINISTRATORS, OWNER)}


def test_a_folder_that_exists_keeps_the_rights_somebody_gave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setup shut it and let the server's account in: no command takes that away again."""
    icacls = on_windows(monkeypatch, Icacls())
    private.make_private_folder(tmp_path)
    assert icacls.calls == []


def test_the_key_file_in_a_loose_folder_is_shut_before_the_key_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder with inherited rights the key file gets rights of its own while it is still empty."""
    sizes: list[int] = []

    class Looking(Icacls):
        def __call__(self, command: Sequence[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
            if "/inheritance:r" in command:
                sizes.append(Path(command[1]).stat().st_size)
            return super().__call__(command, **options)

    icacls = on_windows(monkeypatch, Looking(flags="AI"))
    open_vault(tmp_path / "secret.key")

    assert sizes == [0]
    assert len(icacls.shut()) == 1
    assert not any(EVERYBODY in word for call in icacls.calls for word in call)


@pytest.mark.parametrize("flags", ["P", "PAI", "PARAI"])
def test_the_key_file_in_a_shut_folder_takes_over_its_rights(
    flags: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the setup shut lets in the server's account, so a key that an administrator makes must not shut it out."""
    icacls = on_windows(monkeypatch, Icacls(flags=flags))
    open_vault(tmp_path / "secret.key")
    assert icacls.shut() == []


def test_a_new_folder_of_the_key_is_shut_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that is made for the key file is shut, and no key is left where that failed."""
    icacls = on_windows(monkeypatch, Icacls(code=5, told="Access is denied.\r\n"))
    with pytest.raises(BridgeError) as caught:
        open_vault(tmp_path / "new" / "secret.key")

    assert icacls.shut() == [str(tmp_path / "new")]
    assert not (tmp_path / "new" / "secret.key").exists()
    sentence = str(caught.value)
    assert re.fullmatch(
        r"The rights of .*new could not be seen to \(icacls: Access is denied\): keep it on .*\.", sentence
    )


def test_a_tool_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Windows' tool, or when it hangs, the command ends with one sentence."""

    def run(command: Sequence[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, private.ICACLS_SECONDS)

    monkeypatch.setattr(private, "ON_WINDOWS", True)
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(BridgeError, match="could not be seen to"):
        private.make_private_folder(tmp_path / "data")


def test_elsewhere_the_mode_shuts_the_folder(tmp_path: Path) -> None:
    """On POSIX the folder is made with no right for group and others, and no tool is run."""
    private.make_private_folder(tmp_path / "data")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO) == 0
