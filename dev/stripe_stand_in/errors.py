"""Stripe's error answers: one exception that knows its HTTP status and its JSON body."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer of the shape `{"error": {...}}`. `kept`: saved under the idempotency key and replayed."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        self.error: dict[str, Any] = {"message": message, "type": kind}
        if code:
            self.error |= {
                "code": code,
                "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            }
        if param:
            self.error["param"] = param

    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, *, code: str = "", param: str = "") -> ApiError:
    """The request itself is wrong: nothing was begun, so nothing is saved under the key."""
    return ApiError(400, message, code=code, param=param)


def refused(message: str, *, code: str = "", param: str = "") -> ApiError:
    """The request is well formed, the state forbids it: Stripe replays this answer to the same key."""
    return ApiError(400, message, code=code, param=param, kept=True)


def missing(kind: str, object_id: str, param: str) -> ApiError:
    return ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param=param, kept=True)
