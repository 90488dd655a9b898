"""Text messages: one small interface; the console gateway is for development, the file gateway for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import structlog

from shop.config import Settings

log = structlog.get_logger()


class Gateway(Protocol):
    """Sends one text to one E.164 number; raises OSError when it could not be handed over."""

    def send(self, phone: str, message: str) -> None: ...


class ConsoleGateway:
    """Writes the text to the log, where a developer reads it."""

    def send(self, phone: str, message: str) -> None:
        log.info("sms", to=phone, message=message)


class FileGateway:
    """Appends 'number<TAB>text' lines to a file, where a test reads them."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def send(self, phone: str, message: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{phone}\t{message}\n")


def gateway(settings: Settings) -> Gateway:
    """The gateway the settings ask for."""
    if settings.sms_console_file:
        return FileGateway(settings.sms_console_file)
    return ConsoleGateway()
