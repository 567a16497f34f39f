"""How the model of a pull request came about: what ran, whether the commit records it, and where it is kept."""

from collections.abc import Iterator

from winnow.github.runs import Run
from winnow.markup.amounts import bytes_text, seconds_text
from winnow.markup.blocks import Block, Line, Strong, Symbol, link, names, printable, prose, word
from winnow.pull_request.record import ACCEPT_LABEL, PipelineRun, Smoke, Store

ADD_REMOTE = "dvc remote add --default storage gs://BUCKET/FOLDER"
_MAX_NAMES = 6
_MAX_WORDS = 12
_MAX_LINE = 300
_MAX_STEPS = 20
_STATES = {
    "rebuilt": ("🔁", "rebuilt"),
    "unchanged": ("✅", "unchanged"),
    "in git": ("📄", "as Git holds it, nothing ran"),
    "failed": ("❌", "a stage failed"),
}


def origin_block(told: PipelineRun, run: Run, *, is_fork: bool) -> Block:
    """Return how the model came about, and what is left for a person to do."""
    symbol, digest = _STATES[told.state]
    lines = [
        *_came_about(told),
        (link("the run", run.html_url), "" if run.conclusion == "success" else " did not end well: read its log"),
        *_lock(told, is_fork=is_fork),
        *_smoke(told.smoke),
    ]
    code = []
    if not is_fork:  # a fork's run is not told of the remote, and stores nothing
        lines += _store(told.store)
        code = [ADD_REMOTE] if told.store.remote == "none" else []
    return Block(
        "How it came about", lines, symbol=symbol, digest=(digest,), code=code, inner=list(_inner(told)), is_kept=True
    )


def last_words(text: str) -> Iterator[str]:
    """Yield the last lines of what was said before something failed, inert in a fence."""
    lines = [line for line in text.splitlines() if line.strip()]
    yield from (printable(line, _MAX_LINE) for line in lines[-_MAX_WORDS:])


def _came_about(told: PipelineRun) -> Iterator[Line]:
    match told.state:
        case "rebuilt":
            yield "these stages ran: ", *names(told.stages, _MAX_NAMES)
        case "unchanged":
            yield ("DVC found nothing to run: the outputs are those that this commit records",)
        case "in git":
            yield (prose(told.reason.partition("\n")[0] or "what this commit holds was judged"),)
        case "failed" if told.stages:
            yield "stages up to the one that failed: ", *names(told.stages, _MAX_NAMES)


def _lock(told: PipelineRun, *, is_fork: bool) -> Iterator[Line]:
    """Yield how to record what ran, where the commit does not."""
    if told.is_lock_current or told.state == "failed":
        return
    stale: Line = (Symbol("⚠️ "), word("dvc.lock"), Strong(" is not current"), ": ")
    if told.state == "rebuilt" and not is_fork:
        how = "a maintainer's label ", word(ACCEPT_LABEL), " commits what this run made; nothing is trained again"
        yield *stale, "the commit does not record what this run made; ", *how
    else:
        yield *stale, "run ", word("dvc repro --pull"), " and commit what it changes"


def _smoke(smoke: Smoke | None) -> Iterator[Line]:
    if smoke is None:
        return
    if smoke.passed:
        yield Symbol("✅ "), "smoke: the pipeline of this commit runs on the embedded digits"
    else:
        failed = Strong("the pipeline of this commit does not run")
        yield Symbol("❌ "), "smoke: ", failed, " on the embedded digits"


def _store(store: Store) -> Iterator[Line]:
    objects = f"{store.num_objects:,} new object{'' if store.num_objects == 1 else 's'} of DVC"
    amount = f"{objects} ({bytes_text(store.num_bytes)})"
    if store.remote == "none":
        lost = f"{amount} end with this run" if store.num_objects else "what Git does not hold ends with its run"
        yield Symbol("⚠️ "), Strong("no DVC remote"), f": {lost}, and every run trains anew; add one, and commit it"
    elif store.remote == "not readable":
        yield Symbol("⚠️ "), "this run could not read the DVC remote, so nothing was pulled"
        if store.num_objects:
            yield (f"{amount} were made",)
    elif store.num_objects:
        yield (f"{amount} were handed over: a trusted run checks their hashes and stores them",)
    else:
        yield ("the DVC remote has every object",)


def _inner(told: PipelineRun) -> Iterator[Block]:
    if told.smoke and not told.smoke.passed:
        yield Block("Last words of the smoke run", code=list(last_words(told.smoke.message)), is_folded=True)
    if told.steps:
        total = sum(step.seconds for step in told.steps)
        rows = [(word(step.name), seconds_text(step.seconds)) for step in told.steps]
        digest = (seconds_text(total),)
        yield Block("Time", [], ("step", "time"), list(rows), "lr", digest=digest, is_folded=True, max_rows=_MAX_STEPS)
