"""Runs a benchmark and puts its table between its markers in docs: `inv bench NAME`, or `inv bench list`.

Markers stand on any page; a benchmark without any gets a section in docs/benchmarks.md.

A benchmark is a script in this folder. It prints its Markdown to stdout and progress to stderr, compares things within
one run (ratios travel between machines, seconds do not), and its docstring says what it measures and what is expected.
"""

import ast
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from winnow.files import write_text

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"


def benchmarks() -> dict[str, Path]:
    """Return the scripts of this folder by name; files with a leading underscore are shared by them."""
    scripts = (path for path in sorted(HERE.glob("[!_]*.py")) if path != Path(__file__))
    return {path.stem: path for path in scripts}


def summary(path: Path) -> str:
    """Return the first line of a script's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def machine() -> str:
    """Return the day and the kind of machine, for a line above the table."""
    day = datetime.now(tz=UTC).date().isoformat()
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{day}, {system}, Python {platform.python_version()}"


def with_section(page: str, name: str, content: str) -> str:
    """Return the page with the text between the markers of `name` replaced; a new section goes to the end."""
    start, end = f"<!-- bench:{name} -->\n", f"<!-- /bench:{name} -->\n"
    section = f"{start}{content.strip()}\n{end}"
    if start not in page:
        return f"{page.rstrip()}\n\n## {name}\n\n{section}"
    before, _, rest = page.partition(start)
    return before + section + rest.partition(end)[2]


def page_of(name: str) -> Path:
    """Return the page that holds the markers of `name`."""
    start = f"<!-- bench:{name} -->\n"
    pages = sorted(PAGE.parent.glob("*.md"))
    return next((page for page in pages if start in page.read_text(encoding="utf-8")), PAGE)


def main(arguments: list[str]) -> int:
    """Run the named benchmarks; return the exit code."""
    known = benchmarks()
    if arguments in ([], ["list"]):
        print("\n".join(f"{name:16} {summary(path)}" for name, path in known.items()))
        return 0
    if unknown := [name for name in arguments if name not in known]:
        print(f"error: no benchmark {', '.join(unknown)}\nhint: known: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in arguments:
        run = subprocess.run([sys.executable, known[name]], stdout=subprocess.PIPE, check=False, encoding="utf-8")
        print(run.stdout)
        if run.returncode:
            return run.returncode
        content = f"{summary(known[name])}\n\n*{machine()}*\n\n{run.stdout}"
        page = page_of(name)
        write_text(page, with_section(page.read_text(encoding="utf-8"), name, content))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
