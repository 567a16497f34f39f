"""Whether what an image starts is there, and finds all that it imports in the lock of its role."""

import ast
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata

from packaging.utils import canonicalize_name

from tooling.dockerfile import Instruction
from tooling.import_paths import PACKAGE, Import, command_modules, distributions_of, imports_of, is_foreign
from tooling.preflight import Image, Rule


def what_starts_is_there(image: Image) -> Iterator[str]:
    """ENTRYPOINT with CMD, and the health check: programs, modules and commands that exist, without a shell."""
    entry, words = image.file.final("ENTRYPOINT"), image.file.final("CMD")
    started: list[tuple[Instruction, list[str] | None]] = []
    if entry is not None:
        started.append((entry, (entry.words or []) + ((words.words if words else None) or []) if entry.words else None))
    elif words is not None:
        started.append((words, words.words))
    else:
        yield f"{image.at(image.file.stages[-1].line)}: neither ENTRYPOINT nor CMD"
    if entry is not None and words is not None and words.words is None:
        started.append((words, None))
    health = image.file.final("HEALTHCHECK")
    if health is not None and health.arguments.startswith("CMD"):
        asked = health._replace(text=health.arguments.removeprefix("CMD").strip())
        started.append((asked, asked.words))
    elif image.role.health:
        yield f"{image.at((health or image.file.stages[-1]).line)}: no HEALTHCHECK with a command"
    for each, command in started:
        if command is None:
            yield f'{image.at(each.line)}: expected ["program", "argument"]: a shell would swallow signals'
        else:
            yield from (f"{image.at(each.line)}: {problem}" for problem in problems_of(image, command))


def problems_of(image: Image, words: list[str]) -> Iterator[str]:
    """Yield what is wrong with a command of the image."""
    name, rest = words[0], words[1:]
    scripts = tomllib.loads((image.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    if name in scripts:
        module, _, function = scripts[name].partition(":")
        if image.sources.path(module) is None or not image.sources.has_name(module, function):
            yield f"`{name}` is {scripts[name]} in pyproject.toml, which does not exist"
        if rest and not rest[0].startswith("-") and command_modules(image.sources, rest[0]) is None:
            yield f"no command `{name} {rest[0]}`"
    elif name == "python" and rest[:1] == ["-c"] and len(rest) > 1:
        yield from import_problems(image, "python -c", imports_of(ast.parse(rest[1])))
    elif name == "python" and rest[:1] == ["-m"] and len(rest) > 1:
        yield from import_problems(image, "python -m", [Import(rest[1], "", 1, is_lazy=False)])
    elif not script_owners(name) & image.lock:
        yield f"no program `{name}`: neither of {PACKAGE} nor of a package in requirements/{image.role.name}.txt"


def script_owners(name: str) -> set[str]:
    """Return which installed packages bring a program."""
    found = metadata.entry_points(group="console_scripts", name=name)
    return {canonicalize_name(each.dist.name) for each in found if each.dist is not None}


def everything_imported_is_locked(image: Image) -> Iterator[str]:
    """The commands of the role import what exists and what its lock holds, and never what the role must not hold."""
    if not image.lock:
        return  # the rule of the locks says so
    for name in sorted(image.role.forbidden & image.lock):
        yield f"requirements/{image.role.name}.txt holds {name}"
    roots: dict[str, list[str]] = {}
    for command in image.role.commands:
        found = command_modules(image.sources, command)
        if found is None:
            yield f"no command `winnow {command}`, which the image `{image.role.name}` is for"
        roots[command] = found or []
    wanted = [name for names in roots.values() for name in names]
    problems = [
        problem
        for module in image.sources.closure(["winnow.cli.main", *wanted], lazily=False)
        for problem in import_problems(image, place_of(image, module), eager_imports(image, module))
    ]
    yield from dict.fromkeys(problems)
    if image.role.forbidden:
        yield from forbidden_imports(image, wanted)


def eager_imports(image: Image, module: str) -> list[Import]:
    """Return what a module imports when it is imported."""
    return [each for each in image.sources.imports(module) if not each.is_lazy]


def forbidden_imports(image: Image, roots: list[str]) -> Iterator[str]:
    """Yield the imports of what the role must not hold, those within functions included."""
    apart = image.role.apart
    for module in image.sources.closure(roots, lazily=True, apart=apart):
        for each in image.sources.imports(module):
            guilty = sorted(distributions_of(each.module) & image.role.forbidden) if is_foreign(each.module) else []
            if guilty and (module, each.module) not in apart:
                yield f"{place_of(image, module)}:{each.line} imports {guilty[0]}, which `{image.role.name}` must not"


def import_problems(image: Image, place: str, imports: Iterable[Import]) -> Iterator[str]:
    """Yield the imports that would fail in the image."""
    for each in imports:
        where = place if place.startswith("python -") else f"{place}:{each.line}"
        if is_foreign(each.module):
            if not distributions_of(each.module) & image.lock:
                yield f"{where} imports {each.module}, which requirements/{image.role.name}.txt does not hold"
        elif each.module.partition(".")[0] == PACKAGE:
            if image.sources.path(each.module) is None:
                yield f"{where}: no module {each.module}"
            elif each.name not in {"", "*"} and not image.sources.has_name(each.module, each.name):
                yield f"{where}: no name {each.name} in {each.module}"


def place_of(image: Image, module: str) -> str:
    """Return the file of a module as a finding names it."""
    path = image.sources.path(module)
    return path.relative_to(image.root).as_posix() if path else module


IMPORT_RULES: tuple[Rule, ...] = (what_starts_is_there, everything_imported_is_locked)
