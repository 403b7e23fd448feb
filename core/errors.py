"""Errors that say what the caller does next."""


class CarebellError(Exception):
    """Anything this product raises on purpose."""


class Rejected(CarebellError):
    """The input will never be right: record it, acknowledge it, move on."""


class NotFound(Rejected):
    """There is no such thing."""


class Conflict(Rejected):
    """Somebody else was first, or the thing is no longer in the state that this asks for."""


class Forbidden(Rejected):
    """Known, but not allowed."""


class TryAgain(CarebellError):
    """The same request may succeed later: leave the work due."""
