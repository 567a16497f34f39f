from pathlib import Path

import pytest

from winnow.disclosure import Disclosure, Level, read_disclosure
from winnow.project import Project

SHIPPED = Path(__file__).parents[1] / "params.yaml"


@pytest.mark.parametrize(
    ("level", "ids", "pictures"), [("aggregate", False, False), ("ids", True, False), ("pictures", True, True)]
)
def test_each_level_allows_what_the_one_before_it_allows_and_more(level: Level, ids: bool, pictures: bool) -> None:
    disclosure = Disclosure(level)
    assert (disclosure.may_show_ids, disclosure.may_show_pictures) == (ids, pictures)


def test_the_level_is_the_projects(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("disclose: ids", "disclose: aggregate"), encoding="utf-8")
    assert read_disclosure(Project(tmp_path)) == Disclosure("aggregate")
