"""`winnow card`: the model card of this work tree, from what the run wrote down and what its owner says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import ExitCode
from winnow.files import write_json, write_text
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.registry.card import Card, draw_card
from winnow.registry.card_page import card_blocks
from winnow.registry.owner_part import write_template


@dataclass(frozen=True)
class CardResult:
    """The card, and where it is."""

    card: Card
    written: list[Path]

    @property
    def exit_code(self) -> ExitCode:
        """FAILED while the owner has something to fill in: such a model is not promoted."""
        return ExitCode.FAILED if self.card.gaps else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        gaps = [f"to be filled in, in card.yaml: {', '.join(self.card.gaps)}"] if self.card.gaps else []
        return [*(f"wrote {path.as_posix()}" for path in self.written), *gaps]

    def records(self) -> dict[str, Any]:
        """Return the card for `--json`."""
        return self.card.as_dict()


def card(project: Project) -> CardResult:
    """Write `reports/card.md` and `reports/card.json`, and an empty `card.yaml` where there is none.

    Raises InputError without the reports of a run.
    """
    drawn = draw_card(project)
    written = [project.card, project.card_data]
    if not project.card_source.is_file():
        write_template(project)
        written.append(project.card_source)
    write_text(project.card, to_markdown(card_blocks(drawn)))
    write_json(project.card_data, drawn.model_dump(mode="json"))
    return CardResult(drawn, [path.relative_to(project.root) for path in written])
