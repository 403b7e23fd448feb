"""What the desk says about its own sound, its notifications and the window's title."""

from console.i18n import N_

SIGNAL_WORDS = {
    "sound.off": N_("The sound is off: this browser waits for a click before it may ring."),
    "sound.lost": N_("The sound has stopped. No alarm can be heard; is the loudspeaker still there?"),
    "sound.device": N_("This computer has no loudspeaker any more. No alarm can be heard."),
    "sound.none": N_("This browser cannot ring. Use a current Chrome, Edge or Firefox."),
    "sound.changed": N_("Another loudspeaker is in use. Check the sound."),
    "mute.refused": N_("An alarm has been waiting for more than 3 minutes: it cannot be muted, only taken."),
    "check.again": N_("Another tone was just played; try again in a moment."),
    "check.muted": N_("The sound is muted; end the mute, then play the tone."),
    "check.heard": N_("Sound checked."),
    "check.deaf": N_("Kept: the tone was not heard. The leader sees it."),
    "check.lastHeard": N_("Last checked at %(at)s: heard."),
    "check.lastDeaf": N_("Last checked at %(at)s: not heard."),
    "check.never": N_("Not checked within the last week."),
    "notify.granted": N_("Allowed: a new alarm shows while the desk is hidden, by its number only."),
    "notify.denied": N_(
        "Forbidden in this browser: allow notifications in the settings of this page, beside its address."
    ),
    "notify.default": N_("Not asked yet. They show a new alarm while the desk is hidden, by its number only."),
    "notify.insecure": N_("Only possible when the desk is opened with https."),
    "notify.none": N_("This browser has none."),
    "notice.title": N_("Alarm #%(n)s waits"),
    "notice.body": N_("%(n)s unclaimed. Click to see it at the desk."),
    "title.unclaimed": N_("(%(n)s) unclaimed · "),
    "title.late": N_("(%(n)s) late · "),
}
