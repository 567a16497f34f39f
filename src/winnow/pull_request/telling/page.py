"""What a reviewer reads of one project: the verdict, and around it what the runs say of how it came about."""

from collections.abc import Iterator
from dataclasses import replace

from winnow.markup.blocks import Block, Line, Strong, Symbol, link, names, word
from winnow.markup.markdown import to_markdown
from winnow.markup.text import line_text
from winnow.pull_request.handed.archive import REFUSED
from winnow.pull_request.telling.data_blocks import data_blocks
from winnow.pull_request.telling.origin import last_words, origin_block
from winnow.pull_request.telling.standing import ROOT, Standing
from winnow.records import NotAvailable
from winnow.verdict.account.blocks import account
from winnow.verdict.account.outcome import SHORT_COMMIT, gates_line
from winnow.verdict.record.verdict import Verdict

REST = "the artifacts of the run have them all"
MAX_TITLE = 200
_MAX_SUMMARY_CHARS = 60_000
_MAX_WATCHED = 5
_HEADINGS = {
    "refused": ("🚫", "the handover was refused"),
    "unjudged": ("❌", "nothing could be judged"),
    "failed": ("❌", "the pipeline failed"),
    "running": ("🟡", "the pipeline is still running"),
    "waiting": ("🟡", "the pipeline waits for an approval"),
    "cancelled": ("🚫", "the pipeline was cancelled"),
    "data only": ("❔", "the data alone: nothing was trained or judged"),
    "untouched": ("⚖️", "nothing to judge"),
}


def page_of(standing: Standing) -> list[Block]:
    """Return the blocks of a project's comment; the first is enough for who reads no further."""
    result = standing.pipeline
    verdict = result.verdict if result else None
    blocks: list[Block] = []
    if standing.phase != "judged":
        blocks.append(_heading(standing))
    if verdict is not None:
        blocks += account(_as_of_commit(verdict, standing))
    first, *rest = blocks
    first = replace(first, lines=[*_warnings(standing), *first.lines])
    return [first, *_origin(standing), *rest, *data_blocks(standing.data, with_diff=not _has_data(verdict))]


def title_of(standing: Standing) -> str:
    """Return one plain line for the check."""
    result = standing.pipeline
    first = page_of(standing)[0]
    told = f": {line_text(first.digest)}" if first.digest else ""
    rest = ""
    if standing.phase == "judged" and result and result.verdict:
        rest = f", but {standing.objection}" if standing.objection else ""
        rest += f"; {line_text(gates_line(result.verdict.gates))}" if result.verdict.gates else ""
    text = f"{first.title}{told}{rest}".replace("->", "\u2192")
    return text if len(text) <= MAX_TITLE else f"{text[: MAX_TITLE - 1]}…"


def summary_of(standing: Standing) -> str:
    """Return what the check shows: the beginning of the page."""
    return to_markdown(page_of(standing)[:3], max_chars=_MAX_SUMMARY_CHARS, rest="the comment has them all")


def _has_data(verdict: Verdict | None) -> bool:
    return verdict is not None and not isinstance(verdict.data, NotAvailable)


def _as_of_commit(verdict: Verdict, standing: Standing) -> Verdict:
    """Return the verdict with the head by the name that a reviewer knows: the run judged it in a working tree."""
    side = verdict.head.model_copy(update={"name": "this pull request", "commit": standing.gathered.seen.commit})
    # What the stages made anew is told where the page says how the model came about.
    provenance = verdict.provenance.model_copy(update={"is_dirty": False})
    return verdict.model_copy(update={"head": side, "provenance": provenance})


def _warnings(standing: Standing) -> Iterator[Line]:
    """Yield what a reader must know before anything else."""
    if standing.folder != ROOT:
        yield "project ", word(standing.folder)
    if standing.gathered.seen.is_fork and (standing.data or standing.pipeline):
        warning = Strong("the numbers are the fork's own word")
        yield (
            Symbol("⚠️ "),
            warning,
            ": its code ran without secrets and wrote them; read the code before you believe it",
        )

    if standing.watched:
        changed = Strong("this pull request changes what judges it")
        yield Symbol("⚠️ "), changed, ": ", *names(standing.watched, _MAX_WATCHED), "; read that first"
    if standing.phase == "judged" and standing.objection:
        yield Symbol("❌ "), Strong(standing.objection), ", so the check does not pass", *_to_run(standing)


def _heading(standing: Standing) -> Block:
    symbol, title = _HEADINGS[standing.phase]
    lines = [*_reasons(standing), ("commit ", word(standing.gathered.seen.commit[:SHORT_COMMIT]), *_to_run(standing))]
    return Block(title, lines, symbol=symbol, code=list(_last_words(standing)), is_kept=True)


def _reasons(standing: Standing) -> Iterator[Line]:
    match standing.phase:
        case "refused":
            yield from ((refusal.removeprefix(REFUSED),) for refusal in standing.gathered.refusals)
            yield (
                "nothing of it is shown; a branch that has another version of winnow than main may have to be merged",
            )
        case "failed":
            if standing.pipeline is None:
                yield ("it handed over nothing; its log has the reason",)
        case "running":
            yield ("the verdict takes this comment's place when it ends",)
        case "waiting":
            yield ("a maintainer has to approve the run of this contributor's code",)
        case "cancelled":
            yield ("run it again to have a verdict",)
        case "untouched":
            yield ("the run says that this commit touches nothing of this project",)


def _last_words(standing: Standing) -> Iterator[str]:
    if standing.phase in ("failed", "unjudged") and standing.pipeline:
        yield from last_words(standing.pipeline.run.reason)


def _to_run(standing: Standing) -> Line:
    return (", ", link("the run", standing.run.html_url)) if standing.run else ()


def _origin(standing: Standing) -> Iterator[Block]:
    if standing.pipeline and standing.gathered.pipeline.run:
        yield origin_block(
            standing.pipeline.run, standing.gathered.pipeline.run, is_fork=standing.gathered.seen.is_fork
        )
