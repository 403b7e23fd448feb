"""Identifiers that sort by the time they were made, so that new rows land beside each other in every index."""

import os
import time


def new_id() -> str:
    """A UUID version 7 as 36 characters (RFC 9562: 48 bits of milliseconds, then random)."""
    value = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10))
    value[6] = (value[6] & 0x0F) | 0x70
    value[8] = (value[8] & 0x3F) | 0x80
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
