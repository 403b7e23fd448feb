"""The settings a command was given, or the end of it."""

import os
from pathlib import Path

import typer

from core.settings import Settings, SettingsError, load_settings

FAILED, WRONG_USAGE = 1, 2
"""Exit codes; 0 is done."""


def settings_or_exit() -> Settings:
    """The settings of this process, or one line on standard error and exit code 2."""
    try:
        return load_settings(os.environ, Path(".env"))
    except SettingsError as problem:
        typer.echo(f"carebell: {problem}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
