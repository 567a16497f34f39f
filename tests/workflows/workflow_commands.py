"""Which commands a workflow may run: tasks, winnow's own, programs of the environment, and .github/scripts."""

import ast
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main
from workflow_files import GITHUB, ROOT, WorkflowFile

from winnow.cli.main import app

Words = list[str]
# What a runner image has, and what the steps before put there.
ON_THE_RUNNER = {"cml", "docker", "echo", "gcloud", "gh", "git"}
# Of the bootstrap, which needs no environment.
INSTALL_OPTIONS = {"--torch"}
SHELL_PROGRAMS = ("&&", "||", ";", "|", "$(", "`", "\n")


def a_step_is_one_command_that_exists(file: WorkflowFile) -> Iterator[str]:
    for place, step in file.steps():
        line = str(step.get("run", "true")).strip()
        if any(sign in line for sign in SHELL_PROGRAMS):
            yield f"{place}: a program in YAML: `{line}`"
        elif "run" in step:
            yield from (f"{place}: {problem}" for problem in problems(shlex.split(line)))


def problems(words: Words) -> Iterator[str]:
    """Yield what is wrong with a command."""
    if words[:2] == ["python", "tasks.py"]:
        yield from task_problems(words[2:])
    elif words[0] == "python3":
        # With the image's own Python, without an environment: programs of deploy/, scripts of ours, and nothing else.
        if words[1] == "-m" and words[2].startswith("deploy.") and (ROOT / words[2].replace(".", "/")).is_dir():
            return
        if len(words) != 2 or not (ROOT / words[1]).is_file() or (ROOT / words[1]).parent != GITHUB / "scripts":
            yield f"expected `python3 .github/scripts/NAME.py`, got `{' '.join(words)}`"
    elif words[0] not in ON_THE_RUNNER:
        yield f"no program `{words[0]}` on a runner; in the environment it is `python tasks.py run {words[0]}`"


def task_problems(words: Words) -> Iterator[str]:
    name, rest = words[0], words[1:]
    if name == "run":
        yield from program_problems(rest)
        return
    known = {**tasks(), "install": INSTALL_OPTIONS}
    options = known.get(name)
    if options is None:
        yield f"no task `{name}`"
    else:
        yield from (f"the task `{name}` has no option {option}" for option in options_of(rest) - options)


def program_problems(words: Words) -> Iterator[str]:
    if words[0] == "winnow":
        yield from winnow_problems(words[1:])
    elif shutil.which(words[0], path=str(Path(sys.executable).parent)) is None:
        yield f"no program `{words[0]}` in the environment"


def winnow_problems(words: Words) -> Iterator[str]:
    """Follow the words down the command line of winnow, then look for the options."""
    command, path, rest = typer.main.get_command(app), "winnow", list(words)
    while rest and not rest[0].startswith("-") and hasattr(command, "commands"):
        path = f"{path} {rest[0]}"
        inner = command.commands.get(rest.pop(0))
        if inner is None:
            break
        command = inner
    else:
        known = {option for parameter in command.params for option in parameter.opts}
        yield from (f"`{path}` has no option {option}" for option in options_of(rest) - known)
        return
    yield f"no command `{path}`"


def options_of(words: Words) -> set[str]:
    return {word.partition("=")[0] for word in words if word.startswith("-")}


def tasks() -> dict[str, set[str]]:
    """Return the tasks of tasks.py with their options, read from the text: importing it would make it our Python's."""
    tree = ast.parse((ROOT / "tasks.py").read_text(encoding="utf-8"))
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    return {
        task_name(node): {
            f"--{argument.arg.replace('_', '-')}" for argument in [*node.args.args[1:], *node.args.kwonlyargs]
        }
        for node in defined
    }


def task_name(node: ast.FunctionDef) -> str:
    """Return the name that `@task(name=…)` gives, else that of the function."""
    decorators = [each for each in node.decorator_list if isinstance(each, ast.Call)]
    given = [keyword.value for each in decorators for keyword in each.keywords if keyword.arg == "name"]
    return str(ast.literal_eval(given[0])) if given else node.name.replace("_", "-")
