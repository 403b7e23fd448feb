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
    "elder.open": N_("Opened the sensitive part"),
    "elder.move": N_("Moved to the address of the season"),
    "elder.access_confirm": N_("Way in confirmed"),
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
}
