"""Filters and topics, checked against a reading of the specification that shares nothing with ours."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.mqtt_rights import is_filter, is_usable_uid, matches, may_subscribe

levels = st.lists(st.sampled_from(["a", "b", "cb", "", "+", "#"]), min_size=1, max_size=5)
names = st.lists(st.sampled_from(["a", "b", "cb", ""]), min_size=1, max_size=5)


def as_pattern(topic_filter: str) -> str:
    escaped = "/".join("[^/]*" if level == "+" else re.escape(level) for level in topic_filter.split("/"))
    if topic_filter == "#":
        return ".*"
    return escaped.removesuffix("/\\#") + "(/.*)?" if topic_filter.endswith("/#") else escaped


@given(levels.map("/".join).filter(is_filter), names.map("/".join))
def test_matching_agrees_with_a_regular_expression(topic_filter: str, topic: str) -> None:
    assert matches(topic_filter, topic) == bool(re.fullmatch(as_pattern(topic_filter), topic))


@given(levels.map("/".join).filter(is_filter))
def test_no_granted_filter_reaches_another_device(topic_filter: str) -> None:
    for prefix in ("", "cb/v1/", "cb/v1/a/"):
        if may_subscribe("a", prefix + topic_filter):
            assert not matches(prefix + topic_filter, "cb/v1/b/down/receipt")
            assert not matches(prefix + topic_filter, "cb/v1/ab/down/receipt")


def test_a_uid_cannot_be_a_pattern() -> None:
    assert is_usable_uid("dev-7")
    assert not any(map(is_usable_uid, ("", "+", "#", "a/b", "a+", "a\x00")))
