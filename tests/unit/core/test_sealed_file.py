"""A sealed file holds what was written, gives any part of it, and nothing to who has no key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import sealed_file
from core.errors import Rejected, TryAgain
from core.sealed_file import PIECE
from core.vault import Locked

KEY = sealed_file.new_key()
MOST = 10 * PIECE


def content(size: int) -> bytes:
    return bytes(at * 31 % 251 for at in range(size))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
def test_what_was_written_is_read(tmp_path: Path, size: int) -> None:
    plain, path = content(size), tmp_path / "new" / "a.sealed"
    chunks = (plain[at : at + 1000] for at in range(0, size, 1000))

    written = sealed_file.write(path, KEY, chunks, most=MOST)

    assert written.size == size
    assert b"".join(sealed_file.read(path, KEY, size)) == plain
    assert path.stat().st_mode & 0o777 == 0o600
    assert size < 100 or plain[:100] not in path.read_bytes()


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (PIECE - 1, PIECE + 1), (PIECE, 2 * PIECE), (2 * PIECE + 5, None), (0, 9 * PIECE)]
)
def test_any_part_is_read(tmp_path: Path, start: int, end: int | None) -> None:
    plain, path = content(2 * PIECE + 9), tmp_path / "a"
    sealed_file.write(path, KEY, [plain], most=MOST)

    assert b"".join(sealed_file.read(path, KEY, len(plain), start, end)) == plain[start:end]


def test_a_damaged_a_cut_and_another_s_file_are_not_opened(tmp_path: Path) -> None:
    path, size = tmp_path / "a", 2 * PIECE
    sealed_file.write(path, KEY, [content(size)], most=MOST)
    whole = path.read_bytes()

    with pytest.raises(Locked):
        list(sealed_file.read(path, sealed_file.new_key(), size))
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Locked):
        list(sealed_file.read(path, KEY, size))
    path.write_bytes(whole[: PIECE + 16])
    with pytest.raises(Locked):
        list(sealed_file.read(path, KEY, PIECE))
    with pytest.raises(Locked):
        list(sealed_file.read(path, KEY, size))


def test_what_is_too_large_or_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield content(100)
        raise TryAgain("gone")

    with pytest.raises(Rejected, match="larger"):
        sealed_file.write(tmp_path / "a", KEY, [content(PIECE)] * 11, most=MOST)
    with pytest.raises(TryAgain):
        sealed_file.write(tmp_path / "a", KEY, breaks(), most=MOST)

    assert list(tmp_path.iterdir()) == []
