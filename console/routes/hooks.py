"""What Twilio asks and tells: only what it has signed is heard, everything else gets 403 and changes nothing."""

import logging
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from alarms import learnt
from alarms.service import AlarmService
from console import calls_in
from console.centre import Centre
from console.deps import get_centre
from core.errors import Forbidden, Rejected, TryAgain
from notifier import twiml, webhook
from notifier.channel import Report
from notifier.recording import told_by_twilio
from registry.phones import Phones

LONGEST_BODY = 64 * 1024
SIGNATURE = "x-twilio-signature"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that Twilio signed. `form` holds the query's values, and over them those of the body."""

    form: Mapping[str, str]
    attempt_id: str
    centre: Centre

    @property
    def alarms(self) -> AlarmService:
        """Raises TryAgain where this role has no alarms."""
        if self.centre.alarms is None:
            raise TryAgain("this process handles no alarms")
        return self.centre.alarms

    def relay(self, report: Report | None) -> bool:
        """Store a report; False when it could not be stored just now. One that can never apply is dropped."""
        if report is None or not report.attempt_id:
            return True
        try:
            self.alarms.report(report)
        except Rejected:
            log.info("a callback told nothing that applies")
        except (TryAgain, SQLAlchemyError) as problem:
            log.warning("a callback could not be stored: %s", type(problem).__name__)
            return False
        return True


async def signed(request: Request) -> Signed:
    """The request's values. Raises Forbidden unless the signature is Twilio's over the address it was given.

    Behind a proxy this process sees another scheme, host and port: the public address counts.
    """
    centre = get_centre(request)
    settings = centre.settings
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Forbidden("this is no callback of ours")
    # Blank values are part of what is signed.
    values = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    query = request.url.query
    path = request.scope["raw_path"].decode("ascii", "replace") if "raw_path" in request.scope else request.url.path
    address = settings.public_url + path + (f"?{query}" if query else "")
    if not _is_signed(settings.twilio_auth_token, address, values, request.headers.get(SIGNATURE, "")):
        raise Forbidden("the signature is not Twilio's")
    form = dict(parse_qsl(query, keep_blank_values=True)) | values
    return Signed(form, form.get("attempt", "")[:36], centre)


def _is_signed(token: str, address: str, values: Mapping[str, str], signature: str) -> bool:
    """Twilio signs the address without its fragment, which is never sent; some that stand in for it sign it whole."""
    if not token or not signature:
        return False
    validator = RequestValidator(token)
    return any(validator.validate(each, values, signature) for each in (address, address + webhook.RETRY_FRAGMENT))


router = APIRouter(prefix="/hooks/twilio", tags=["hooks"])
Hook = Annotated[Signed, Depends(signed)]


@router.post("/voice", response_class=Response)
async def voice(hook: Hook) -> Response:
    """What to say to whoever answered, as the alarm stands now; and what their key means. An incoming call is put
    through."""
    if calls_in.is_inbound(hook.form):
        return await _incoming(calls_in.arrives, hook)
    return _xml(await run_in_threadpool(_voice, hook))


@router.post("/inbound", response_class=Response)
async def inbound_over(hook: Hook) -> Response:
    """Nobody took an incoming call, or the talk is over."""
    return await _incoming(calls_in.over, hook)


@router.post("/screen", response_class=Response)
async def inbound_screen(hook: Hook) -> Response:
    """An officer's phone was picked up for an incoming call."""
    return await _incoming(calls_in.screens, hook)


@router.post("/status", response_class=Response)
async def status(hook: Hook) -> Response:
    """What became of a call or a message; 503 makes Twilio tell it again."""
    report = webhook.status_report(hook.form, hook.attempt_id, hook.centre.clock.now())
    return _done(await run_in_threadpool(hook.relay, report))


@router.post("/sms", response_class=Response)
async def sms(hook: Hook) -> Response:
    """A message from somebody's phone; it answers the newest message that was sent there."""
    if not await run_in_threadpool(_reply, hook):
        return _done(False)
    return _xml(twiml.nothing())


@router.post("/recording", response_class=Response)
async def recording(hook: Hook) -> Response:
    """A recording is ready, or there is none; it is fetched later. 503 makes Twilio tell it again."""
    told = told_by_twilio(hook.form, hook.attempt_id, hook.centre.clock.now())
    recordings = hook.centre.recordings
    if told is None or recordings is None:
        return _done(True)
    return _done(await run_in_threadpool(recordings.told, told))


async def _incoming(step: Callable[[Centre, Mapping[str, str]], str], hook: Signed) -> Response:
    """One step of an incoming call; where the database does not answer, the caller is asked for a moment's patience."""
    try:
        return _xml(await run_in_threadpool(step, hook.centre, hook.form))
    except (TryAgain, SQLAlchemyError) as problem:
        log.warning("an incoming call could not be noted just now: %s", type(problem).__name__)
        query = urlencode({name: hook.form[name] for name in ("call", "officer", "Digits") if name in hook.form})
        place = {"arrives": "voice", "over": "inbound", "screens": "screen"}[step.__name__]
        return _xml(twiml.ask_us_again(f"{hook.centre.settings.public_url}/hooks/twilio/{place}?{query}"))


def _voice(hook: Signed) -> str:
    settings, now = hook.centre.settings, hook.centre.clock.now()
    try:
        prompt = hook.alarms.prompt(hook.attempt_id) if hook.attempt_id else None
    except (TryAgain, SQLAlchemyError) as problem:
        log.warning("what to say is not known just now: %s", type(problem).__name__)
        return webhook.voice_turn(hook.form, hook.attempt_id, None, settings.public_url, now).later
    turn = webhook.voice_turn(hook.form, hook.attempt_id, prompt, settings.public_url, now)
    return turn.answer if hook.relay(turn.report) else turn.later


def _reply(hook: Signed) -> bool:
    settings, now = hook.centre.settings, hook.centre.clock.now()
    try:
        sender = Phones(settings.phone_region, settings.phone_area_code).to_e164(hook.form.get("From", ""))
        attempt_id = hook.alarms.attempt_by_phone(sender)
        text = unicodedata.normalize("NFKC", hook.form.get("Body", ""))
        word = learnt.of_text(text)
        if attempt_id is None and word is not None:  # With an attempt, the reply itself says it.
            hook.centre.registry.contacts.heard_from(sender, word)
        if word is None and not (attempt_id and learnt.is_answer(text)):
            calls_in.wrote(hook.centre, sender, text)
    except ValueError:
        return True
    except (TryAgain, SQLAlchemyError):
        return False
    return hook.relay(webhook.reply_report(hook.form, attempt_id, now)) if attempt_id else True


def _xml(text: str) -> Response:
    return Response(text, media_type="text/xml; charset=utf-8")


def _done(is_stored: bool) -> Response:
    return Response(status_code=204) if is_stored else Response(status_code=503, headers={"Retry-After": "1"})
