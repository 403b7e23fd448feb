"""`carebell offline-list`: the sealed list for the day without the system, written to a file, each night by cron."""

import getpass
import os
import sys
from pathlib import Path

from carebell.progress import shown
from console.i18n import words
from console.offline_words import file_words
from duty import offline
from duty.offline_file import checked_passphrase, encrypted_page
from duty.offline_rows import CHUNK
from registry.audit import Actor
from registry.service import RegistryService


def asked_passphrase() -> str:
    """From the terminal, twice; else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Passphrase: ")
    if getpass.getpass("The passphrase again: ") != first:
        raise SystemExit("carebell: the two are not the same")
    return first


def write(
    registry: RegistryService, file: Path, passphrase: str, *, reason: str, area: str | None, language: str
) -> int:
    """Write a new list over an older one, whole or not at all; gives how many elders are in it.

    Raises BadMember, and OSError where the file cannot be written.
    """
    by = Actor(name=getpass.getuser())
    checked_passphrase(passphrase, by.name)
    begun = offline.begin(registry, by, reason=reason, area_code=area, how="command", language=language)
    unfinished = file.with_name(f".{file.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out, shown() as say:
            said = file_words(words(language))
            pieces = encrypted_page(begun.mark, begun.chunks, passphrase, words=said, language=language)
            for number, piece in enumerate(pieces):
                out.write(piece)
                say("written", min(begun.mark.elders, max(0, number - 1) * CHUNK), begun.mark.elders)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return begun.mark.elders
