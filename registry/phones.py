"""Phone numbers as they are dialled: E.164, or refused with the reason. A wrong digit is a death."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    is_possible_number_for_type,
)
from phonenumbers.shortnumberinfo import is_emergency_number, is_valid_short_number_for_region

# China's traffic police (122) and what visitors dial are missing from the library's list for CN.
ALWAYS_EMERGENCY = frozenset({"110", "112", "119", "120", "122", "911", "999"})
SHORTEST_LANDLINE = 6  # Without its area code; what is shorter is a slip or a service number.
_WRITTEN = re.compile(r"\+?[\d\s().\-]+")
_LONGEST = 40
_FAULTS = {
    ValidationResult.TOO_SHORT: "has too few digits",
    ValidationResult.TOO_LONG: "has too many digits",
    ValidationResult.INVALID_COUNTRY_CODE: "has a country code that does not exist",
    ValidationResult.INVALID_LENGTH: "has a number of digits that cannot be",
}


@dataclass(frozen=True, slots=True)
class Phones:
    """Reads numbers as people write them in one region.

    `region` is an ISO 3166 code; `area_code` (with or without its leading 0) completes a local landline number.
    """

    region: str = "CN"
    area_code: str = ""
    allow_emergency: bool = False

    def to_e164(self, written: str) -> str:
        """`+` and digits (an emergency number, where those are allowed, is its digits alone).

        Raises ValueError that says what is wrong, never repeating the number.

        A number has to exist in its country's plan, which finds a digit that is missing; a mobile number only has to
        be long enough for one, since new ranges open faster than the library learns of them.
        """
        text = _clean(written)
        digits = re.sub(r"\D", "", text)
        if digits in ALWAYS_EMERGENCY or is_emergency_number(digits, self.region):
            if self.allow_emergency:
                return digits
            raise ValueError("emergency numbers are not rung automatically")
        number = self._parse(text)
        if is_valid_short_number_for_region(number, self.region):
            raise ValueError("a short service number cannot be rung from everywhere: write the number behind it")
        fault = phonenumbers.is_possible_number_with_reason(number)
        if fault in _FAULTS:
            raise ValueError(f"this phone number {_FAULTS[fault]}")
        if phonenumbers.is_valid_number(number) or is_possible_number_for_type(number, PhoneNumberType.MOBILE):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if text.startswith("+"):
            raise ValueError("this phone number does not exist")
        return self._with_area_code(text)

    def to_dial(self, written: str) -> str:
        """As `to_e164`, but a short service number of the region (120, 12345, 96 …) stays as it is: shown, not rung."""
        text = _clean(written)
        short = re.sub(r"\D", "", text)
        if text.startswith("+") or len(short) > 6:
            return self.to_e164(written)
        if short in ALWAYS_EMERGENCY or is_valid_short_number_for_region(self._parse(short), self.region):
            return short
        return self.to_e164(written)

    def _with_area_code(self, text: str) -> str:
        local = re.sub(r"\D", "", text)
        if not self.area_code or local.startswith("0") or len(local) < SHORTEST_LANDLINE:
            raise ValueError("this phone number does not exist here: write it with its area code, or as +86…")
        number = self._parse(f"0{self.area_code.lstrip('0')}{local}")
        if not phonenumbers.is_valid_number(number):
            raise ValueError("this phone number does not exist here: write it with its area code, or as +86…")
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)

    def _parse(self, text: str) -> PhoneNumber:
        try:
            return phonenumbers.parse(text, self.region)
        except NumberParseException:
            raise ValueError("this is not a phone number") from None


def _clean(written: str) -> str:
    """Full-width digits made plain, invisible marks gone; anything but digits and separators refused."""
    text = "".join(c for c in unicodedata.normalize("NFKC", written) if unicodedata.category(c) != "Cf").strip()
    if len(text) > _LONGEST or not _WRITTEN.fullmatch(text) or not re.search(r"\d", text):
        raise ValueError("this is not a phone number")
    return text
