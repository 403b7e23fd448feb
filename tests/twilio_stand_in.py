"""A stand-in for Twilio on this machine: takes calls and messages over HTTP and calls back with signed requests.

It decides nothing by itself: whoever holds it says what each phone does. Members and status words are those of Twilio's
published description (2010-04-01: Accounts, Calls, Call Events, Messages).
"""

import base64
import json
import secrets
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urldefrag, urljoin, urlsplit

import requests
from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "a token that signs"
FROM = "+15005550006"
WITHIN_S = 10
CALL_MEMBERS = (
    "sid", "date_created", "date_updated", "parent_call_sid", "account_sid", "to", "to_formatted", "from",
    "from_formatted", "phone_number_sid", "status", "start_time", "end_time", "duration", "price", "price_unit",
    "direction", "answered_by", "api_version", "forwarded_from", "group_sid", "caller_name", "queue_time", "trunk_sid",
    "uri", "subresource_uris",
)  # fmt: skip
MESSAGE_MEMBERS = (
    "body", "num_segments", "direction", "from", "to", "date_updated", "price", "error_message", "uri", "account_sid",
    "num_media", "status", "messaging_service_sid", "sid", "date_sent", "date_created", "error_code", "price_unit",
    "api_version", "subresource_uris",
)  # fmt: skip


@dataclass
class Thing:
    """A call or a message as Twilio would keep it; `form` is what was posted to make it."""

    sid: str
    form: dict[str, str]
    events: tuple[str, ...]
    at: datetime
    status: str = "queued"
    answered_by: str | None = None
    sequence: int = 0
    asked: list[str] = field(default_factory=list)
    action: str | None = None
    is_told: threading.Lock = field(default_factory=threading.Lock)


class TwilioStandIn:
    """`with TwilioStandIn() as twilio:` listens on `twilio.url`; `fail_next` breaks the next request that makes
    something: lost (done, but no answer), 400:CODE, 401, 429, 500, 503, or hang (done; answered when `released`).

    Callbacks are signed for the address that they were asked for, and go `through` another, as a proxy would send them.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, through: str = "") -> None:
        self.now = now
        self.through = through
        self.calls: list[Thing] = []
        self.messages: list[Thing] = []
        self.recordings: dict[str, bytes] = {}
        self.recording_fault = ""
        self.released = threading.Event()
        self.has_events = True
        self._faults: list[str] = []
        self._made = threading.Condition()
        self._session = requests.Session()
        self._session.trust_env = False
        stand_in = self

        class Handler(_Handler):
            twilio = stand_in

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "TwilioStandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._session.close()
        self._thread.join(WITHIN_S)

    def fail_next(self, *faults: str) -> None:
        self._faults += faults

    def call_to(self, number: str, nth: int = 0) -> Thing:
        """The nth call to a number, waited for."""
        return self._wait(self.calls, number, nth)

    def message_to(self, number: str, nth: int = 0) -> Thing:
        return self._wait(self.messages, number, nth)

    def _wait(self, things: list[Thing], number: str, nth: int) -> Thing:
        def found() -> Thing | None:
            matching = [thing for thing in things if thing.form["To"] == number]
            return matching[nth] if len(matching) > nth else None

        with self._made:
            assert self._made.wait_for(lambda: found() is not None, WITHIN_S), f"nothing sent to {number}"
        thing = found()
        assert thing is not None
        return thing

    # What phones and carriers do

    def tell(self, thing: Thing, status: str, **more: str) -> requests.Response:
        """The status callback of a call (initiated, ringing, in-progress, completed …) or a message."""
        form = self._form(thing, status) | more
        return self.post(thing.form["StatusCallback"], form)

    def detect(self, call: Thing, answered_by: str) -> requests.Response:
        """The machine detection's callback."""
        call.answered_by = answered_by
        form = {"CallSid": call.sid, "AccountSid": ACCOUNT_SID, "AnsweredBy": answered_by}
        return self.post(call.form["AsyncAmdStatusCallback"], form | {"MachineDetectionDuration": "2000"})

    def pick_up(self, call: Thing, **more: str) -> str:
        """Somebody answers: what they hear."""
        return self._ask(call, call.form["Url"], self._form(call, "in-progress") | more)

    def press(self, call: Thing, digits: str) -> str:
        """A key, "" for none, goes where the last words asked for it: what is heard then."""
        assert call.action, "nobody is asking for a key"
        more = {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"}
        return self._ask(call, call.action, self._form(call, "in-progress") | more)

    def write(self, number: str, text: str, to_url: str) -> requests.Response:
        """A person sends a message; blank members are sent as Twilio sends them."""
        form = {"MessageSid": "SM" + secrets.token_hex(16), "AccountSid": ACCOUNT_SID, "From": number, "To": FROM}
        return self.post(to_url, form | {"Body": text, "NumMedia": "0", "FromCity": "", "FromState": "", "ToZip": ""})

    def post(self, url: str, form: Mapping[str, str], *, signature: str | None = None) -> requests.Response:
        """A signed callback; a fragment is Twilio's own business and neither sent nor signed."""
        url = urldefrag(url).url
        signed = RequestValidator(AUTH_TOKEN).compute_signature(url, dict(form))
        headers = {"X-Twilio-Signature": signed if signature is None else signature}
        if self.through:
            asked = urlsplit(url)
            url = self.through + asked.path + (f"?{asked.query}" if asked.query else "")
        return self._session.post(url, data=dict(form), headers=headers, timeout=WITHIN_S)

    def _ask(self, call: Thing, url: str, form: Mapping[str, str]) -> str:
        call.asked.append(url)
        answer = self.post(url, form)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/xml")
        document = ElementTree.fromstring(answer.content)  # noqa: S314  (our own)
        redirect = document.find("Redirect")
        if redirect is not None:
            return self._ask(call, urljoin(url, redirect.text or ""), self._form(call, "in-progress"))
        gather = document.find("Gather")
        call.action = urljoin(url, gather.get("action", "")) if gather is not None else None
        return "\n".join(say.text or "" for say in document.iter("Say"))

    def _form(self, thing: Thing, status: str) -> dict[str, str]:
        both = {"AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01", "From": FROM, "To": thing.form["To"]}
        if thing.sid.startswith("SM"):
            thing.status = status
            return both | {"MessageSid": thing.sid, "SmsSid": thing.sid, "MessageStatus": status, "SmsStatus": status}
        with thing.is_told:
            sequence, thing.sequence = thing.sequence, thing.sequence + 1
        thing.status = "queued" if status == "initiated" else status
        thing.asked.append(thing.form["StatusCallback"])
        return both | {
            "CallSid": thing.sid, "CallStatus": status, "Direction": "outbound-api", "SequenceNumber": str(sequence),
            "Timestamp": format_datetime(self.now()), "CallbackSource": "call-progress-events", "CallerName": "",
        }  # fmt: skip

    def record(self, sound: bytes, sid: str = "") -> str:
        """A recording that can be fetched from now on; its id."""
        sid = sid or "RE" + secrets.token_hex(16)
        self.recordings[sid] = sound
        return sid

    def tell_of_recording(self, call: Thing, sid: str, **more: str) -> requests.Response:
        """The recording callback of a call; `RecordingUrl` is never to be asked for."""
        form = {"AccountSid": ACCOUNT_SID, "CallSid": call.sid, "RecordingSid": sid, "RecordingStatus": "completed",
                "RecordingDuration": "21", "RecordingChannels": "1", "RecordingUrl": "http://127.0.0.1:9/elsewhere",
                "RecordingStartTime": format_datetime(self.now()), "RecordingSource": "OutboundAPI"}  # fmt: skip
        return self.post(call.form["RecordingStatusCallback"], form | more)

    # What is asked of us

    def make(self, kind: str, pairs: list[tuple[str, str]]) -> Thing:
        form = dict(pairs)
        events = tuple(value for name, value in pairs if name == "StatusCallbackEvent")
        thing = Thing(("CA" if kind == "Calls" else "SM") + secrets.token_hex(16), form, events, self.now())
        with self._made:
            (self.calls if kind == "Calls" else self.messages).append(thing)
            self._made.notify_all()
        return thing

    def fault(self) -> str:
        return self._faults.pop(0) if self._faults else ""

    def shown(self, thing: Thing) -> dict[str, Any]:
        kind = "Calls" if thing.sid.startswith("CA") else "Messages"
        known: dict[str, Any] = {
            "sid": thing.sid, "account_sid": ACCOUNT_SID, "to": thing.form["To"], "from": thing.form["From"],
            "status": thing.status, "direction": "outbound-api", "api_version": "2010-04-01",
            "answered_by": thing.answered_by, "body": thing.form.get("Body"), "num_segments": "1", "num_media": "0",
            "date_created": format_datetime(thing.at), "date_updated": format_datetime(thing.at),
            "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/{kind}/{thing.sid}.json", "subresource_uris": {},
        }  # fmt: skip
        return {name: known.get(name) for name in (CALL_MEMBERS if kind == "Calls" else MESSAGE_MEMBERS)}


class _Handler(BaseHTTPRequestHandler):
    twilio: TwilioStandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        pairs = parse_qsl(self.rfile.read(int(self.headers.get("content-length", 0))).decode(), keep_blank_values=True)
        parts = self._parts()
        if parts is None:
            return None
        if len(parts) == 2:
            thing = self._thing(parts)
            if thing is None:
                return self._refuse(404, 20404)
            if thing.status in ("completed", "busy", "failed", "no-answer", "canceled"):
                return self._refuse(400, 21220)
            thing.status = dict(pairs).get("Status", thing.status)
            return self._answer(200, self.twilio.shown(thing))
        self._make(parts[0], pairs)
        return None

    def do_GET(self) -> None:
        parts = self._parts()
        if parts is None:
            return None
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        kind = parts[0] if parts else "Account"
        if kind == "Recordings":
            return self._sound(parts[1])
        if kind == "Account":
            return self._answer(200, {"sid": ACCOUNT_SID, "status": "active", "friendly_name": "stand-in"})
        if len(parts) == 1:
            things = self.twilio.calls if kind == "Calls" else self.twilio.messages
            found = [thing for thing in reversed(things) if query.get("To") in (None, thing.form["To"])]
            return self._list(kind.lower(), [self.twilio.shown(thing) for thing in found])
        thing = self._thing(parts)
        if thing is None or (len(parts) == 3 and not self.twilio.has_events):
            return self._refuse(404, 20404)
        if len(parts) == 3:
            asked = [
                {"request": {"url": url, "method": "POST", "parameters": {}}, "response": {}} for url in thing.asked
            ]
            return self._list("events", asked)
        return self._answer(200, self.twilio.shown(thing))

    def _parts(self) -> list[str] | None:
        """The path below the account: [], ["Calls"], ["Calls", sid], ["Calls", sid, "Events"]; None when refused."""
        expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if self.headers.get("authorization") != f"Basic {expected}":
            self._refuse(401, 20003)
            return None
        parts = urlsplit(self.path).path.removesuffix(".json").strip("/").split("/")
        if parts[:3] != ["2010-04-01", "Accounts", ACCOUNT_SID]:
            self._refuse(404, 20404)
            return None
        return parts[3:]

    def _thing(self, parts: list[str]) -> Thing | None:
        things = self.twilio.calls if parts[0] == "Calls" else self.twilio.messages
        return next((thing for thing in things if thing.sid == parts[1]), None)

    def _make(self, kind: str, pairs: list[tuple[str, str]]) -> None:
        form = dict(pairs)
        fault = self.twilio.fault()
        if fault and fault not in ("lost", "hang"):
            status, _, code = fault.partition(":")
            return self._refuse(int(status), int(code or 0))
        if not form.get("To") or not form.get("From") or not (form.get("Url") or form.get("Twiml") or form.get("Body")):
            return self._refuse(400, 21201)
        thing = self.twilio.make(kind, pairs)
        if fault == "hang":
            self.twilio.released.wait(WITHIN_S)
        if fault == "lost":
            self.close_connection = True
            return None
        return self._answer(201, self.twilio.shown(thing))

    def do_DELETE(self) -> None:
        parts = self._parts()
        if parts is None:
            return None
        if parts[0] != "Recordings" or self.twilio.recordings.pop(parts[1], None) is None:
            return self._refuse(404, 20404)
        self.send_response(204)
        self.end_headers()
        return None

    def _sound(self, name: str) -> None:
        sound, fault = self.twilio.recordings.get(name.removesuffix(".mp3")), self.twilio.recording_fault
        if fault.isdigit():
            return self._refuse(int(fault), 0)
        if sound is None:
            return self._refuse(404, 20404)
        if fault == "redirect":
            self.send_response(307)
            self.send_header("Location", f"{self.twilio.url}/elsewhere")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if fault == "page" else "audio/mpeg")
        self.send_header("Content-Length", str(len(sound)))
        self.end_headers()
        self.wfile.write(sound)
        return None

    def _list(self, name: str, items: list[dict[str, Any]]) -> None:
        page = {"page": 0, "page_size": 50, "start": 0, "end": len(items), "next_page_uri": None, "uri": self.path}
        self._answer(200, page | {name: items, "first_page_uri": self.path, "previous_page_uri": None})

    def _refuse(self, status: int, code: int) -> None:
        self._answer(status, {"code": code or status, "message": "refused", "status": status, "more_info": ""})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
