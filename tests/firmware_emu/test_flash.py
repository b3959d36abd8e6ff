"""The flash file: whole, private, and in one pair of hands."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.storage import copies
from firmware_emu.storage.copies import FlashCopy
from firmware_emu.storage.flash import LARGEST, FlashError, FlashFile, stored

if sys.platform != "win32":
    import fcntl

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
    names = ["device.flash", "device.flash.copy", "device.flash.lock"]
    assert sorted(p.name for p in tmp_path.iterdir()) == names


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


@pytest.mark.parametrize("ending", ["", ".copy"])
def test_what_is_no_file_in_the_place_of_either_copy_is_refused(
    tmp_path: Path, ending: str
) -> None:
    (tmp_path / f"device.flash{ending}").mkdir()
    with pytest.raises(FlashError, match="is not a file"):
        FlashFile(tmp_path / "device.flash")


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


# A save is durable


@POSIX
def test_a_save_goes_past_the_cache_of_the_disk_where_the_system_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS fsync leaves a counted PIN try in the cache of the disk (T71)."""
    calls: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _file, number: calls.append(number))
    with FlashFile(tmp_path / "device.flash") as flash:
        flash.save(b"record")
    assert calls == [51, 51]


@POSIX
@pytest.mark.parametrize(("number", "works"), [(errno.ENOTSUP, True), (errno.EIO, False)])
def test_a_disk_without_that_call_gets_the_usual_one_and_a_failing_disk_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, works: bool
) -> None:
    synced: list[int] = []

    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", fails)
    monkeypatch.setattr(os, "fsync", synced.append)
    with FlashFile(tmp_path / "device.flash") as flash:
        if works:
            flash.save(b"record")
            assert len(synced) == 4  # two files, and the folder after each
        else:
            with pytest.raises(FlashError, match="could not be written"):
                flash.save(b"record")
            assert synced == []


# Two copies (T100). What they cost and give a thief: threats/test_T100_damaged_copies.py

RECORD = bytes(range(60))


def both(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(path.name + ".copy")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A flash file that was saved twice."""
    with FlashFile(tmp_path / "device.flash") as flash:
        flash.save(b"before")
        flash.save(RECORD)
    return tmp_path / "device.flash"


def damages(whole: bytes) -> Iterator[bytes]:
    """Each byte flipped, the file cut at each length, zeroed, and grown."""
    for at in range(len(whole)):
        yield whole[:at] + bytes((whole[at] ^ 1 << at % 8,)) + whole[at + 1 :]
        yield whole[:at]
    yield bytes(len(whole))
    yield whole + b"\0"
    yield bytes(LARGEST + 1)


@pytest.mark.parametrize("which", [0, 1])
def test_after_any_damage_to_one_copy_the_record_is_there_and_both_copies_again(
    path: Path, which: int
) -> None:
    damaged, good = both(path)[which], both(path)[1 - which]
    whole = good.read_bytes()
    for data in damages(whole):
        damaged.write_bytes(data)
        with FlashFile(path) as flash:
            assert flash.load() == RECORD
            assert flash.remark == (
                f"One of the two copies of the flash file {path} was damaged. "
                "It was written anew from the other. Nothing is lost."
            )
        assert damaged.read_bytes() == good.read_bytes() == whole


def test_what_is_damaged_in_both_copies_is_left_as_it_is(path: Path) -> None:
    first, second = both(path)
    whole = first.read_bytes()
    for data in damages(whole[:40]):
        first.write_bytes(data)
        second.write_bytes(whole[:-1])
        with FlashFile(path) as flash:
            if len(data) <= LARGEST:
                assert flash.load() == data
                assert flash.remark == ""
            else:
                with pytest.raises(FlashError, match="too large"):
                    flash.load()
        assert (first.read_bytes(), second.read_bytes()) == (data, whole[:-1])


@pytest.mark.parametrize("which", [0, 1])
def test_a_copy_that_is_gone_is_written_anew(path: Path, which: int) -> None:
    whole = path.read_bytes()
    both(path)[which].unlink()
    with FlashFile(path) as flash:
        assert (flash.load(), flash.remark) == (RECORD, "")
    assert [copy.read_bytes() for copy in both(path)] == [whole, whole]


def test_a_damaged_copy_alone_is_no_new_device(path: Path) -> None:
    first, second = both(path)
    first.unlink()
    second.write_bytes(b"quietkey flash 1 and then nonsense")
    with FlashFile(path) as flash:
        assert flash.load() == b"quietkey flash 1 and then nonsense"
    assert not first.exists()


@pytest.mark.parametrize("which", [0, 1])
def test_a_place_that_the_disk_cannot_read_is_a_damaged_copy(
    path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    right, broken = Path.open, both(path)[which]

    def fails(self: Path, mode: str) -> object:
        if self == broken:
            raise OSError(errno.EIO, "Input/output error")
        return right(self, mode)

    monkeypatch.setattr(Path, "open", fails)
    with FlashFile(path) as flash:
        assert flash.load() == RECORD
        assert "was damaged" in flash.remark


def test_an_old_record_without_a_frame_is_read_and_has_two_copies_after_the_next_save(
    tmp_path: Path,
) -> None:
    path = tmp_path / "device.flash"
    path.write_bytes(b"quietkey vault 4 and more")
    with FlashFile(path) as flash:
        assert (flash.load(), flash.remark) == (b"quietkey vault 4 and more", "")
        assert not both(path)[1].exists()
        flash.save(RECORD)
    frames = [copies.decode(copy.read_bytes()) for copy in both(path)]
    assert frames == [FlashCopy(1, RECORD)] * 2


def test_an_old_record_whose_migration_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "device.flash"
    path.write_bytes(b"quietkey vault 4 and more")
    both(path)[1].write_bytes(FlashCopy(1, RECORD).encode())
    with FlashFile(path) as flash:
        assert (flash.load(), flash.remark) == (RECORD, "")
    assert copies.decode(path.read_bytes()) == FlashCopy(1, RECORD)


def test_the_newer_copy_counts_and_the_older_is_brought_up_to_it(path: Path) -> None:
    for newer, older in (both(path), both(path)[::-1]):
        newer.write_bytes(FlashCopy(9, b"newer").encode())
        older.write_bytes(FlashCopy(8, b"older").encode())
        assert stored(path) == b"newer"
        with FlashFile(path) as flash:
            assert (flash.load(), flash.remark) == (b"newer", "")
        assert older.read_bytes() == newer.read_bytes()


def test_looking_at_what_is_stored_writes_nothing(path: Path) -> None:
    both(path)[1].write_bytes(b"damaged")
    assert stored(path) == RECORD
    assert both(path)[1].read_bytes() == b"damaged"
    assert stored(path.with_name("none")) is None


class PowerCut(BaseException):
    """Nothing catches it, as nothing catches a power cut."""


CALLS = (
    (os, "open"),
    (os, "fsync"),
    (os, "close"),
    (Path, "replace"),
    (Path, "unlink"),
)


@pytest.mark.parametrize("old", ["old", "none", "one copy", "first damaged", "second damaged"])
def test_cut_off_at_any_call_there_is_the_old_record_or_the_new_one_and_one_copy_is_always_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str
) -> None:
    """Before each call of a save, in every state that a power cut or a bad disk leaves."""
    seen, at, cut = set[bytes | None](), 0, True
    while cut:
        at += 1
        path = tmp_path / str(at) / "device.flash"
        prepare(path, old)
        with FlashFile(path) as flash, monkeypatch.context() as patch:
            cut = save_until(flash, at, patch)
        assert (
            old == "none"
            or any(copies.decode(read(copy)) for copy in both(path))
            or (old == "one copy" and path.read_bytes() == b"old")
        )
        with FlashFile(path) as flash:
            seen.add(flash.load())
            flash.save(b"next")
            assert flash.load() == b"next"
    assert at > 10
    assert seen == {None if old == "none" else b"old", b"new"}


@pytest.mark.parametrize("old", ["old", "one copy", "first damaged", "second damaged"])
def test_the_only_good_copy_is_never_the_first_to_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str
) -> None:
    """On a disk that tears the file it replaces when the power goes."""
    path = tmp_path / "folder" / "device.flash"
    prepare(path, old)

    def tears(_: Path, target: Path) -> None:
        target.write_bytes(b"torn")
        raise PowerCut

    with FlashFile(path) as flash, monkeypatch.context() as patch:
        patch.setattr(Path, "replace", tears)
        with pytest.raises(PowerCut):
            flash.save(b"new")
    assert stored(path) == b"old"


def prepare(path: Path, old: str) -> None:
    path.parent.mkdir()
    if old == "one copy":
        path.write_bytes(b"old")
    elif old != "none":
        with FlashFile(path) as flash:
            flash.save(b"old")
        places = {"first damaged": 0, "second damaged": 1}
        if old in places:
            both(path)[places[old]].write_bytes(b"damaged")


def read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def save_until(flash: FlashFile, at: int, patch: pytest.MonkeyPatch) -> bool:
    """A save whose power is cut before call number `at`; whether the cut came."""
    left = [at]

    def counted(right: object) -> object:
        def call(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise PowerCut
            assert callable(right)
            return right(*arguments, **options)

        return call

    for owner, name in CALLS:
        patch.setattr(owner, name, counted(getattr(owner, name)))
    try:
        flash.save(b"new")
    except PowerCut:
        return True
    return False


@given(st.integers(0, 1 << 62), st.binary(max_size=99))
def test_a_copy_reads_back(number: int, record: bytes) -> None:
    copy = FlashCopy(number, record)
    assert copies.decode(copy.encode()) == copy
    assert repr(record) not in repr(copy)


@given(st.binary(max_size=99))
def test_no_bytes_are_taken_for_a_copy(data: bytes) -> None:
    assert copies.decode(data) is None
    assert copies.decode(b"quietkey flash 1" + data) is None


def test_a_number_that_no_device_counts_to_is_damage() -> None:
    assert copies.decode(FlashCopy((1 << 62) + 1, b"record").encode()) is None
