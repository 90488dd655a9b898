"""Database and broker of this checkout: the embedded ones, or whatever DATABASE_URL and REDIS_URL name."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from dev.runner.environment import base_environment, shop_environment
from dev.runner.postgres import Postgres
from dev.runner.process import Service
from dev.runner.run_dir import RunDir
from dev.runner.valkey import Valkey


@dataclass
class Ground:
    """Start order: database, broker; stop order the other way round."""

    run_dir: RunDir
    postgres: Postgres | None = None
    valkey: Valkey | None = None
    services: list[Service] = field(default_factory=list)

    def start(self) -> None:
        base = base_environment(self.run_dir.record["marker"])
        var, sockets, log = self.run_dir.path, self.run_dir.sockets, self.run_dir.log
        if not os.environ.get("DATABASE_URL"):
            self.postgres = Postgres(var / "postgres", sockets, log / "database.log")
            self.postgres.start(base, self._note)
            self.postgres.create_database("shop")
        if not os.environ.get("REDIS_URL"):
            self.valkey = Valkey(var / "valkey", sockets, log / "broker.log")
            self.valkey.start(base, self._note)

    def _note(self, service: Service) -> None:
        self.services.append(service)
        self.run_dir.note([service.record() for service in self.services])

    def environment(self, port: int, stand_in_port: int) -> dict[str, str]:
        return shop_environment(
            base_environment(self.run_dir.record["marker"]),
            var=self.run_dir.path,
            database_url=self.postgres.url() if self.postgres else os.environ["DATABASE_URL"],
            redis_url=self.valkey.url() if self.valkey else os.environ["REDIS_URL"],
            port=port,
            stand_in_port=stand_in_port,
        )

    def wait_ready(self, service: Service, seconds: float = 60.0) -> None:
        """After a restart of one of the two."""
        for server in (self.postgres, self.valkey):
            if server is not None and server.service is service:
                server.wait_ready(seconds)

    def stop(self) -> None:
        for service in reversed(self.services):
            service.stop()
