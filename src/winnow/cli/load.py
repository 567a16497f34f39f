"""The command that asks a service as many users would."""

from pathlib import Path
from typing import Annotated

import typer

from winnow.cli.app import Json, app, finish_data


@app.command()
def load(  # noqa: PLR0913 - the options of a command are its arguments
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the service is: http://127.0.0.1:8000.")],
    *,
    rate: Annotated[
        float, typer.Option("--rate", help="Open loop: arrivals a second, whether the service keeps up or not.")
    ] = 0.0,
    users: Annotated[
        int, typer.Option("--users", help="Closed loop: clients who wait for an answer before they ask again.")
    ] = 0,
    duration_s: Annotated[float, typer.Option("--duration-s", help="Seconds that count.")] = 30.0,
    warm_up_s: Annotated[float, typer.Option("--warm-up-s", help="Seconds before, which do not.")] = 3.0,
    timeout_s: Annotated[float, typer.Option("--timeout-s", help="Without an answer by then: an error.")] = 10.0,
    max_open: Annotated[
        int, typer.Option("--max-open", help="With --rate: requests at the same time; more wait here.")
    ] = 256,
    pictures: Annotated[
        Path | None, typer.Option("--pictures", metavar="DIR", help="Send these. Default: generated ones.")
    ] = None,
    path: Annotated[str, typer.Option("--path", help="What is asked, with its query.")] = "/v1/predict",
    form_field: Annotated[
        str, typer.Option("--form-field", help="Send forms with the picture in this field. Default: the bare file.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="Of arrivals and generated pictures.")] = 0,
    max_p95_ms: Annotated[float | None, typer.Option("--max-p95-ms", help="Fail above.")] = None,
    max_p99_ms: Annotated[float | None, typer.Option("--max-p99-ms", help="Fail above.")] = None,
    max_error_fraction: Annotated[
        float, typer.Option("--max-error-fraction", help="Fail above; refusals (503) are no errors.")
    ] = 0.0,
    max_refused_fraction: Annotated[
        float | None, typer.Option("--max-refused-fraction", help="Fail above this part of 503.")
    ] = None,
    min_answered_per_s: Annotated[
        float | None, typer.Option("--min-answered-per-s", help="Fail below so many answers a second.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write requests.csv, summary.json and load.svg there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a service with real pictures of mixed sizes, formats and modes, at a rate or by so many users.

    Latency counts from when a request was due. Exit code 1 when a limit is broken or nothing was answered. Needs the
    extra `load` (locust); WINNOW_LOAD_TOKEN is sent as `Authorization: Bearer`.
    """
    from winnow.commands import load as verb
    from winnow.load_test.limits import Limits
    from winnow.load_test.plan import Plan

    plan = Plan(
        url=url.rstrip("/"),
        path=path,
        rate_per_s=rate,
        num_users=users,
        duration_s=duration_s,
        warm_up_s=warm_up_s,
        timeout_s=timeout_s,
        max_open=max_open,
        form_field=form_field,
        seed=seed,
    )
    limits = Limits(max_p95_ms, max_p99_ms, max_error_fraction, max_refused_fraction, min_answered_per_s)
    finish_data(verb.load(plan, limits, pictures=pictures, out=out), as_json=as_json)
