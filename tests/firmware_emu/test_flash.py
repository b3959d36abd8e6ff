"""The flash file: whole, private, and in one pair of hands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_emu.storage.flash import LARGEST, FlashError, FlashFile

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX's")


def test_a_new_device_has_no_record(tmp_path: Path) -> None:
    with FlashFile(tmp_path / "device.flash") as flash:
        assert flash.load() is None


def test_what_was_saved_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    with FlashFile(path) as flash:
        flash.save(b"one")
        flash.save(b"two")
        assert flash.load() == b"two"
    with FlashFile(path) as flash:
        assert flash.load() == b"two"


@POSIX
def test_file_and_folders_are_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "device.flash"
    before = os.umask(0)
    try:
        with FlashFile(path) as flash:
            flash.save(b"record")
    finally:
        os.umask(before)
    modes = {p.name: p.stat().st_mode & 0o777 for p in (path, path.parent, path.parent.parent)}
    assert modes == {"device.flash": 0o600, "b": 0o700, "a": 0o700}
    assert path.with_name("device.flash.lock").stat().st_mode & 0o777 == 0o600


@POSIX
def test_a_record_that_others_could_read_is_private_after_the_next_save(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    path.write_bytes(b"old")
    path.chmod(0o644)
    with FlashFile(path) as flash:
        flash.save(b"new")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_write_that_fails_on_the_way_leaves_the_old_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "device.flash"
    with FlashFile(path) as flash:
        flash.save(b"old")
        with monkeypatch.context() as patch:
            patch.setattr(os, step, _no_space) if step != "replace" else patch.setattr(
                Path, "replace", _no_space
            )
            with pytest.raises(FlashError, match=r"could not be written: No space left\."):
                flash.save(b"new, and longer than the old one")
        assert flash.load() == b"old"
        flash.save(b"next")
        assert flash.load() == b"next"


def _no_space(*_: object, **__: object) -> int:
    raise OSError(28, "No space left")


def test_a_leftover_of_a_power_cut_is_never_read_and_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    path.write_bytes(b"whole")
    path.with_name("device.flash.new").write_bytes(b"tor")
    with FlashFile(path) as flash:
        assert flash.load() == b"whole"
        flash.save(b"next")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["device.flash", "device.flash.lock"]


@POSIX
def test_a_link_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "somebody's file"
    target.write_bytes(b"precious")
    (tmp_path / "device.flash").symlink_to(target)
    with pytest.raises(FlashError, match=r"is a link\. Name the file itself\."):
        FlashFile(tmp_path / "device.flash")
    assert target.read_bytes() == b"precious"


@POSIX
def test_a_planted_link_beside_the_file_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "somebody's file"
    target.write_bytes(b"precious")
    (tmp_path / "device.flash.new").symlink_to(target)
    with FlashFile(tmp_path / "device.flash") as flash:
        flash.save(b"record")
    assert target.read_bytes() == b"precious"


@POSIX
def test_a_planted_link_for_the_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "device.flash.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FlashError, match="could not be opened"):
        FlashFile(tmp_path / "device.flash")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="is not a file"):
        FlashFile(tmp_path)


def test_a_file_far_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    path.write_bytes(bytes(LARGEST + 1))
    with FlashFile(path) as flash, pytest.raises(FlashError, match="too large"):
        flash.load()


def test_a_file_in_use_is_refused_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    with FlashFile(path), pytest.raises(FlashError, match="in use by another device"):
        FlashFile(path)
    with FlashFile(path) as flash:
        flash.save(b"mine")


def test_a_process_that_was_killed_gives_the_file_back(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    code = (
        "import sys; from pathlib import Path; from firmware_emu.storage.flash import FlashFile\n"
        "kept = FlashFile(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(FlashError, match="in use by another device"):
            FlashFile(path)
        holder.kill()
    FlashFile(path).close()
