"""`inv bench`: a benchmark's table lands in docs/benchmarks.md, between its own markers."""

from pathlib import Path
from types import ModuleType

import pytest

PAGE = "# Benchmarks\n\nIntroduction.\n"
SCRIPT = '"""Speed of nothing.\n\nExpected: 1."""\n\nprint("| ratio |\\n| --- |\\n| 1.00 |")\n'


@pytest.fixture
def place(report: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one benchmark, and the page."""
    monkeypatch.setattr(report, "HERE", tmp_path)
    monkeypatch.setattr(report, "PAGE", tmp_path / "benchmarks.md")
    (tmp_path / "nothing.py").write_text(SCRIPT)
    (tmp_path / "_shared.py").write_text('"""Not a benchmark."""\n')
    (tmp_path / "benchmarks.md").write_text(PAGE)
    return tmp_path


def test_a_new_section_goes_to_the_end(report: ModuleType) -> None:
    page = report.with_section(PAGE, "loader", "table\n")
    assert page == f"{PAGE}\n## loader\n\n<!-- bench:loader -->\ntable\n<!-- /bench:loader -->\n"


def test_a_known_section_is_replaced_and_all_around_it_stays(report: ModuleType) -> None:
    page = report.with_section(report.with_section(PAGE, "loader", "old"), "memory", "other")
    page = page.replace("## loader", "## Data to model\n\nWritten by hand.")
    renewed = report.with_section(page, "loader", "new")
    assert renewed == page.replace("old", "new")


def test_a_run_puts_its_table_and_its_machine_on_the_page(report: ModuleType, place: Path) -> None:
    assert report.main(["nothing"]) == 0
    page = (place / "benchmarks.md").read_text(encoding="utf-8")
    assert "Speed of nothing." in page
    assert "| 1.00 |" in page
    assert "cores, Python" in page
    assert report.main(["nothing"]) == 0
    assert (place / "benchmarks.md").read_text(encoding="utf-8").count("| 1.00 |") == 1


def test_a_table_goes_to_the_page_that_has_its_markers(report: ModuleType, place: Path) -> None:
    page = place / "statistics.md"
    page.write_text("# Statistics\n\n<!-- bench:nothing -->\nold\n<!-- /bench:nothing -->\n\nLimits.\n")
    assert report.main(["nothing"]) == 0
    assert "| 1.00 |" in page.read_text(encoding="utf-8")
    assert page.read_text(encoding="utf-8").endswith("\nLimits.\n")
    assert (place / "benchmarks.md").read_text(encoding="utf-8") == PAGE


def test_a_run_that_fails_changes_nothing(report: ModuleType, place: Path) -> None:
    (place / "nothing.py").write_text(f"{SCRIPT}raise SystemExit(3)\n")
    assert report.main(["nothing"]) == 3
    assert (place / "benchmarks.md").read_text() == PAGE


def test_the_list_names_benchmarks_and_leaves_out_what_they_share(
    report: ModuleType, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report.main(["list"]) == 0
    assert capsys.readouterr().out.split() == ["nothing", "Speed", "of", "nothing."]


def test_an_unknown_name_is_answered_with_the_known_ones(
    report: ModuleType, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report.main(["nothin"]) == 2
    assert "known: nothing" in capsys.readouterr().err


def test_every_benchmark_says_what_it_expects(report: ModuleType) -> None:
    silent = [name for name, path in report.benchmarks().items() if "xpected" not in path.read_text(encoding="utf-8")]
    assert silent == []
