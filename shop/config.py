"""Settings, read once from the environment; a missing or weak one stops the start with a sentence."""

from __future__ import annotations

import base64
import binascii
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConfigError(Exception):
    """One sentence a line: which variable, what is wrong, how to mend it."""


class Settings(BaseSettings):
    """Everything the shop reads from its environment; see `.env.example`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    app_env: Literal["development", "test", "production"] = "production"
    database_url: str
    redis_url: str
    secret_key: str = Field(min_length=32)
    secret_key_fallbacks: str = ""  # comma-separated older keys, still accepted during a rotation
    field_key: str
    public_url: str
    trusted_hosts: str = ""  # comma-separated; empty = the host of public_url
    proxy_hops: int = Field(0, ge=0, le=5)
    stripe_secret_key: str = Field(min_length=12)
    stripe_webhook_secret: str = Field(min_length=12)  # comma-separated during a rotation
    stripe_api_base: str = ""
    payment_methods: str = "card,alipay,wechat_pay"
    sms_gateway: Literal["console"] = "console"
    sms_console_file: str = ""
    email_gateway: Literal["console"] = "console"
    email_console_file: str = ""
    hold_minutes_online: int = Field(30, ge=30, le=1440)
    session_hours: int = Field(24 * 14, ge=1)
    staff_session_hours: int = Field(12, ge=1)
    staff_idle_hours: int = Field(8, ge=1)
    card_font: str = (
        ""  # a font file with Chinese letters; empty = the one that the front-end build put into shop/fonts
    )
    demo: bool = False
    db_pool_size: int = Field(5, ge=1, le=100)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str) -> str:
        value = value.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+psycopg://", 1
        )
        if not value.startswith("postgresql+psycopg://"):
            raise ValueError("must be a PostgreSQL address: postgresql://user:password@host/database")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix:// (Redis or Valkey)")
        return value

    @field_validator("field_key")
    @classmethod
    def _key_bytes(cls, value: str) -> str:
        try:
            size = len(base64.urlsafe_b64decode(value))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise ValueError(
                "must be 32 random bytes in URL-safe base64: "
                'python -c "import base64,os;print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must be the address buyers use, such as https://shop.example")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        if self.app_env != "production":
            return self
        if len(set(self.secret_key)) < 16:
            raise ValueError("SECRET_KEY is too simple: use at least 32 random characters")
        if not self.public_url.startswith("https://"):
            raise ValueError("PUBLIC_URL must be https:// in production")
        if self.stripe_api_base:
            raise ValueError("STRIPE_API_BASE must be empty in production: it is for the local stand-in")
        if self.demo:
            raise ValueError("DEMO must be off in production: demo accounts have a published password")
        return self

    @classmethod
    def load(cls) -> Settings:
        """Read the environment. Raises ConfigError naming every variable that is missing or wrong."""
        try:
            return cls()  # type: ignore[call-arg]
        except ValidationError as error:
            raise ConfigError("\n".join(_sentence(item) for item in error.errors())) from None

    @property
    def broker_url(self) -> str:
        """The same server in the spelling Celery wants for sockets."""
        if self.redis_url.startswith("unix://"):
            path, _, query = self.redis_url.removeprefix("unix://").partition("?")
            number = query.removeprefix("db=") or "0"
            return f"redis+socket://{path}?virtual_host={number}"
        return self.redis_url

    @property
    def limits_url(self) -> str:
        """The same server in the spelling the rate limiter wants."""
        if self.redis_url.startswith("unix://"):
            return "redis+" + self.redis_url
        return self.redis_url

    @property
    def hosts(self) -> list[str]:
        """Host names the shop answers to."""
        if self.trusted_hosts:
            return [host.strip() for host in self.trusted_hosts.split(",") if host.strip()]
        return [self.public_url.split("://", 1)[1].split("/", 1)[0].split(":", 1)[0]]


def _sentence(item: object) -> str:
    error = dict(item)  # type: ignore[call-overload]
    name = ".".join(str(part) for part in error["loc"]).upper()
    if error["type"] == "missing":
        return f"{name} is not set: see .env.example for what it is and how to make one."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{name} is wrong: {message}." if name else f"{message}."
