"""Identifiers: UUIDs of version 7 that sort by the time they were made."""

import uuid

from core.ids import new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id()

    assert str(uuid.UUID(made)) == made
    assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)


def test_ids_are_told_apart() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000
