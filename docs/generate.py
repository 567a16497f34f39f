"""Writes what says the same as the code: docs/params.md, docs/cli.md, docs/checks.md, and the schema of verdict.json.

`python docs/generate.py` writes them; with `--check` it only names those that are not up to date, and exits 1.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from winnow.checks.rules import CHECKS
from winnow.cli.main import app
from winnow.config import Section
from winnow.errors import ExitCode
from winnow.files import write_text
from winnow.ingest.quarantine import CHECKS as REFUSALS
from winnow.params import MODELS
from winnow.verdict.record.schema import schema_text

DOCS = Path(__file__).parent
ROOT = DOCS.parent
Schema = dict[str, Any]
NOTICE = "<!-- Written by `inv docs` from the code: edit the docstrings there. -->"


def params_page() -> str:
    """Return the parameter reference: every key of `params.yaml` with its type, range and meaning."""
    lines = [
        "# Parameters",
        NOTICE,
        "",
        "`params.yaml` is complete: it holds every key below and no other, so `dvc params diff` tells the whole truth.",
        "There are no defaults; *suggested* is what an error message proposes for a missing key. The shipped files in",
        "`recipes/` are whole params files for known problems. `schema: 1` stands on top.",
    ]
    for name, model in MODELS.items():
        schema = model.model_json_schema()
        lines += ["", f"## {name}", "", plain(model.__doc__), "", *table(params_rows(schema, schema, model, ""))]
    return "\n".join(lines) + "\n"


def params_rows(schema: Schema, root: Schema, model: type[Section], prefix: str) -> Iterator[tuple[str, ...]]:
    """Yield one row a key, nested sections included: key, type, suggested value, meaning."""
    yield from [("key", "type", "suggested", "meaning")] if not prefix else []
    for name, field in schema["properties"].items():
        key = f"{prefix}{name}"
        inner = resolve(field, root)
        if "properties" in inner:
            yield f"`{key}`", "section", "", plain(inner.get("description"))
            yield from params_rows(inner, root, model, f"{key}.")
            continue
        suggested = f"`{yaml_text(field['examples'][0])}`"
        yield f"`{key}`", type_text(field, root), suggested, plain(field["description"])
        if "properties" in (item := resolve(field.get("items", {}), root)):
            yield from params_rows(item, root, model, f"{key}[].")


def resolve(schema: Schema, root: Schema) -> Schema:
    """Follow a `$ref` of a JSON schema."""
    reference = schema.get("$ref", "")
    return root["$defs"][reference.rpartition("/")[2]] if reference else schema


def type_text(schema: Schema, root: Schema) -> str:
    """Return the type and range of a JSON schema in words."""
    schema = resolve(schema, root)
    if "anyOf" in schema:
        return " or ".join(type_text(choice, root) for choice in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{yaml_text(value)}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {type_text(schema['items'], root)}"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {yaml_text(schema[key])}" for key, sign in signs.items() if key in schema]
    names = {"integer": "whole number", "boolean": "`true`, `false`", "object": "mapping"}
    kind = str(schema.get("type", "anything"))
    return f"{names.get(kind, kind)} {', '.join(limits)}".strip()


def cli_page() -> str:
    """Return the command reference: every command with its arguments, options and exit codes."""
    lines = ["# Commands", NOTICE, "", "Data goes to stdout, messages and progress to stderr.", "", "## Exit codes", ""]
    meanings = {
        ExitCode.OK: "the command did its work",
        ExitCode.FAILED: "the command did its work and the answer is no, or a person must decide",
        ExitCode.USAGE: "wrong arguments, wrong parameters, missing or unusable input",
        ExitCode.MACHINE: "the machine refused: disk full, a package or weight file that is not there",
        ExitCode.DIVERGED: "training produced a number that is not finite",
        ExitCode.INTERRUPTED: "interrupted from the keyboard",
    }
    lines += table([("code", "meaning"), *((str(int(code)), meanings[code]) for code in ExitCode)])
    for path, command in commands(typer.main.get_command(app), "winnow"):
        lines += ["", f"## {path}", "", plain(command.help)]
        rows = [parameter_row(parameter) for parameter in command.params if parameter.name != "help"]
        if rows:
            lines += ["", *table([("argument", "default", "meaning"), *rows])]
    return "\n".join(lines) + "\n"


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every command below a click command, itself included, with its full name."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{path} {name}")


def parameter_row(parameter: Any) -> tuple[str, str, str]:
    """Return what an argument or option is called, its default and its meaning."""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name.upper()) + ("..." if parameter.nargs == -1 else "")
        spelled = f"`{name}`" if parameter.required else f"`[{name}]`"
    else:
        spelled = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
    has_default = not parameter.required and parameter.default not in (None, False, ())
    default = parameter.opts[0] if parameter.default is True else parameter.default
    return spelled, f"`{default}`" if has_default else "", plain(parameter.help)


def checks_page() -> str:
    """Return the reference of checks: what `add` refuses, and what `prepare` and `check` say about a data set."""
    lines = [
        "# Checks",
        NOTICE,
        "",
        "Ids are stable: filter by them. An *error* stops `prepare` with exit code 1 before any pixel is made; a",
        "*warning* and an *info* are reported, in `reports/data.json` too, with the ids of up to ten images.",
        "",
        "`winnow check` asks all of them at any time, the worst first, and exits 1 for an error (with `--strict` for a",
        "warning, too); `--html` writes a local page with the pictures. D302 and D303, which compare all images with",
        "all others, and D601 and D602, which need predictions, are asked by it alone. Thresholds are in `checks:`",
        "([params.md](params.md)); `checks.ignore` silences any but errors. D401 to D405 measure by the median and the",
        "median absolute deviation, of the class where that has 100 images, else of all. D4xx to D6xx never look at",
        "the vault.",
        "",
        "## Images that `add` refuses",
        "",
        "They are listed in `data/quarantine.csv`, each with its reason; the others are added. With `--strict` the",
        "exit code is then 1.",
        "",
        *table([("check", "refused"), *REFUSALS.items()]),
        "",
        "## Data sets",
        "",
    ]
    rows = [(check.id, check.severity, plain(check.__doc__), plain(check.hint)) for check in CHECKS]
    return "\n".join([*lines, *table([("check", "severity", "holds", "remedy"), *rows])]) + "\n"


def table(rows: Any) -> list[str]:
    """Return the lines of a Markdown table; the first row is its head."""
    head, *body = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body)]


def plain(text: str | None) -> str:
    """Return a docstring as one line."""
    return " ".join((text or "").split())


def yaml_text(value: Any) -> str:
    """Return a value as `params.yaml` spells it."""
    spelled = {None: "null", True: "true", False: "false"}
    return spelled[value] if value is None or isinstance(value, bool) else str(value)


PAGES = {"params.md": params_page, "cli.md": cli_page, "checks.md": checks_page}
SCHEMA = "src/winnow/verdict/record/verdict.schema.json"


def main(arguments: list[str]) -> int:
    """Write the pages and the schema, or with `--check` name those that differ; return the exit code."""
    stale = []
    written = {f"docs/{name}": (DOCS / name, page) for name, page in PAGES.items()}
    written[SCHEMA] = (ROOT / SCHEMA, schema_text)
    for name, (path, page) in written.items():
        content = page()
        if not path.is_file() or path.read_text(encoding="utf-8") != content:
            stale.append(name)
            if "--check" not in arguments:
                write_text(path, content)
    if stale:
        print(f"not up to date: {', '.join(stale)}; run `inv docs`" if "--check" in arguments else f"wrote {stale}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
