"""Pages that agree with the code: what exists is documented, what is documented exists."""

import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

from winnow.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
COMMANDS = {
    name: list(getattr(command, "commands", {})) for name, command in typer.main.get_command(app).commands.items()
}


FENCED = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def code_in(page: Path) -> str:
    """Return the code of a page: fenced blocks and inline code."""
    text = page.read_text(encoding="utf-8")
    return "\n".join([*FENCED.findall(text), *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))])


def test_the_generated_pages_are_up_to_date(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_page_is_named_and_then_written(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/params.md" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_every_command_and_every_option_says_what_it_does(generate: ModuleType) -> None:
    page = generate.cli_page()
    missing = [name for name, children in COMMANDS.items() if f"\n## winnow {name}\n" not in page]
    assert missing == []
    assert [line for line in page.splitlines() if line.startswith("|") and line.endswith("|  |")] == []
    assert "\n\n\n" not in page, "a command without a docstring"


def test_every_check_that_the_code_names_is_on_the_page_of_checks(generate: ModuleType) -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    named = {check for source in sources for check in re.findall(r"\b[DQ]\d{3}\b", source)}
    documented = re.findall(r"^\| ([DQ]\d{3}) \|", generate.checks_page(), re.MULTILINE)
    assert sorted(named) == sorted(documented)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files_that_exist(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_commands_on_a_page_exist(page: Path) -> None:
    for name, child in re.findall(r"(?:^|\s)winnow ([a-z]+(?:-[a-z]+)*)(?: ([a-z]+))?", code_in(page)):
        assert name in COMMANDS, f"winnow {name}"
        assert not COMMANDS[name] or not child or child in COMMANDS[name], f"winnow {name} {child}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_tasks_on_a_page_exist(page: Path, bootstrap: ModuleType) -> None:
    known = {*bootstrap.task_summaries(ROOT / "tasks.py"), *bootstrap.COMMANDS, "TASK"}
    named = re.findall(r"(?:python tasks\.py|\binv) (\w[\w-]*(?:\.\w+)*)", code_in(page))
    assert sorted(set(named) - known) == []


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog
    # Before the first release everything is unreleased.
    assert version == "0.1.0" or f"## [{version}]" in changelog


def test_the_package_says_the_version_of_its_metadata() -> None:
    from winnow import __version__

    assert __version__ == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
