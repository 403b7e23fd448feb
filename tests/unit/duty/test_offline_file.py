"""The sealed list: what the right passphrase opens, and what was cut, moved or guessed does not."""

import base64
import gzip
import json
import re
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from duty.offline_file import FORMAT, ROUNDS, Mark, checked_passphrase, encrypted_page
from registry.intake import BadMember

MARK = Mark("2026-11-26T21:00:00+08:00", "2026-11-26 21:00", "李敏", "每周一次", "", 3)
PASSPHRASE = "三个词 连着 写下来 好记住吧"
CHUNKS = [[{"name": "赵桂明"}, {"name": "王秀兰</script>"}], [{"name": "孙玉珍"}]]


def made(**more: Any) -> str:
    pieces = encrypted_page(MARK, iter(CHUNKS), PASSPHRASE, words={"title": "<名册>"}, language="zh-CN", **more)
    return b"".join(pieces).decode()


def about(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="about">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


def opened(page: str, passphrase: str) -> list[dict[str, Any]]:
    """As the page's own script does it."""
    told = about(page)
    salt = base64.b64decode(told["salt"])
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=told["rounds"])
    cipher = AESGCM(kdf.derive(passphrase.encode()))
    boxes = re.findall(r'<script type="text/plain" class="box">(.*?)</script>', page)
    found = []
    for number, box in enumerate(boxes):
        bound = f"{FORMAT}:{number}:{'last' if number == len(boxes) - 1 else 'more'}".encode()
        plain = cipher.decrypt(number.to_bytes(12), base64.b64decode(box), bound)
        found.append(dict(json.loads(gzip.decompress(plain))))
    return found


def test_the_passphrase_opens_the_mark_and_everybody() -> None:
    mark, *rest = opened(made(), PASSPHRASE)

    assert mark["mark"]["reason"] == "每周一次"
    assert [one["name"] for box in rest for one in box["elders"]] == ["赵桂明", "王秀兰</script>", "孙玉珍"]


def test_nothing_of_it_can_be_read_without() -> None:
    page = made(rounds=1000)

    assert about(page)["made_text"] == "2026-11-26 21:00"
    assert not {"赵桂明", "李敏", "每周一次", PASSPHRASE} & set(re.split(r"[<>\"\s]+", page))
    assert "赵桂明" not in page
    with pytest.raises(InvalidTag):
        opened(page, "another passphrase")


def test_each_file_has_a_key_of_its_own() -> None:
    first, second = made(rounds=1000), made(rounds=1000)

    assert about(first)["salt"] != about(second)["salt"]
    assert about(made())["rounds"] == ROUNDS


@pytest.mark.parametrize("harm", ["cut", "swapped"])
def test_a_file_that_was_cut_or_put_together_otherwise_does_not_open(harm: str) -> None:
    page = made(rounds=1000)
    boxes = re.findall(r'<script type="text/plain" class="box">.*?</script>\n', page)
    broken = page.replace(boxes[-1], "") if harm == "cut" else page.replace(boxes[1] + boxes[2], boxes[2] + boxes[1])

    with pytest.raises(InvalidTag):
        opened(broken, PASSPHRASE)


def test_the_page_may_fetch_nothing_and_its_texts_end_no_script() -> None:
    page = made(rounds=1000)

    assert "default-src 'none'" in page
    assert "<名册>" not in page
    assert not re.search(r"(src|href)=", page)


@pytest.mark.parametrize("weak", ["", "short", "thirteen char", "aaaaaaaaaaaaaaaaaaaa", "x" * 201])
def test_a_passphrase_that_can_be_guessed_is_refused(weak: str) -> None:
    with pytest.raises(BadMember):
        checked_passphrase(weak, "limin")


def test_four_words_will_do() -> None:
    assert checked_passphrase("correct horse battery staple", "limin")
