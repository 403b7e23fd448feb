"""The settings: what cannot work is said in one line that names the setting and never a secret."""

import re
from pathlib import Path

import pytest

from core.settings import Settings, SettingsError, load_settings

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "99999"),
        ("HTTP_PORT", "http"),
        ("MQTT_PORT", "-1"),
        ("TIMEZONE", "Mars/Olympus"),
        ("TIMEZONE", "../../etc/passwd"),
        ("LOCALE", "fr"),
        ("NOTIFIER", "pigeon"),
        ("NOTIFIER", " , "),
        ("DATABASE_URL", "mysql://hidden:hidden@host/x"),
        ("DATABASE_URL", "not an address"),
        ("MQTT_URL", "http://hidden:hidden@host"),
        ("MQTT_ADMIN_URL", "hidden"),
        ("MQTT_TLS_CERT", "/nowhere/hidden.pem"),
        ("PUBLIC_URL", "example.org"),
        ("MQTT_URL", "mqtt://hidden:hidden@host:99999"),
        ("MQTT_ADMIN_URL", "mqtts://host:hidden"),
        ("PUBLIC_URL", "http://host:99999"),
        ("TWILIO_API_URL", "http://host:hidden"),
        ("DATABASE_URL", "postgresql+psycopg://host:hidden/x"),
        ("PHONE_REGION", "China"),
    ],
)
def test_a_value_that_cannot_work_ends_in_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({f"CAREBELL_{name}": value})
    text = str(refused.value)
    assert f"CAREBELL_{name}" in text
    assert "\n" not in text
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "CAREBELL_TWILIO_AUTH_TOKEN"),
        ({"NOTIFIER": "sandbox,twilio"}, "CAREBELL_TWILIO_ACCOUNT_SID"),
        ({"DATABASE_URL": "postgresql+psycopg://u:p@host/x"}, "CAREBELL_SECRET_KEY"),
        ({"MQTT_TLS_CERT": str(OPERATIONS)}, "CAREBELL_MQTT_TLS_KEY"),
        ({"MQTT_ADMIN_URL": "mqtt://admin:p@host"}, "CAREBELL_MQTT_URL"),
        ({"MQTT_ADMIN_URL": "mqtt://admin:p@host", "MQTT_URL": "mqtt://host"}, "CAREBELL_MQTT_URL"),
        ({"NOPE": "1"}, "CAREBELL_NOPE"),
    ],
)
def test_what_is_half_given_or_unknown_is_refused(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings({f"CAREBELL_{name}": value for name, value in given.items()})


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("CAREBELL_LOCALE=en\nCAREBELL_HTTP_PORT=8123\nOTHER=1\n")
    settings = load_settings({"CAREBELL_HTTP_PORT": "8124", "PATH": "/bin"}, dotenv)
    assert (settings.locale, settings.http_port) == ("en", 8124)


def test_nothing_given_is_a_whole_centre_on_this_machine() -> None:
    settings = load_settings({})
    assert (settings.http_host, settings.mqtt_host, settings.notifier) == ("127.0.0.1", "127.0.0.1", ("sandbox",))
    assert settings.is_sqlite


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    given = {
        "CAREBELL_DATABASE_URL": "postgresql+psycopg://u:hidden@host/x",
        "CAREBELL_SECRET_KEY": "hidden" * 6,
        "CAREBELL_MQTT_URL": "mqtt://gateway:hidden@host",
        "CAREBELL_MQTT_ADMIN_URL": "mqtt://admin:hidden@host",
    }
    assert "hidden" not in repr(load_settings(given))


def test_the_settings_that_are_documented_are_those_there_are() -> None:
    chapter = OPERATIONS.read_text("utf-8").partition("## Settings")[2].partition("\n## ")[0]
    named = re.findall(r"`CAREBELL_([A-Z_]+)`", "".join(re.findall(r"(?m)^\|[^|]+\|", chapter)))
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)
