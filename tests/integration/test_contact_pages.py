"""The contacts' pages and the registrar's work list, as a browser without scripts uses them."""

from typing import Any

import pytest

from core.db import Database
from tests.console_site import ConsoleSite

HTML = {"accept": "text/html"}
FORM = {"name": "李娜", "role": "family", "relation": "女儿", "phone": "138 0000 0001", "language": "zh-CN"}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db)


@pytest.fixture
def elder(site: ConsoleSite) -> dict[str, Any]:
    return site.make("elders", name="赵桂明", phone="13900000007", lat=34.3296, lon=108.7093)


def get(site: ConsoleSite, path: str, role: str = "registrar") -> str:
    answer = site.as_(role).get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text


def post(site: ConsoleSite, path: str, expected: int = 303, by: str = "registrar", /, **data: str) -> Any:
    answer = site.as_(by).post(path, data=data, headers=HTML, follow_redirects=False)
    assert answer.status_code == expected, answer.text
    return answer


def contacts(site: ConsoleSite, elder: dict[str, Any]) -> list[dict[str, Any]]:
    found = site.as_("registrar").get("/api/v1/contacts", params={"elder_id": elder["id"]}).json()["items"]
    return sorted(found, key=lambda one: one["rank"])


def test_a_contact_is_added_and_stands_in_the_file(site: ConsoleSite, elder: dict[str, Any]) -> None:
    path = f"/registry/elders/{elder['id']}/contacts/new"
    assert "新联系人" in get(site, path)
    post(
        site,
        path,
        303,
        "registrar",
        **FORM,
        more_phones="029 8123 4567 单位",
        hours="周一至周五 8:00-18:00",
        away="2026-01-20",
    )

    [made] = contacts(site, elder)
    assert made["more_phones"][0]["label"] == "单位"
    assert made["hours"][0]["days"] == [1, 2, 3, 4, 5]
    file = get(site, f"/registry/elders/{elder['id']}")
    assert "李娜" in file
    assert "138 0000 0001" in file
    person = get(site, f"/registry/contacts/{made['id']}")
    assert "周一至周五 08:00-18:00" in person
    assert "未核实" in person


def test_what_is_wrong_stands_beside_its_field_and_is_kept(site: ConsoleSite, elder: dict[str, Any]) -> None:
    path = f"/registry/elders/{elder['id']}/contacts/new"
    text = post(site, path, 422, "registrar", **FORM | {"phone": "123"}, hours="白天", away="明天").text

    assert "时段写成" in text
    assert "外出写成" in text
    assert "白天" in text
    own = post(site, path, 422, "registrar", **FORM | {"name": "赵桂明", "phone": "13900000007"}).text
    assert "这是老人本人" in own
    script = post(site, path, 422, "registrar", **FORM | {"name": "<script>alert('𠮷')</script>", "phone": "1"}).text
    assert "&lt;script&gt;alert(&#39;𠮷&#39;)&lt;/script&gt;" in script
    assert contacts(site, elder) == []


def test_the_same_person_is_offered_and_taken(site: ConsoleSite, elder: dict[str, Any]) -> None:
    other = site.make("contacts", name="李娜", phone="13800000001")
    path = f"/registry/elders/{elder['id']}/contacts/new"
    assert "是同一个人吗" in post(site, path, 200, "registrar", **FORM).text
    assert contacts(site, elder) == []

    post(site, path, 303, "registrar", **FORM, same_person_as=other["id"])
    assert contacts(site, elder)[0]["person_id"] == other["id"]
    third = site.make("elders", name="王秀兰")
    post(site, f"/registry/elders/{third['id']}/contacts/new", 303, "registrar", **FORM, same_person_as="nobody")
    [alone] = contacts(site, third)
    assert alone["person_id"] is None
    assert "也是" in get(site, f"/registry/contacts/{alone['id']}")
    post(site, f"/registry/contacts/{alone['id']}/same-person", contact_id=other["id"])
    page = get(site, f"/registry/contacts/{alone['id']}")
    assert "赵桂明" in page
    assert "也是" not in page


def test_change_and_the_second_registrar_is_told(site: ConsoleSite, elder: dict[str, Any]) -> None:
    made = site.make("contacts", elder_id=elder["id"], name="李娜", phone="13800000001")
    path = f"/registry/contacts/{made['id']}/edit"
    assert 'value="李娜"' in get(site, path)
    post(site, path, 303, "registrar", **FORM | {"name": "李丽"}, version="1")

    conflict = post(site, path, 409, "registrar", **FORM | {"name": "李那"}, version="1").text
    assert "李丽" in conflict
    assert "李那" in conflict
    assert contacts(site, elder)[0]["name"] == "李丽"


def test_order_by_buttons_and_by_dragging_within_a_role(site: ConsoleSite, elder: dict[str, Any]) -> None:
    a, b, doctor, c = (
        site.make("contacts", elder_id=elder["id"], role=role)["id"]
        for role in ("family", "family", "doctor", "family")
    )
    base = f"/registry/elders/{elder['id']}/contacts"
    post(site, f"{base}/move", move=f"{c}:up")
    assert [one["id"] for one in contacts(site, elder) if one["role"] == "family"] == [a, c, b]
    post(site, f"{base}/order", contact_ids=f"{b},{a},{c}")
    assert [one["id"] for one in contacts(site, elder) if one["role"] == "family"] == [b, a, c]
    assert doctor in [one["id"] for one in contacts(site, elder)]
    post(site, f"{base}/order", contact_ids="nobody")
    post(site, f"{base}/move", move="nobody:up")
    assert [one["id"] for one in contacts(site, elder) if one["role"] == "family"] == [b, a, c]


def test_found_by_number_and_by_the_beginning_of_a_name(site: ConsoleSite, elder: dict[str, Any]) -> None:
    site.make("contacts", elder_id=elder["id"], name="张站长", phone="13800000002")
    site.make("contacts", elder_id=elder["id"], name="李娜", phone="13800000003")
    for q, found, other in (
        ("张", "张站长", "李娜"),
        ("138 0000 0003", "李娜", "张站长"),
        ("+8613800000002", "张站长", "李娜"),
    ):
        text = post(site, "/registry/contacts", 200, q=q).text
        assert found in text
        assert other not in text
    assert "没有这个姓名或号码" in post(site, "/registry/contacts", 200, q="_%").text
    assert "张站长" in get(site, "/registry/contacts")


def test_removed_and_back(site: ConsoleSite, elder: dict[str, Any]) -> None:
    made = site.make("contacts", elder_id=elder["id"])
    post(site, f"/registry/contacts/{made['id']}/remove")
    assert contacts(site, elder) == []
    post(site, f"/registry/contacts/{made['id']}/restore")
    assert len(contacts(site, elder)) == 1


def test_work_is_taken_put_right_and_opened_again(site: ConsoleSite, elder: dict[str, Any]) -> None:
    site.make("contacts", elder_id=elder["id"], name="李娜", phone="13900000007")
    text = get(site, "/registry/findings")
    assert "联系人登记的是老人自己的号码" in text
    assert get(site, "/registry/findings/count") == "1"
    [finding] = site.as_("registrar").get("/api/v1/findings").json()["items"]
    path = f"/registry/findings/{finding['id']}"

    post(site, f"{path}/take")
    assert "退回" in get(site, "/registry/findings?owner=me") or "Give it back" in get(
        site, "/registry/findings?owner=me"
    )
    post(site, f"{path}/snooze", days="7")
    assert "没有待处理" in get(site, "/registry/findings")
    assert "推迟到" in get(site, "/registry/findings?state=snoozed")
    post(site, f"{path}/resolve", note="换成手机")
    assert "换成手机" in get(site, "/registry/findings?state=resolved")
    assert get(site, "/registry/findings/count") == ""
    post(site, f"{path}/reopen")
    assert get(site, "/registry/findings/count") == "1"


def test_a_word_that_the_number_is_right(site: ConsoleSite, elder: dict[str, Any]) -> None:
    made = site.make("contacts", elder_id=elder["id"], phone="13800000001")
    post(site, f"/registry/contacts/{made['id']}/verified", phone="+8613800000001")
    assert "已核实" in get(site, f"/registry/contacts/{made['id']}")


def test_who_may_only_read_sees_no_buttons(site: ConsoleSite, elder: dict[str, Any]) -> None:
    made = site.make("contacts", elder_id=elder["id"])
    text = get(site, f"/registry/contacts/{made['id']}", "officer")
    assert '<form method="post" action="/registry' not in text
    post(site, f"/registry/contacts/{made['id']}/remove", 403, "officer")
    answer = site.as_("officer").get("/registry/findings", headers=HTML)
    assert answer.status_code == 403
