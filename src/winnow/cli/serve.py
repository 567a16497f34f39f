"""The commands around a service: one that serves, one that takes in what people said about its answers."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import app, finish


@app.command()
def serve(  # noqa: PLR0913 - the options of a command are its arguments
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A folder that pull-model wrote, an .onnx file, NAME@VERSION or NAME#STAGE. Default: models/onnx.",
        ),
    ] = None,
    *,
    host: Annotated[
        str, typer.Option("--host", envvar="WINNOW_HOST", help="Where to listen; 0.0.0.0: every address.")
    ] = "127.0.0.1",
    # Not WINNOW_PORT: Kubernetes sets that to an address wherever a service is called winnow.
    port: Annotated[int, typer.Option("--port", envvar="WINNOW_HTTP_PORT", help="0: any that is free.")] = 8000,
    expect: Annotated[
        str | None,
        typer.Option(
            "--expect", metavar="NAME@VERSION", envvar="WINNOW_MODEL", help="Serve this one, or nothing at all."
        ),
    ] = None,
    stage: Annotated[
        str, typer.Option("--stage", envvar="WINNOW_STAGE", help="What /v1/model says about where this runs.")
    ] = "",
    workers: Annotated[
        int, typer.Option("--workers", envvar="WINNOW_WORKERS", help="Threads that answer; 0: one a core.")
    ] = 0,
    max_batch: Annotated[
        int, typer.Option("--max-batch", envvar="WINNOW_MAX_BATCH", help="Images at once; 0: found out at the start.")
    ] = 0,
    wait_ms: Annotated[
        float,
        typer.Option("--wait-ms", envvar="WINNOW_WAIT_MS", help="How long an image waits for a fuller batch."),
    ] = 0.0,
    max_queue: Annotated[
        int, typer.Option("--max-queue", envvar="WINNOW_MAX_QUEUE", help="Images that may wait in a burst.")
    ] = 256,
    patience_ms: Annotated[
        float,
        typer.Option(
            "--patience-ms",
            envvar="WINNOW_PATIENCE_MS",
            help="How long images may wait in an overload; 0: as two images take, at least 30.",
        ),
    ] = 0.0,
    max_body_mb: Annotated[
        int, typer.Option("--max-body-mb", envvar="WINNOW_MAX_BODY_MB", help="Megabytes of one request.")
    ] = 20,
    max_memory_mb: Annotated[
        int,
        typer.Option("--max-memory-mb", envvar="WINNOW_MAX_MEMORY_MB", help="Megabytes of all requests together."),
    ] = 100,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", envvar="WINNOW_MAX_PIXELS", help="Pixels of one image.")
    ] = 25_000_000,
    max_images: Annotated[
        int, typer.Option("--max-images", envvar="WINNOW_MAX_IMAGES", help="Images in one request.")
    ] = 32,
    timeout_s: Annotated[
        float, typer.Option("--timeout-s", envvar="WINNOW_TIMEOUT_S", help="Seconds for a body, and for an answer.")
    ] = 10.0,
    rate_per_s: Annotated[
        float,
        typer.Option(
            "--rate-per-s", envvar="WINNOW_RATE_PER_S", help="Requests of one client; 0: as many as it likes."
        ),
    ] = 0.0,
    drain_s: Annotated[
        float,
        typer.Option("--drain-s", envvar="WINNOW_DRAIN_S", help="Seconds in which clients may leave after SIGTERM."),
    ] = 2.0,
    cors_origin: Annotated[
        list[str] | None, typer.Option("--cors-origin", help="A page elsewhere that browsers may let ask; repeatable.")
    ] = None,
    log_to: Annotated[
        str | None,
        typer.Option(
            "--log-to",
            metavar="FOLDER|URL",
            envvar="WINNOW_LOG_TO",
            help="Where answers and feedback are logged. Default: nowhere.",
        ),
    ] = None,
    log_buffer: Annotated[
        Path | None,
        typer.Option(
            "--log-buffer",
            metavar="FOLDER",
            envvar="WINNOW_LOG_BUFFER",
            help="Where the log waits for its target. Default: among temporary files.",
        ),
    ] = None,
    log_buffer_mb: Annotated[
        int, typer.Option("--log-buffer-mb", envvar="WINNOW_LOG_BUFFER_MB", help="Megabytes that may wait there.")
    ] = 32,
    log_segment_mb: Annotated[
        int, typer.Option("--log-segment-mb", envvar="WINNOW_LOG_SEGMENT_MB", help="Megabytes of the log at once.")
    ] = 4,
    log_segment_s: Annotated[
        float,
        typer.Option(
            "--log-segment-s", envvar="WINNOW_LOG_SEGMENT_S", help="Seconds after which less is uploaded, too."
        ),
    ] = 60.0,
    log_images: Annotated[
        bool,
        typer.Option(
            "--log-images",
            envvar="WINNOW_LOG_IMAGES",
            help="Log the images, too; only where project.disclose is pictures.",
        ),
    ] = False,
    retain_days: Annotated[
        int,
        typer.Option("--retain-days", envvar="WINNOW_RETAIN_DAYS", help="Days after which logged images are deleted."),
    ] = 30,
    feedback_any_label: Annotated[
        bool,
        typer.Option(
            "--feedback-any-label",
            envvar="WINNOW_FEEDBACK_ANY_LABEL",
            help="Feedback may name classes that the model does not know.",
        ),
    ] = False,
) -> None:
    """Answer pictures over HTTP by the exported model.

    Secrets come from the environment: WINNOW_API_KEYS, separated by commas, and WINNOW_ADMIN_TOKEN for reloads.
    """
    from winnow.commands import serve as verb

    asked = verb.Asked(
        expect=expect,
        stage=stage,
        workers=workers,
        max_batch=max_batch,
        wait_ms=wait_ms,
        max_queue=max_queue,
        patience_ms=patience_ms,
        max_body_mb=max_body_mb,
        max_memory_mb=max_memory_mb,
        max_pixels=max_pixels,
        max_images=max_images,
        timeout_s=timeout_s,
        rate_per_s=rate_per_s,
        drain_s=drain_s,
        origins=tuple(cors_origin or ()),
        log_to=log_to,
        log_buffer=log_buffer,
        log_buffer_mb=log_buffer_mb,
        log_segment_mb=log_segment_mb,
        log_segment_s=log_segment_s,
        log_images=log_images,
        retain_days=retain_days,
        feedback_any_label=feedback_any_label,
    )
    verb.serve(model, host=host, port=port, asked=asked)


@app.command()
def feedback(
    log: Annotated[str, typer.Argument(help="Where a service logs: what its --log-to says.")],
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="A new folder for images and their list.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Only requests from that day (UTC) on.")
    ] = None,
) -> None:
    """Turn feedback on a service's answers into candidates for `winnow add`: images that were logged, and a list."""
    from winnow.commands import feedback as verb

    finish(verb.feedback(log, folder=to, since=since))
