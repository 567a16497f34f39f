"""The application: routes, what they say about themselves, and a life from loading to the last answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from winnow import __version__
from winnow.serving import telemetry
from winnow.serving.answered import Observer
from winnow.serving.gate import Gate
from winnow.serving.predicting import predict
from winnow.serving.problems import NOT_READY, Problem, answer, of_status, retry_later
from winnow.serving.service import Find, Service
from winnow.serving.settings import Settings


def create_app(find: Find, settings: Settings | None = None, observers: tuple[Observer, ...] = ()) -> FastAPI:
    """Return the application for the model that `find` finds; `app.state.service` is what works behind it.

    The model is loaded in the application's lifespan; until then `/livez` answers and `/readyz` gives 503.
    """
    service = Service(find, settings or Settings(), observers)
    app = FastAPI(
        title="winnow",
        version=__version__,
        summary="Classes of images, by a registered model.",
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        lifespan=partial(_live, service),
    )
    app.state.service = service
    _add_routes(app, service)
    _add_handlers(app, service)
    if settings and settings.access.origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.access.origins, allow_methods=["GET", "POST"])
    app.add_middleware(Gate, service=service)
    return app


@asynccontextmanager
async def _live(service: Service, _: FastAPI) -> AsyncIterator[None]:
    loading = asyncio.create_task(service.begin())
    yield
    await asyncio.wait([loading])
    await service.end()


def _add_routes(app: FastAPI, service: Service) -> None:
    async def ask(request: Request) -> Response:
        return await predict(service, request)

    async def model() -> dict[str, object]:
        return service.active.description

    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    async def readyz() -> dict[str, str]:
        if service.state != "ready":
            raise retry_later(NOT_READY, f"the service is {service.state}", 1)
        return {"status": "ready", "model": service.active.loaded.name}

    async def metrics() -> Response:
        return Response(service.telemetry.text(), media_type=telemetry.CONTENT_TYPE)

    app.add_api_route("/v1/predict", ask, methods=["POST"])
    app.add_api_route("/v1/model", model)
    app.add_api_route("/livez", livez)
    app.add_api_route("/readyz", readyz)
    app.add_api_route("/metrics", metrics)


def _add_handlers(app: FastAPI, service: Service) -> None:
    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem), "registered for problems"
        service.telemetry.refused.labels(error.kind.name).inc()
        return answer(error, request.scope["winnow_id"])

    async def on_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for these"
        problem = of_status(error.status_code)
        problem.headers.update(error.headers or {})
        return await on_problem(request, problem)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_refusal)
