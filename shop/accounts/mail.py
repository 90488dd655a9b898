"""E-mail: the same small interface as for text messages; console for development, a file for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import structlog

from shop.config import Settings

log = structlog.get_logger()


class Gateway(Protocol):
    """Sends one plain message to one address; raises OSError when it could not be handed over."""

    def send(self, address: str, subject: str, message: str) -> None: ...


class ConsoleGateway:
    """Writes the message to the log, where a developer reads it."""

    def send(self, address: str, subject: str, message: str) -> None:
        log.info("email", to=address, subject=subject, message=message)


class FileGateway:
    """Appends 'address<TAB>subject<TAB>text' lines to a file, where a test reads them."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def send(self, address: str, subject: str, message: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{address}\t{subject}\t{message}\n")


def gateway(settings: Settings) -> Gateway:
    """The gateway the settings ask for."""
    if settings.email_console_file:
        return FileGateway(settings.email_console_file)
    return ConsoleGateway()
