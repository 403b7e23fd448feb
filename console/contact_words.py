"""What the pages of contacts and of the registrar's work list say. English here, Chinese in the catalogue."""

from console.i18n import N_

GROUP_WORDS = {
    "family": N_("Family"),
    "community": N_("Community"),
    "doctor": N_("Doctor"),
    "rest": N_("Called by an officer only"),
}
FINDING_WORDS = {
    "no_contacts": N_("Nobody is registered to be called"),
    "wrong_number": N_("The number is wrong"),
    "away_everybody": N_("Everybody who could be called is away"),
    "no_home_position": N_("The home is not on the map"),
    "opted_out": N_("Wants no messages any more"),
    "unverified_number": N_("No number of the contacts was ever tried"),
    "access_unconfirmed": N_("The way in was not confirmed for half a year"),
    "shared_phone": N_("The contact has the elder's own number"),
    "no_texts": N_("The number takes no messages"),
}
DO_WORDS = {
    "no_contacts": N_("Register somebody; until then only the duty officers are rung."),
    "wrong_number": N_("Find the right number, write it into the contact, and make a test call."),
    "away_everybody": N_("Ask who can come meanwhile."),
    "no_home_position": N_("Put the home on the map: help nearby cannot be found without it."),
    "opted_out": N_("They are called all the same. Ask whether messages are wanted again."),
    "unverified_number": N_("Make a test call to at least one of them."),
    "access_unconfirmed": N_("Ask whether key, door code and floor are still as told."),
    "shared_phone": N_("Ask for another number: a press cannot be answered by the phone beside the elder."),
    "no_texts": N_("A landline, perhaps. Ask for a mobile number for messages."),
}
GRAVITY_WORDS = {
    1: N_("somebody may not be reached"),
    2: N_("help may be late"),
    3: N_("to be tidied"),
}
WORK_STATES = {
    "waiting": N_("waiting"),
    "snoozed": N_("put off"),
    "resolved": N_("put right"),
}
OWNER_WORDS = {"": N_("everybody's"), "me": N_("mine"), "nobody": N_("nobody's yet")}
CHECK_WORDS = {
    "sending": N_("dialling"),
    "ringing": N_("ringing"),
    "answered": N_("talking"),
    "accepted": N_("pressed 1: the number is right"),
    "declined": N_("pressed 2: it is somebody else's"),
    "no_key": N_("answered, pressed nothing"),
    "voicemail": N_("voicemail"),
    "busy": N_("busy"),
    "no_answer": N_("no answer"),
    "rejected": N_("refused the call"),
    "failed": N_("cannot be reached"),
    "cancelled": N_("broken off"),
}
MEMBER_WORDS = {
    "name": N_("Name"),
    "role": N_("Role"),
    "phone": N_("Phone"),
    "relation": N_("Relation"),
    "language": N_("Language"),
    "is_key_holder": N_("Has a key"),
    "more_phones": N_("More numbers"),
    "hours": N_("Can be reached"),
    "away": N_("Away"),
    "languages": N_("Speaks"),
    "lat": N_("Latitude"),
    "lon": N_("Longitude"),
    "note": N_("Note"),
}
REGISTRY_TEXTS = (
    N_("this is the elder: name somebody else who can come"),
    N_("holds the same number twice"),
    N_("write hours as Mon-Fri 08:00-18:00"),
    N_("write an absence as 2026-01-20 - 2026-02-10"),
    N_("write a number and then, if you like, whose telephone it is"),
    N_("a day begins at 00:00"),
    N_("ends before it begins"),
    N_("there is no such contact"),
    N_("that contact has another name or another number"),
    N_("this person is one of the elder's contacts already"),
    N_("somebody changed this elder's contacts meanwhile: look at them again"),
    N_("a test call to this number is under way"),
    N_("this phone is being rung about an alarm"),
    N_("this has been resolved already"),
    N_("the same was found again meanwhile and is open"),
)
"""What the registry itself says; written there in English, translated with the pages."""
