"""What the device's lamp and speaker are told."""

from typing import Any

TEXTS = {
    "zh-CN": {
        "calling": "已收到您的呼叫，正在联系您的家人。",
        "on_the_way": "有人正在赶来，请不要着急。",
        "arrived": "帮助已经到了。",
        "closed": "本次呼叫已结束，祝您平安。",
    },
    "en": {
        "calling": "We have your call and are ringing your people.",
        "on_the_way": "Somebody is on the way to you.",
        "arrived": "Help has arrived.",
        "closed": "This call is closed. Take care.",
    },
}


def progress_payload(alarm_id: str, stage: str, language: str) -> dict[str, Any]:
    """`down/progress` as the device profile has it."""
    lang = language if language in TEXTS else "zh-CN"
    return {"alarm_id": alarm_id, "stage": stage, "text": TEXTS[lang][stage], "lang": lang}
