"""The verdict on a terminal: what the comment shows unfolded, and nothing else."""

from dataclasses import replace

from winnow.markup.text import to_text
from winnow.verdict.account.blocks import REST, account
from winnow.verdict.record.verdict import Verdict


def to_lines(verdict: Verdict) -> list[str]:
    """Return the lines to print."""
    shown = [replace(block, inner=[]) for block in account(verdict) if not block.is_folded]
    return to_text(shown, rest=REST)
