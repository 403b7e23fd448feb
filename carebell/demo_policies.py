"""The demo city's policies: the default one, one for falls, one for a street; each with a history to look into."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from registry.profile import PolicySettings, Rung

STREET = "610402005"
FALLS = (Rung("community", 8), Rung("family", 10, 2), Rung("officer"), Rung("doctor"))
STREETS = (Rung("security", 8), Rung("family"), Rung("community"), Rung("doctor"))

Row = dict[str, Any]


def policies(
    default: PolicySettings, now: datetime, author: str, make_id: Callable[[], str]
) -> tuple[list[Row], list[Row]]:
    """(policies, their versions) as rows, whoever reads areas or kinds of alarm finding all three in force."""
    fall, street = replace(default, rungs=FALLS), replace(default, rungs=STREETS, arrival_within_s=600)
    meant: list[tuple[str, Row, tuple[PolicySettings, ...]]] = [
        ("default", {}, (default,)),
        ("fall", {"title": "跌倒", "kind": "fall"}, (replace(fall, rungs=FALLS[:3]), fall)),
        ("chenyangzhai", {"title": "陈杨寨街道：先叫保安", "area_code": STREET}, (replace(street, rungs=()), street)),
    ]
    rows: list[Row] = []
    versions: list[Row] = []
    for name, scope, settings in meant:
        whole = {"title": None, "area_code": None, "elder_id": None, "kind": None} | scope
        row = {
            "id": make_id(), "name": name, **whole, "settings": asdict(settings[-1]), "version": len(settings),
            "generation": 1 if name == "default" else 0, "updated_at": now,
        }  # fmt: skip
        rows.append(row)
        for version, one in enumerate(settings, 1):
            days_ago = 9 * (len(settings) - version)
            versions.append(
                {"policy_id": row["id"], "version": version, "name": name, "settings": asdict(one) | whole,
                 "at": now - timedelta(days=days_ago), "author": author}
            )  # fmt: skip
    return rows, versions
