"""The wording in Chinese."""

from notifier.wording import Facts, Wording

_HAPPENED = {
    "sos": "按下了紧急求助键",
    "fall": "可能摔倒了",
    "smoke": "家中烟雾报警",
    "gas": "家中燃气报警",
    "flood": "家中漏水报警",
    "inactivity": "长时间没有活动迹象",
    "duress": "发出了无声求助",
    "low_battery": "的呼叫器电量不足",
    "mains_lost": "的呼叫器断电",
    "tamper": "的呼叫器被拆动",
}
_ASKED = {
    "help": "能去现场，请按 1；不能去，请按 2；重听，请按 3。",
    "officer": "由您处理，请按 1；不能处理，请按 2；重听，请按 3。",
    "follow_up_helper": "已经到了老人身边，请按 1；还没到或去不了，请按 2；重听，请按 3。",
    "verify": "是本人，请按 1；号码不对，请按 2；重听，请按 3。",
    "follow_up_elder": "有人来帮助您并且您满意，请按 1；还没有人来，请按 2；有人来了但您不满意，请按 3。",
}
_RECORDED = "本次通话将被录音。"
_NO_RING_BACK = "请不要给老人打电话，直接前往查看。"
_CENTRE = "老年人紧急呼叫中心"


class _Chinese:
    def call(self, facts: Facts) -> tuple[str, ...]:
        match facts.purpose:
            case "officer":
                lines = _for_officer(facts)
            case "follow_up_helper":
                lines = _for_helper(facts)
            case "follow_up_elder":
                lines = _for_elder(facts)
            case "verify":
                lines = _for_a_test(facts)
            case _:
                lines = _for_help(facts)
        recorded = _RECORDED if facts.is_recorded else ""
        return tuple(filter(None, (*lines, recorded, _ASKED.get(facts.purpose, _ASKED["help"]))))

    def reply(self, facts: Facts, meaning: str) -> tuple[str, ...]:
        if facts.purpose == "verify" and meaning not in ("right", "wrong_person", "unclear"):
            meaning = f"test_{meaning}"
        match meaning:
            case "right":
                return ("谢谢您。需要帮助时，我们会拨打这个号码联系您。再见。",)
            case "wrong_person":
                return ("谢谢您告诉我们，我们会更正登记。再见。",)
            case "test_over":
                return ("这是一次测试电话，已经结束，谢谢您。",)
            case "test_no_key":
                return ("没有收到您的按键，我们改天再试。再见。",)
            case "accept":
                lines: tuple[str, ...] = ("谢谢您，请马上出发。", _address(facts), _access(facts), _quiet(facts))
                return tuple(filter(None, (*lines, "如有生命危险，请拨打120。")))
            case "take":
                return ("好的，这起警情由您处理，请打开值班台。",)
            case "decline":
                return ("好的，我们马上联系其他人。",)
            case "arrived":
                return ("谢谢您，请陪伴老人，需要时请拨打120。",)
            case "not_arrived":
                return ("知道了，我们马上再联系其他人。",)
            case "helped":
                return ("谢谢您，祝您平安。",)
            case "not_helped":
                return ("请您不要着急，我们马上再派人来。",)
            case "dissatisfied":
                return ("谢谢您告诉我们，我们会改进。祝您平安。",)
            case "over":
                return ("这起求助已经有人处理，谢谢您。",)
            case "unclear":
                return ("对不起，没有这个选项。",)
            case _:
                return ("没有收到您的按键，我们会联系其他人。",)

    def message(self, facts: Facts) -> str:
        if facts.purpose == "follow_up_elder":
            return f"【紧急求助回访】{_ASKED['follow_up_elder']}"
        at = f"{facts.at}" if facts.at else ""
        parts = [f"【紧急求助】{_person(facts)}{at}{_happened(facts)}。"]
        parts.append("本人称是误按，仍请查看。" if facts.is_cancelled else "")
        parts.append(f"地址：{facts.address}。" if facts.address else "")
        parts.append("勿给老人打电话。" if facts.is_silent else "")
        parts.append("能去请点链接或回复1，不能去回复2。" if facts.link else "能去请回复1，不能去回复2。")
        parts.append(f"警号{facts.number}。" if facts.number else "")
        parts.append(facts.link)
        return "".join(parts).rstrip()


def _for_help(facts: Facts) -> tuple[str, ...]:
    return (
        _greeting(facts, "紧急求助！"),
        f"{_person(facts)}{_when(facts)}{_happened(facts)}，请您马上前往查看。",
        _repeats(facts),
        _cancelled(facts),
        _address(facts),
        _access(facts),
        f"健康情况：{'，'.join(facts.health)}。" if facts.health else "",
        _quiet(facts),
        f"警号{facts.number}。" if facts.number else "",
    )


def _for_officer(facts: Facts) -> tuple[str, ...]:
    return (
        _greeting(facts, "值班员请示！" if facts.is_asked else "有警情无人处理！"),
        f"{_person(facts)}{_when(facts)}{_happened(facts)}，"
        + ("值班员请您过问。" if facts.is_asked else "联系人还没有确认前往。"),
        _repeats(facts),
        _cancelled(facts),
        _address(facts),
        _quiet(facts),
        f"警号{facts.number}。" if facts.number else "",
    )


def _for_helper(facts: Facts) -> tuple[str, ...]:
    return (
        _greeting(facts, "回访。"),
        f"您答应前往帮助{_person(facts)}。",
        _address(facts),
        _quiet(facts),
        f"警号{facts.number}。" if facts.number else "",
    )


def _for_a_test(facts: Facts) -> tuple[str, ...]:
    whom = facts.to_name or "您"
    return (
        f"您好，这里是{_CENTRE}。没有人出事，这是一次测试电话。",
        f"{whom}登记为紧急联系人，需要帮助时我们会拨打这个号码。",
    )


def _for_elder(facts: Facts) -> tuple[str, ...]:
    who = f"{facts.accepted_by}答应前往帮助您。" if facts.accepted_by else ""
    return (f"{facts.called or facts.elder or facts.to_name}您好，这里是{_CENTRE}，对您的求助进行回访。", who)


def _greeting(facts: Facts, what: str) -> str:
    test = "这是一次演练。" if facts.is_test else ""
    hello = f"{facts.to_name}您好，" if facts.to_name else "您好，"
    return f"{what}{test}{hello}这里是{_CENTRE}。"


def _person(facts: Facts) -> str:
    if not facts.elder:
        return f"一台还没有登记老人的呼叫器{facts.device}" if facts.device else "一位老人"
    details = [{"female": "女", "male": "男"}.get(facts.sex or "", ""), f"{facts.age}岁" if facts.age else ""]
    known = "，".join(filter(None, details))
    return f"{facts.elder}（{known}）" if known else facts.elder


def _when(facts: Facts) -> str:
    return f"在{facts.at}" if facts.at else ""


def _happened(facts: Facts) -> str:
    return _HAPPENED.get(facts.kind, "发出了紧急求助")


def _repeats(facts: Facts) -> str:
    return f"已经求助{facts.press_count}次，情况紧急。" if facts.press_count > 1 else ""


def _cancelled(facts: Facts) -> str:
    return "本人后来表示是误按，仍请您查看确认。" if facts.is_cancelled else ""


def _address(facts: Facts) -> str:
    return f"地址：{facts.address}。" if facts.address else "地址没有登记。"


def _access(facts: Facts) -> str:
    return f"进门：{facts.access}。" if facts.access else ""


def _quiet(facts: Facts) -> str:
    return _NO_RING_BACK if facts.is_silent else ""


WORDING: Wording = _Chinese()
