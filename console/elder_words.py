"""Words of an elder's file: kinds of person, caller marks, the way in, deeds of its history."""

from collections.abc import Mapping

from console.i18n import N_

ELDER_KIND_WORDS = {
    "party_member": N_("Party member"),
    "retired_cadre": N_("retired cadre"),
    "special_aid": N_("special aid"),
    "disabled": N_("disabled"),
    "veteran": N_("veteran"),
    "low_income": N_("low income"),
    "childless": N_("childless"),
    "lost_only_child": N_("lost their only child"),
    "living_alone": N_("living alone"),
    "other": N_("other kind"),
}
MARK_WORDS = {
    "vip": N_("VIP"),
    "important": N_("important customer"),
    "blacklisted": N_("blacklisted number"),
}
ACCESS_WORDS = {
    "key_holder": N_("Who has the key"),
    "door_code": N_("Door code"),
    "floor": N_("Floor"),
    "dog": N_("Dog"),
    "note": N_("What else to know"),
}
DEED_WORDS = {
    "elder.add": N_("File begun"),
    "elder.change": N_("Changed"),
    "elder.remove": N_("Removed"),
    "elder.restore": N_("Brought back"),
    "elder.view": N_("Looked at"),
    "elder.view_sensitive": N_("Saw the sensitive part"),
    "elder.open": N_("Opened the sensitive part"),
    "elder.move": N_("Moved to the address of the season"),
    "elder.access_confirm": N_("Way in confirmed"),
    "contact.add": N_("File begun"),
    "contact.change": N_("Changed"),
    "contact.remove": N_("Removed"),
    "contact.restore": N_("Brought back"),
    "contact.verify": N_("Said that the number is right"),
    "contact.test_call": N_("Made a test call"),
    "contact.join": N_("Said that two are one person"),
}
MEMBER_WORDS: Mapping[str, str] = {
    "name": N_("Name"),
    "name_reading": N_("Spoken as"),
    "addressed_as": N_("Addressed as"),
    "sex": N_("Sex"),
    "birth_date": N_("Birth date"),
    "id_number": N_("ID number"),
    "service_card": N_("Service card"),
    "kinds": N_("Kind of person"),
    "marks": N_("Caller marks"),
    "joined_on": N_("Joined on"),
    "service_from": N_("Service from"),
    "language": N_("Language"),
    "phone": N_("Phone"),
    "address": N_("Address"),
    "area": N_("Area"),
    "area_code": N_("Area"),
    "lat": N_("Place on the map"),
    "lon": N_("Place on the map"),
    "health": N_("Health"),
    "access": N_("Way in"),
    "access_notes": N_("Way in"),
    "addresses": N_("Addresses over the year"),
    "household": N_("Household"),
    "photo": N_("Photo"),
    "role": N_("Role"),
    "relation": N_("Relation"),
    "rank": N_("Rank"),
    "more_phones": N_("Numbers"),
    "hours": N_("Hours"),
    "away": N_("Away"),
    "languages": N_("Speaks"),
    "is_key_holder": N_("has a key"),
    "note": N_("Note"),
}
RISK_WORDS = {
    "unprotected": N_("not protected: no device, or nobody to call"),
    "no_device": N_("without a device"),
    "no_contact": N_("without contacts"),
    "no_key_holder": N_("nobody has a key"),
    "no_place": N_("not on the map"),
}
DEVICE_FILTERS = {
    "in_service": N_("in service"),
    "installed": N_("installed"),
    "issued": N_("issued"),
    "faulty": N_("faulty"),
    "retired": N_("retired"),
    "stock": N_("in stock"),
}
REASON_WORDS = {
    "call": N_("The elder or the family is calling"),
    "update": N_("To bring the file up to date"),
    "visit": N_("A visit or a service is being arranged"),
    "device": N_("Work on the device"),
    "complaint": N_("A complaint or a question about the service"),
    "other": N_("Something else (say what)"),
}
"""Why somebody opens the sensitive part of a file outside an alarm."""
WHY_FOUND_WORDS = {
    "name": N_("Name"),
    "reading": N_("Spoken as"),
    "phone": N_("Phone"),
    "service_card": N_("Service card"),
    "device": N_("Device"),
    "contact": N_("Contact"),
    "contact_phone": N_("A contact's phone"),
    "address": N_("Address"),
    "area": N_("Area"),
    "id_number": N_("ID number"),
}
SERVICE_TEXTS = (
    N_("does not fit the ID number"),
    N_("does not fit the birth date on file"),
    N_("does not fit the sex on file"),
    N_("there is another file with this ID number"),
    N_("there is another file with this service card"),
    N_("is an old number of 15 digits, which ended in 2013: take the one of 18 from the card"),
    N_("has 18 characters: 17 digits, and a digit or X at the end"),
    N_("has a wrong check digit: one of its digits is mistyped"),
    N_("begins with a code that no place ever had"),
    N_("holds a day of birth that there never was"),
    N_("holds a day of birth before 1900"),
    N_("this person was erased: there is nothing to bring back"),
    N_("0 and 0 is a place in the sea: leave both empty where the place is not known"),
    N_("lat and lon are the wrong way round"),
    N_("lies outside the country or in the sea"),
    N_("from_day and to_day belong together"),
    N_("these days belong to another address already"),
    N_("there is an address for the rest of the year already"),
    N_("the elder has an address for the rest of the year already"),
    N_("there is no such day in a year"),
    N_("this elder still has a device: take it back first"),
    N_("is the same elder"),
)
"""What the registry says of elders; written there in English, translated with the pages."""
