"""`POST /v1/admin/reload`: another model takes over while requests go on."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from winnow.errors import WinnowError
from winnow.logs import logger
from winnow.serving.gate import offered_key
from winnow.serving.problems import (
    BAD_BODY,
    BAD_MODEL,
    BAD_VALUE,
    CONFLICT,
    TOO_LARGE,
    UNAUTHORIZED,
    Problem,
    printable,
)
from winnow.serving.service import Service

TOKEN_HEADER = b"x-admin-token"
_MAX_BODY = 4096
_MAX_ADDRESS = 500


async def reload(service: Service, request: Request) -> Response:
    """Load the model again from where it came from, or from the address in the body, and answer with what it is."""
    require_admin(service, request)
    address = _address(await _read(request))
    if service.is_reloading:
        raise Problem(CONFLICT, "another model is being loaded")
    counter = service.telemetry.reloads
    try:
        active = await service.exchange(address)
    except WinnowError as error:
        counter.labels("refused").inc()
        logger.error("no reload: %s", error)
        raise Problem(BAD_MODEL, f"{printable(error.message)}; the former model goes on answering") from None
    counter.labels("done").inc()
    return JSONResponse(active.description)


def require_admin(service: Service, request: Request) -> None:
    """Raise Problem unless the request carries the administrator's token."""
    headers = dict(request.scope["headers"])
    offered = headers[TOKEN_HEADER].decode("latin-1") if TOKEN_HEADER in headers else offered_key(headers)
    if not service.settings.access.is_admin(offered):
        detail = "expected the token of WINNOW_ADMIN_TOKEN in X-Admin-Token"
        raise Problem(UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})


async def _read(request: Request) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MAX_BODY:
            raise Problem(TOO_LARGE, f"expected a body of at most {_MAX_BODY} bytes")
    return content


def _address(body: bytes) -> str | None:
    if not body.strip():
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(BAD_BODY, "the body is no JSON") from None
    address = content.get("model") if isinstance(content, dict) else None
    if not isinstance(address, str) or not 0 < len(address) <= _MAX_ADDRESS or not address.isprintable():
        raise Problem(BAD_VALUE, 'expected no body, or {"model": "NAME@VERSION"}')
    return address
