"""What is wrong with a field, in the words of the pages."""

from collections.abc import Mapping
from typing import Any

from console.i18n import N_

_FAULTS = {
    "missing": N_("is needed"),
    "string_type": N_("must be a text"),
    "string_too_short": N_("is needed"),
    "string_pattern_mismatch": N_("is not written as it should be"),
    "literal_error": N_("is none of the choices"),
    "float_type": N_("must be a number"),
    "float_parsing": N_("must be a number"),
    "finite_number": N_("must be a number"),
    "int_type": N_("must be a whole number"),
    "int_parsing": N_("must be a whole number"),
    "bool_type": N_("must be yes or no"),
    "date_from_datetime_parsing": N_("is not a day that there is"),
    "date_parsing": N_("is not a day that there is"),
    "extra_forbidden": N_("is not known here"),
    "string_too_long": N_("is too long"),
    "too_long": N_("has too many entries"),
    "greater_than_equal": N_("is too small"),
    "greater_than": N_("is too small"),
    "less_than_equal": N_("is too large"),
    "less_than": N_("is too large"),
}

REGISTRY_TEXTS = (
    N_("lies in the future"),
    N_("there is no such elder"),
    N_("lat and lon belong together"),
    N_("must be a day as YYYY-MM-DD"),
    N_("holds characters that cannot be seen"),
    N_("there is no such area"),
    N_("an area cannot lie in itself"),
    N_("emergency numbers are not rung automatically"),
    N_("a short service number cannot be rung from everywhere: write the number behind it"),
    N_("this phone number has too few digits"),
    N_("this phone number has too many digits"),
    N_("this phone number has a country code that does not exist"),
    N_("this phone number has a number of digits that cannot be"),
    N_("this phone number does not exist"),
    N_("this phone number does not exist here: write it with its area code, or as +86…"),
    N_("this is not a phone number"),
    N_("must lie in one of your areas"),
    N_("must not be the user's name"),
    N_("is one of those that are tried first: choose another, such as three words in a row"),
    N_("was used before: the last five cannot come back"),
    N_("is not your password"),
    N_("is not the code that the authenticator shows now"),
    N_("belongs to another user"),
    N_("there are fifty tokens already: revoke one first"),
    N_("your password was set by somebody else: choose one of your own first"),
    N_("your role needs a second factor: set it up first"),
)
"""What the registry itself says of a member; written there in English, translated with the pages."""


def fault_text(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """A pydantic fault as a text of the catalogue; what a validator of ours says is one already."""
    if kind == "value_error":
        return str(context.get("error", message)).removeprefix("Value error, ")
    if kind == "string_too_short" and context.get("min_length", 1) > 1:
        return N_("is too short")
    return _FAULTS.get(kind, message)
