import csv
from pathlib import Path

from winnow.ingest.quarantine import CHECKS, COLUMNS, Refusal, write_quarantine
from winnow.project import Project


def read(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream)]


def test_a_run_replaces_what_the_last_one_wrote(project: Project) -> None:
    path = project.quarantine
    write_quarantine(path, [Refusal("a, b.png", "Q101", 'an "image"')])
    assert read(path) == [COLUMNS, ("a, b.png", "Q101", 'an "image"')]
    write_quarantine(path, [])
    assert read(path) == [COLUMNS]


def test_the_file_is_ignored_by_git_wherever_the_project_lies(project: Project) -> None:
    ignore = project.quarantine.with_name(".gitignore")
    ignore.parent.mkdir()
    ignore.write_text("/images", encoding="utf-8")
    for _ in range(2):
        write_quarantine(project.quarantine, [])
    assert ignore.read_text(encoding="utf-8") == "/images\n/quarantine.csv\n"


def test_check_ids_are_stable() -> None:
    assert list(CHECKS) == [f"Q10{number}" for number in range(1, 8)] + [f"Q20{number}" for number in range(1, 8)]
