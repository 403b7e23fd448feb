"""What the code tables are called, and what is refused in them."""

from console.i18n import N_

VOCABULARY_WORDS = {
    "elder_kind": N_("Kinds of person"),
    "capability": N_("What help can do"),
    "open_reason": N_("Reasons to open a file"),
}
VOCABULARY_MEANS = {
    "elder_kind": N_("Chosen in an elder's file; lists are narrowed by it, imports and exports name it."),
    "capability": N_("Chosen for hospitals, stations and volunteers; their list is narrowed by it."),
    "open_reason": N_("Chosen before the sensitive part of a file is shown; the log keeps it in words."),
}
VOCABULARY_FILES = {
    "elder_kind": ("/registry/elders", "kind"),
    "capability": ("/registry/resources", "can"),
}
"""The list that shows who has a code, and its filter."""
CODE_TEXTS = (
    N_("there is such a code already"),
    N_("this code belongs to the program: take it out of what is offered instead"),
    N_("this code is not removed"),
    N_("there is no such kind of person"),
    N_("is what another code of this table is called"),
    N_("holds a sign that stands between words in an import (; , / and the like)"),
    N_("this reason is always offered: a file must open for what is in no table"),
    N_("code tables are changed by people who see every area"),
)
"""What the registry says of codes; written there in English, translated with the pages."""
