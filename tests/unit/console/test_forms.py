"""What a browser sends becomes an input of the registry, or stands beside the field that is wrong."""

from starlette.datastructures import FormData

from console.forms import Form, read, refused
from registry.contact_intake import ContactNew, ContactPatch
from registry.elder_intake import ElderNew, ElderPatch
from registry.intake import BadMember


def test_numbers_ticks_and_days_are_read_as_what_they_are() -> None:
    found = read(
        ContactNew,
        FormData({"name": "李娜", "role": "family", "phone": "138 0100 0123", "rank": "1", "is_key_holder": "1"}),
        elder_id="elder-1",
    )

    assert found.given is not None
    assert (found.given.rank, found.given.is_key_holder, found.given.elder_id) == (1, True, "elder-1")


def test_an_empty_field_of_a_change_empties_the_member_where_that_can_be() -> None:
    found = read(ElderPatch, FormData({"name": "赵桂明", "address": " ", "lat": ""}))

    assert found.given is not None
    assert found.given.said() == {"name": "赵桂明", "address": None, "lat": None}


def test_the_last_of_several_fields_of_one_name_holds() -> None:
    """A tick box has a hidden field in front of it, so that no tick is news as well."""
    ticked = FormData([("is_key_holder", "0"), ("is_key_holder", "1")])

    assert read(ContactPatch, ticked).given == ContactPatch(is_key_holder=True)
    assert read(ContactPatch, FormData({"is_key_holder": "0"})).given == ContactPatch(is_key_holder=False)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept() -> None:
    found = read(ElderNew, FormData({"name": "", "birth_date": "1941-02-30", "lat": "north", "lon": "108.7"}))

    assert found.given is None
    assert found.form.errors == {
        "name": "is needed",
        "birth_date": "is not a day that there is",
        "lat": "must be a number",
    }
    assert found.form.value("lat") == "north"


def test_a_text_is_kept_exactly_as_it_was_typed() -> None:
    name = "<script>alert('𠮷')</script> 👵"

    assert read(ElderNew, FormData({"name": name})).form.value("name") == name


def test_members_of_members_and_lines_of_a_list() -> None:
    typed = FormData({"a.b": "1", "a.c": "one\n\n two ", "d": ["x"][0]})

    form = Form(read(ElderNew, typed).form.values)

    assert form.value("a.b") == "1"
    assert form.value("a.c") == "one\n\n two "
    assert form.value("nobody.knows") == ""


def test_the_registrys_own_fault_stands_beside_its_field() -> None:
    form = refused(Form({"phone": "1"}), BadMember("phone", "this is not a phone number"))

    assert form.error("phone") == "this is not a phone number"
    assert form.value("phone") == "1"


def test_a_member_that_is_yes_or_a_text_keeps_its_text() -> None:
    found = read(ElderPatch, FormData({"access.dog": "two, friendly", "access.floor": "5"}))
    said = read(ElderPatch, FormData({"access.dog": "有"}))

    assert found.given is not None
    assert found.given.access is not None
    assert (found.given.access.dog, found.given.access.floor) == ("two, friendly", "5")
    assert said.given is not None
    assert said.given.access is not None
    assert said.given.access.dog is True
