"""What one device may say and hear: a star, each device alone with the centre.

A device publishes on its own five `up/` topics. It may subscribe to anything below its own `cb/v1/{uid}/`, where only
`down/` ever carries something, and to the state of the centre. A uid that holds a wildcard or a slash is no uid.
"""

from typing import Final

PREFIX: Final = "cb/v1/"
CENTRE_STATE: Final = PREFIX + "centre/state"
UP_KINDS: Final = {kind: kind for kind in ("alarm", "cancel", "heartbeat", "location", "state")}
DOWN_KINDS: Final = ("receipt", "progress", "command")


def is_usable_uid(uid: str) -> bool:
    """True when a uid can stand in a topic without reaching into another's."""
    return bool(uid) and not any(character in uid for character in "+#/\x00")


def own_up_kind(uid: str, topic: str) -> str | None:
    """The kind of message when the topic is one of the device's own, else None."""
    prefix = f"{PREFIX}{uid}/up/"
    return UP_KINDS.get(topic[len(prefix) :]) if topic.startswith(prefix) else None


def may_subscribe(uid: str, topic_filter: str) -> bool:
    return topic_filter == CENTRE_STATE or topic_filter.startswith(f"{PREFIX}{uid}/")


def is_filter(topic_filter: str) -> bool:
    """True for a well-formed topic filter (specification 4.7.1): wildcards fill a level, # is the last one."""
    levels = topic_filter.split("/")
    if not topic_filter or any("#" in level for level in levels[:-1]):
        return False
    return all(level in ("+", "#") or not ("+" in level or "#" in level) for level in levels)


def matches(topic_filter: str, topic: str) -> bool:
    """True when a well-formed filter covers a topic name."""
    if topic_filter == topic:
        return True
    if "+" not in topic_filter:
        stem = topic_filter.removesuffix("#")
        return len(stem) < len(topic_filter) and (topic.startswith(stem) or topic == stem[:-1])
    wanted, given = topic_filter.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(given) or level not in ("+", given[position]):
            return False
    return len(wanted) == len(given)


def hears_down_messages(uid: str, topic_filter: str) -> bool:
    return any(matches(topic_filter, f"{PREFIX}{uid}/down/{kind}") for kind in DOWN_KINDS)
