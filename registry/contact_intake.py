"""Somebody to be called, as what comes in says it."""

from pydantic import Field

from registry.intake import ContactRole, Given, Id, Language, Name, Patch, Phone, Rank, Short, YesNo


class ContactNew(Given):
    """Somebody to be called for an elder."""

    elder_id: Id
    name: Name
    role: ContactRole
    phone: Phone
    rank: Rank
    relation: Short | None = Field(default=None, examples=["daughter"])
    language: Language = "zh-CN"
    is_key_holder: YesNo = False


class ContactPatch(Patch):
    """What is new about a contact."""

    NULLABLE = frozenset({"relation"})
    name: Name | None = None
    role: ContactRole | None = None
    phone: Phone | None = None
    rank: Rank | None = None
    relation: Short | None = None
    language: Language | None = None
    is_key_holder: YesNo | None = None
