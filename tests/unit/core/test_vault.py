"""What is sealed is opened by its keys alone, and found again without being opened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vault import Locked, Vault

OLD, NEW = "an old key of some length", "a new key of some length"


@given(st.text())
def test_what_was_sealed_opens_again(text: str) -> None:
    vault = Vault([NEW])

    assert vault.open(vault.seal(text)) == text


def test_the_same_text_never_looks_the_same() -> None:
    vault = Vault([NEW])

    assert vault.seal("高血压") != vault.seal("高血压")


def test_a_changed_key_opens_what_the_old_one_sealed_and_seals_with_the_new() -> None:
    sealed = Vault([OLD]).seal("高血压")
    both = Vault([NEW, OLD])

    assert both.open(sealed) == "高血压"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal("高血压"))
    assert Vault([NEW]).open(both.seal("高血压")) == "高血压"


@pytest.mark.parametrize("spoiled", ["", "高血压", "gAAAAA", "not sealed at all"])
def test_what_was_not_sealed_with_these_keys_stays_shut(spoiled: str) -> None:
    with pytest.raises(Locked):
        Vault([NEW]).open(spoiled)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(Locked):
        Vault([NEW]).open(Vault([OLD]).seal("高血压"))


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, ""]])
def test_a_key_that_could_be_guessed_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="random text"):
        Vault(keys)


def test_a_blind_hash_finds_the_value_under_either_key_and_keeps_members_apart() -> None:
    both = Vault([NEW, OLD])

    assert both.blinds("id_number", "61") == [
        Vault([NEW]).blind("id_number", "61"),
        Vault([OLD]).blind("id_number", "61"),
    ]
    assert both.blind("id_number", "61") != both.blind("service_card", "61")
