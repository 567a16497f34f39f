"""A Dockerfile, read: stages, their instructions, and what `.dockerignore` keeps from them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Instruction(NamedTuple):
    """One instruction, its continued lines joined."""

    line: int
    """Where it begins, from 1."""

    word: str
    """In capitals."""

    text: str

    @property
    def flags(self) -> dict[str, str]:
        """What stands before the arguments: `--from=build` is {"from": "build"}."""
        found = re.match(r"(?:--\S+\s+)*", self.text)
        words = found[0].split() if found else []
        return {name: value for name, _, value in (word.removeprefix("--").partition("=") for word in words)}

    @property
    def arguments(self) -> str:
        """The text without the flags."""
        return re.sub(r"^(?:--\S+\s+)*", "", self.text)

    @property
    def words(self) -> list[str] | None:
        """The arguments of the form `["a", "b"]`; None for the form that a shell reads."""
        try:
            words = json.loads(self.arguments)
        except ValueError:
            return None
        return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


@dataclass(frozen=True)
class Stage:
    """What stands between one FROM and the next."""

    name: str
    base: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)

    def last(self, word: str) -> Instruction | None:
        """Return the instruction of this word that holds, the last one."""
        found = [each for each in self.instructions if each.word == word]
        return found[-1] if found else None


@dataclass(frozen=True)
class Dockerfile:
    """The stages of a file, in order."""

    path: Path
    stages: list[Stage]

    @classmethod
    def read(cls, path: Path) -> "Dockerfile":
        """Read a file; arguments before the first FROM are filled into the bases."""
        arguments: dict[str, str] = {}
        stages: list[Stage] = []
        for each in instructions(path.read_text(encoding="utf-8")):
            if each.word == "FROM":
                base, *rest = each.arguments.split()
                name = rest[1] if len(rest) > 1 and rest[0].lower() == "as" else f"stage {len(stages)}"
                stages.append(Stage(name, filled(base, arguments), each.line))
            elif stages:
                stages[-1].instructions.append(each)
            elif each.word == "ARG":
                name, _, value = each.text.partition("=")
                arguments[name] = value
        return cls(path, stages)

    def lineage(self) -> list[Stage]:
        """Return the last stage and those that it is built from, the nearest first."""
        named = {stage.name: stage for stage in self.stages}
        found = self.stages[-1:]
        while found and found[-1].base in named and named[found[-1].base] not in found:
            found.append(named[found[-1].base])
        return found

    def final(self, word: str) -> Instruction | None:
        """Return the instruction that holds for the image, inherited ones included."""
        return next((found for stage in self.lineage() if (found := stage.last(word))), None)


def instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a file; comments go, also those within a continued line."""
    parts: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        start = start if parts else number
        parts.append(line.strip().removesuffix("\\").strip())
        if not line.rstrip().endswith("\\"):
            word, _, rest = " ".join(parts).partition(" ")
            yield Instruction(start, word.upper(), rest.strip())
            parts = []


def filled(text: str, arguments: dict[str, str]) -> str:
    """Put the defaults of arguments in place of `$NAME` and `${NAME}`."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: arguments.get(found[1], ""), text)


def read_ignored(root: Path) -> list[tuple[re.Pattern[str], bool]]:
    """Return the patterns of `.dockerignore`, each with whether it takes back what an earlier one ignored."""
    path = root / ".dockerignore"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    wanted = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(pattern_of(line.removeprefix("!").strip("/")), line.startswith("!")) for line in wanted]


def pattern_of(glob: str) -> re.Pattern[str]:
    """Translate a pattern as the engines read it: `*` stays within a folder, `**` does not, and all is anchored."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts))


def is_ignored(path: str, patterns: list[tuple[re.Pattern[str], bool]]) -> bool:
    """Return whether a path, relative and with `/`, stays out of the build: the last pattern decides."""
    parts = path.split("/")
    prefixes = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    decided = [is_back for pattern, is_back in patterns if any(pattern.fullmatch(prefix) for prefix in prefixes)]
    return bool(decided) and not decided[-1]
