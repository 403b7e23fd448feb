"""Somebody who may sign in, as what comes in says it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from registry.intake import AreaCode, Change, Given, Language, Name, NewPassword, Phone, Username, UserRole, YesNo

Subject = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(description="Who they are at the site's own sign-in service (its `sub`), where there is one"),
]
UserAreas = Annotated[
    list[AreaCode], Field(max_length=50, description="Codes of the areas whose files they see; empty or null: all")
]


class UserNew(Given):
    """Somebody who may sign in."""

    username: Username
    password: NewPassword
    role: UserRole
    display_name: Name | None = Field(default=None, description="What colleagues see; the username if left out")
    phone: Phone | None = Field(
        default=None, description="A duty officer with a phone is rung when everybody else has failed"
    )
    language: Language = "zh-CN"
    areas: UserAreas | None = None
    oidc_subject: Subject | None = None
    must_change_password: YesNo = False


class UserPatch(Change):
    """What is new about a user; a new password or a lost right signs them out everywhere."""

    NULLABLE = frozenset({"phone", "areas", "oidc_subject"})
    password: NewPassword | None = None
    role: UserRole | None = None
    display_name: Name | None = None
    phone: Phone | None = None
    language: Language | None = None
    is_active: YesNo | None = None
    areas: UserAreas | None = None
    oidc_subject: Subject | None = None
