"""What the log's codes are called: what was done, to what kind of thing, and the kinds of data that are kept."""

from console.i18n import N_, Words

VERBS = {
    "view": N_("opened"),
    "view_sensitive": N_("opened health, ID number or access"),
    "add": N_("added"),
    "change": N_("changed"),
    "remove": N_("removed"),
    "restore": N_("brought back"),
    "erase": N_("erased for good"),
    "hand_over": N_("personal data handed over"),
    "export": N_("exported"),
    "import": N_("imported"),
    "give": N_("signed and handed over"),
    "take": N_("signed and taken over"),
    "shape": N_("boundary drawn"),
    "shape_remove": N_("boundary removed"),
    "let_go": N_("kept long enough, let go"),
    "sign_in": N_("came in"),
    "sign_out_everywhere": N_("signed out everywhere"),
    "lock": N_("locked after wrong passwords"),
    "unlock": N_("unlocked"),
    "reset_password": N_("password reset"),
    "second_factor": N_("second factor set up"),
    "second_factor_removed": N_("second factor taken away"),
    "reset_second_factor": N_("second factor reset"),
    "make_token": N_("token made"),
    "revoke_token": N_("token revoked"),
    "supplement": N_("supplemented after 7 days"),
    "listen": N_("listened"),
    "download": N_("downloaded"),
    "open": N_("opened with a reason"),
    "link": N_("linked with the site's sign-in"),
    "check": N_("checked the sound"),
    "enter": N_("entered afterwards"),
}
SUBJECTS = {
    "elder": N_("elder's file"),
    "contact": N_("contact"),
    "device": N_("device"),
    "resource": N_("help nearby"),
    "area": N_("area"),
    "policy": N_("policy"),
    "user": N_("user"),
    "alarm": N_("alarm"),
    "log": N_("log"),
    "retention": N_("keeping of data"),
    "finding": N_("something to put right"),
    "shift": N_("shift"),
    "todo": N_("to-do"),
    "hand_over": N_("hand-over"),
    "card": N_("card of the knowledge base"),
    "code": N_("code table"),
    "offline_list": N_("offline list"),
    "recording": N_("recording"),
}
KEPT_KINDS = {
    "presses": N_("What devices sent, word for word"),
    "places": N_("Where alarms were"),
    "people_in_alarms": N_("Names, numbers and notes in alarms"),
    "recordings": N_("Recordings of calls"),
    "removed_files": N_("Files that were removed"),
    "device_history": N_("History of devices"),
    "findings": N_("Findings that were put right"),
    "sandbox_calls": N_("Calls of the sandbox phones"),
    "imports": N_("Files that were imported, and what became of them"),
}
PROBLEMS = (
    N_("this elder has an alarm that is not closed: close it first"),
    N_("this elder still has a device: take it back first"),
)
"""What the registry says when somebody cannot be erased yet."""


def deed_text(action: str, speech: Words) -> str:
    """`elder.view` as people say it; a verb that nobody has named is shown as it is."""
    verb = action.partition(".")[2] or action
    return speech.say(VERBS[verb]) if verb in VERBS else action
