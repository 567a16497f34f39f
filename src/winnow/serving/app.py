"""The application: routes, what they say about themselves, and a life from loading to the last answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from winnow import __version__
from winnow.serving import openapi, telemetry
from winnow.serving.administration import reload
from winnow.serving.answered import Observer
from winnow.serving.examples import answer_example
from winnow.serving.explaining import answer_explain, start_explaining
from winnow.serving.feedback import ACCEPTED, answer_feedback
from winnow.serving.gate import Gate
from winnow.serving.messages import Alive, Description, Explained, Noted, Predictions, Ready
from winnow.serving.page import add_page
from winnow.serving.predicting import predict
from winnow.serving.problems import NOT_READY, Problem, answer, of_status, retry_later
from winnow.serving.requestlog.collector import Collector
from winnow.serving.service import Find, Service
from winnow.serving.settings import Settings

_LEAST_FLUSH_S = 1.0

Ask = Callable[[Request], Any]


def create_app(find: Find, settings: Settings | None = None, observers: tuple[Observer, ...] = ()) -> FastAPI:
    """Return the application for the model that `find` finds; `app.state.service` is what works behind it.

    The model is loaded in the application's lifespan; until then `/livez` answers and `/readyz` gives 503. `observers`
    hear of each answer after it was sent. Raises UsageError, MachineError where answers cannot be logged as asked.
    """
    settings = settings or Settings()
    service = Service(find, settings, observers)
    collector = Collector(settings.collecting, service.telemetry) if settings.collecting else None
    app = FastAPI(
        title="winnow",
        version=__version__,
        summary="Classes of images, by a registered model.",
        docs_url=None,  # FastAPI's pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=partial(_live, service, collector),
        redirect_slashes=False,
    )
    app.state.service = service
    _add_pictures(app, service)
    if collector is not None:
        _add_feedback(app, service, collector)
    _add_state(app, service)
    add_page(app)
    _add_handlers(app, service)
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign] # FastAPI's own way to extend it
    if settings.access.origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.access.origins, allow_methods=["GET", "POST"])
    # Behind CORS' own middleware there is no short cut.
    hot = {} if settings.access.origins else {"/v1/predict": partial(predict, service)}
    app.add_middleware(Gate, service=service, hot=hot)
    return app


@asynccontextmanager
async def _live(service: Service, collector: Collector | None, app: FastAPI) -> AsyncIterator[None]:
    if collector is not None:
        collector.start()
        service.observe(collector.note)
    app.state.explainer = explainer = start_explaining(service.settings.explaining)
    service.telemetry.watch("winnow_explain_queue_length", "Waiting explanations.", lambda: explainer.num_waiting)
    loading = asyncio.create_task(service.begin())
    yield
    await asyncio.wait([loading])
    await service.end()
    await asyncio.to_thread(explainer.close)
    if collector is not None:
        await asyncio.to_thread(collector.close, max(_LEAST_FLUSH_S, service.settings.drain_s))


def _add_pictures(app: FastAPI, service: Service) -> None:
    async def ask(request: Request) -> Response:
        """Name the most probable classes of one or many images."""
        return await predict(service, request)

    async def explain(request: Request) -> Response:
        """Show where in an image a class is seen. Predictions go first; this takes longer."""
        return await answer_explain(service, app.state.explainer, request)

    async def exchange(request: Request) -> Response:
        """Load the model again, or another one; requests go on meanwhile."""
        return await reload(service, request)

    add = app.add_api_route
    add(
        *("/v1/predict", ask),
        methods=["POST"],
        name="predict",
        response_model=Predictions,
        openapi_extra=openapi.PREDICT,
        responses=openapi.PREDICT_PROBLEMS,
    )
    add(
        *("/v1/explain", explain),
        methods=["POST"],
        name="explain",
        response_model=Explained,
        openapi_extra=openapi.EXPLAIN,
        responses=openapi.EXPLAIN_PROBLEMS,
    )
    add(
        *("/v1/admin/reload", exchange),
        methods=["POST"],
        name="reload",
        response_model=Description,
        openapi_extra=openapi.RELOAD,
        responses=openapi.RELOAD_PROBLEMS,
    )


def _add_feedback(app: FastAPI, service: Service, collector: Collector) -> None:
    async def feedback(request: Request) -> Response:
        """Say what an image shows, by the id of the request that asked about it."""
        return await answer_feedback(service, collector, request)

    app.add_api_route(
        *("/v1/feedback", feedback),
        methods=["POST"],
        name="feedback",
        status_code=ACCEPTED,
        response_model=Noted,
        openapi_extra=openapi.FEEDBACK,
        responses=openapi.FEEDBACK_PROBLEMS,
    )


def _add_state(app: FastAPI, service: Service) -> None:
    async def model() -> Response:
        """Tell which model answers, what it knows, and where it came from."""
        return JSONResponse(service.active.description)

    async def example(request: Request) -> Response:
        """Show a picture of a class that the model was trained on, where it came with some."""
        loaded = service.active.loaded
        return answer_example(loaded.examples, loaded.runtime.identity, request)

    async def livez() -> Response:
        """Tell that the process is there."""
        return JSONResponse({"status": "alive"})

    async def readyz() -> Response:
        """Tell whether requests are welcome."""
        if service.state != "ready":
            raise retry_later(NOT_READY, f"the service is {service.state}", 1)
        return JSONResponse({"status": "ready", "model": service.active.loaded.name})

    async def metrics() -> Response:
        """Tell Prometheus what happened."""
        return Response(service.telemetry.text(), media_type=telemetry.CONTENT_TYPE)

    app.add_api_route("/v1/model", model, response_model=Description, responses=openapi.MODEL_PROBLEMS)
    app.add_api_route(
        *("/v1/examples/{class_index}/{number}", example),
        name="example",
        response_class=Response,
        openapi_extra=openapi.EXAMPLE,
        responses=openapi.EXAMPLE_ANSWERS,
    )
    app.add_api_route("/livez", livez, response_model=Alive)
    app.add_api_route("/readyz", readyz, response_model=Ready, responses=openapi.READY_PROBLEMS)
    app.add_api_route("/metrics", metrics, include_in_schema=False)


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


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        app.openapi_schema = openapi.complete(made)
    return app.openapi_schema
