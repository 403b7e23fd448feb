"""What handing over, asking and missed calls are called. English here, Chinese in the catalogue."""

from console.i18n import N_

TOGETHER_LINES = {
    "offered": N_("%(author)s offers the alarm to %(name)s"),
    "offer_unanswered": N_("%(name)s has not answered the offer; it stays where it is"),
    "offer_urged": N_("%(author)s urges %(name)s to answer"),
    "offer_declined": N_("%(author)s cannot take it over"),
    "offer_withdrawn": N_("%(author)s keeps the alarm after all"),
    "taken_over": N_("%(author)s takes the alarm over from %(name)s"),
    "leader_took": N_("%(author)s takes the alarm as leader"),
    "assigned": N_("%(author)s assigns the alarm to %(name)s"),
    "asked_leader": N_("%(author)s asks the leader"),
    "leader_answered": N_("%(author)s answers as leader"),
}
"""Lines of the timeline; a text that was given with them stands behind."""

TOGETHER_SCRIPT_WORDS = {
    "looksToo": N_("%(names)s is looking at it too"),
    "and": N_(" and "),
    "told.offer_declined": N_("%(name)s cannot take #%(n)s over. It stays with you."),
    "told.taken_over": N_("%(name)s has taken #%(n)s over."),
    "told.assigned": N_("%(name)s has assigned #%(n)s to you."),
    "told.leader_answered": N_("%(name)s has answered about #%(n)s."),
}
