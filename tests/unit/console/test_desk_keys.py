"""The list of the desk's keys."""

from collections import Counter

from console.desk_keys import DESK_KEYS, for_script


def test_no_key_means_two_things() -> None:
    counted = Counter(name for key in DESK_KEYS for name in key.keys)

    assert [name for name, count in counted.items() if count > 1] == []


def test_every_action_has_a_key_and_every_key_words() -> None:
    actions = [key.action for key in DESK_KEYS if key.action]

    assert len(actions) == len(set(actions))
    assert all(key.does and key.shown for key in DESK_KEYS)


def test_the_script_is_told_its_own_keys_only() -> None:
    told = for_script()

    assert told[" "] == "takeNext"
    assert "w" not in told
