from registry.passwords import Passwords, quick


def test_password_fits_its_hash_however_the_keyboard_composed_it() -> None:
    passwords = quick()
    hashed = passwords.make_hash("caf\u00e9")

    assert passwords.check("cafe\u0301", hashed)
    assert not passwords.check("cafe", hashed)


def test_nobody_has_no_password() -> None:
    assert not quick().check("nobody has this password", None)


def test_broken_hash_fits_nothing() -> None:
    assert not quick().check("x", "not a hash")


def test_weaker_hash_is_outdated() -> None:
    weak = quick().make_hash("x")

    assert Passwords().is_outdated(weak)
    assert not quick().is_outdated(weak)
