import pytest

from registry.secrets import hash_secret, new_secret, verify_secret


def test_secret_fits_its_hash_as_text_and_as_bytes() -> None:
    secret = new_secret()
    hashed = hash_secret(secret)

    assert verify_secret(secret, hashed)
    assert verify_secret(secret.encode(), hashed)
    assert secret not in hashed
    assert len(hashed) <= 120  # The column's width.


def test_same_secret_is_never_hashed_the_same() -> None:
    assert hash_secret("s") != hash_secret("s")


def test_secrets_have_at_least_128_random_bits_and_fit_a_url() -> None:
    made = {new_secret() for _ in range(1000)}

    assert len(made) == 1000
    assert all(len(s) * 6 >= 128 and s.replace("-", "").replace("_", "").isalnum() for s in made)


@pytest.mark.parametrize("hashed", ["", "sha256", "sha256$$", "sha256$zz$zz", "md5$00$00", "sha256$00$钥匙"])
def test_broken_hash_fits_nothing(hashed: str) -> None:
    assert not verify_secret("", hashed)
    assert not verify_secret("secret", hashed)


@pytest.mark.parametrize("wrong", ["", "secre", "secret ", "\ud800", b"\xff\xfe", "密码"])
def test_wrong_secret_is_refused(wrong: str | bytes) -> None:
    assert not verify_secret(wrong, hash_secret("secret"))
