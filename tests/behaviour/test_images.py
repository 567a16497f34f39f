"""Images: the preflight finds what would fail after minutes, and what is built is named, tried and only then pushed."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from tiny_onnx import about, save_means

ROOT = Path(__file__).parents[2]
PARTS = ("dockerfiles", "requirements", "src")
FILES = (".dockerignore", "LICENSE", "README.md", "bootstrap.py", "params.yaml", "pyproject.toml")
SERVE, TRAIN, IGNORE = "dockerfiles/serve.dockerfile", "dockerfiles/train.dockerfile", ".dockerignore"
PREDICT, RUNTIME = "src/winnow/commands/predict.py", "src/winnow/runtime.py"
LOCKED = "--require-hashes --only-binary :all: --requirement requirements/serve.txt"
FINAL = "COPY --from=build /opt/winnow /opt/winnow\n"

needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are scripts with a #! line")


def copy_to(folder: Path) -> Path:
    """Copy what images are made of."""
    for name in PARTS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return copy_to(tmp_path / "here")


@pytest.fixture(scope="session")
def field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One copy to plant faults in, each of which is taken out again."""
    return copy_to(tmp_path_factory.mktemp("images") / "here")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, "the fault is planted nowhere"
    path.write_text(text.replace(old, new), encoding="utf-8")


def rules_of(tooling: SimpleNamespace) -> dict[str, object]:
    return {rule.__name__: rule for rule in (*tooling.preflight.TEXT_RULES, *tooling.entry_points.IMPORT_RULES)}


@pytest.mark.slow
@pytest.mark.parametrize("role", ["serve", "prepare", "train"])
def test_nothing_is_wrong_with_our_images(
    role: str, tooling: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    tooling.images.check_images(role)
    assert f"{role}: nothing found" in capsys.readouterr().out


# The rule, the file, what is written instead of which expression, and a part of what it says.
FAULTS = [
    ("every_base_is_pinned", SERVE, r"@sha256:\w+", "", "python:3.13-slim-bookworm` is not pinned"),
    ("every_base_is_pinned", SERVE, r"3.13-slim-bookworm@sha256:\w+", "latest", "python:latest` is not pinned"),
    ("every_base_is_pinned", SERVE, "FROM base\n", "FROM basis\n", "the base `basis` is not pinned"),
    ("everything_copied_is_there", SERVE, "COPY src src", "COPY source src", "`source` does not exist"),
    ("everything_copied_is_there", SERVE, "COPY params.yaml", "COPY parms.yaml", "`parms.yaml` does not exist"),
    ("everything_copied_is_there", IGNORE, "!src\n", "", "`src` is ignored by .dockerignore"),
    ("everything_copied_is_there", IGNORE, "!params.yaml", "!params.yml", "`params.yaml` is ignored"),
    ("everything_copied_is_there", SERVE, "from=build", "from=biuld", "no stage `biuld`"),
    ("everything_copied_is_there", SERVE, "COPY src src", "ADD https://example.org/x.tar src", "is fetched unseen"),
    (
        "every_lock_is_the_roles_own_and_by_hash",
        SERVE,
        "t requirements/serve",
        "t requirements/sevre",
        "does not exist",
    ),
    ("every_lock_is_the_roles_own_and_by_hash", SERVE, "requirements/serve", "requirements/train", "of another role"),
    (
        "every_lock_is_the_roles_own_and_by_hash",
        SERVE,
        " requirements/serve.txt requirements/\n",
        " ./\n",
        "not copied",
    ),
    ("every_lock_is_the_roles_own_and_by_hash", SERVE, LOCKED, LOCKED[17:], "installed without --require-hashes"),
    ("every_lock_is_the_roles_own_and_by_hash", SERVE, LOCKED, "fastapi", "installs what no lock holds"),
    ("nobody_is_root", SERVE, "USER 10001:10001\n", "", "runs as root"),
    ("nobody_is_root", SERVE, "USER 10001:10001", "USER root", "is root"),
    ("nobody_is_root", SERVE, "USER 10001:10001", "USER 0:0", "is root"),
    ("nobody_is_root", SERVE, "USER 10001:10001", "USER winnow", "a name, which a cluster cannot judge"),
    ("nobody_is_root", SERVE, "ENTRYPOINT", "USER 0\nENTRYPOINT", "is root"),
    ("nothing_is_written_that_an_engine_cannot_read", SERVE, "COPY src src", "COPY --link src src", "--link"),
    ("nothing_is_written_that_an_engine_cannot_read", SERVE, "RUN python -m venv", "RUN <<EOF venv", "a heredoc"),
    ("a_service_has_no_compiler", SERVE, FINAL, f"{FINAL}RUN apt-get install -y gcc\n", "installs gcc in the image"),
    ("nothing_private_is_sent", IGNORE, r"^\*$", "", "lets data/images/part-0.arrow in"),
    ("nothing_private_is_sent", IGNORE, "!src", "!src\n!data", "lets data/labels.csv in"),
    ("nothing_private_is_sent", IGNORE, "!src", "!src\n!.dvc", "lets .dvc/config.local in"),
    ("nothing_private_is_sent", IGNORE, r"\*\*/\*\.key\n", "", "lets src/winnow/id.key in"),
    ("what_starts_is_there", SERVE, '"serve", "/models"', '"serv"', "no command `winnow serv`"),
    ("what_starts_is_there", SERVE, r'\["winnow"\]', '["winow"]', "no program `winow`"),
    ("what_starts_is_there", SERVE, r'\["winnow"\]', "winnow", "a shell would swallow signals"),
    ("what_starts_is_there", SERVE, 'CMD ."serve", "/models".', "CMD serve", "a shell would swallow signals"),
    ("what_starts_is_there", SERVE, r'\["winnow"\]', '["dvc"]', "no program `dvc`"),
    ("what_starts_is_there", SERVE, "import os", "import winnow.rumtime", "no module winnow.rumtime"),
    ("what_starts_is_there", SERVE, "import os", "import torch", "python -c imports torch"),
    ("what_starts_is_there", SERVE, r"HEALTHCHECK[^\]]+\]", "HEALTHCHECK NONE", "no HEALTHCHECK"),
    ("what_starts_is_there", SERVE, r"HEALTHCHECK[^\]]+\]\n", "", "no HEALTHCHECK"),
    ("what_starts_is_there", SERVE, r"ENTRYPOINT.*\nCMD.*\n", "", "neither ENTRYPOINT nor CMD"),
    ("what_starts_is_there", "pyproject.toml", "cli.main:main", "cli.main:start", "which does not exist"),
    ("what_starts_is_there", "pyproject.toml", "winnow.cli.main:main", "winnow.main:main", "which does not exist"),
    (
        "everything_imported_is_locked",
        RUNTIME,
        "import json\n",
        "import json\nimport torch\n",
        "runtime.py:4 imports torch",
    ),
    (
        "everything_imported_is_locked",
        RUNTIME,
        "            import onnxruntime\n",
        "            import torch\n",
        "imports torch",
    ),
    ("everything_imported_is_locked", PREDICT, "import numpy as np\n", "import pyarrow\n", "imports pyarrow, which"),
    ("everything_imported_is_locked", PREDICT, "winnow.locks import", "winnow.lokcs import", "no module winnow.lokcs"),
    ("everything_imported_is_locked", PREDICT, "import locked", "import lokced", "no name lokced in winnow.locks"),
    ("everything_imported_is_locked", "requirements/serve.txt", "pillow==", "willow==", "imports PIL"),
    ("everything_imported_is_locked", "requirements/serve.txt", "numpy==", "torch==", "serve.txt holds torch"),
    ("everything_imported_is_locked", "src/winnow/cli/model.py", "def predict", "def foretell", "no command `winnow p"),
]


@pytest.mark.parametrize(("rule", "name", "old", "new", "said"), FAULTS, ids=lambda value: repr(value)[:40])
def test_a_planted_fault_is_found_by_its_rule(
    rule: str, name: str, old: str, new: str, said: str, tooling: SimpleNamespace, field: Path
) -> None:
    serve, rules = tooling.image_roles.ROLES["serve"], rules_of(tooling)
    text = (field / name).read_text(encoding="utf-8")
    faulty, times = re.subn(old, lambda _: new, text, flags=re.MULTILINE)
    assert times, "the fault is planted nowhere"
    try:
        (field / name).write_text(faulty, encoding="utf-8")
        assert said in "\n".join(tooling.preflight.find_faults(field, serve, (rules[rule],)))
    finally:
        (field / name).write_text(text, encoding="utf-8")


def test_every_rule_has_a_planted_fault(tooling: SimpleNamespace) -> None:
    assert {rule for rule, *_ in FAULTS} | {"hadolint_finds_nothing"} == set(rules_of(tooling))


def test_the_linter_finds_a_planted_fault(tooling: SimpleNamespace, place: Path) -> None:
    if shutil.which(tooling.running.program("hadolint")) is None:
        pytest.skip("hadolint is not in this environment")
    edit(place / SERVE, "WORKDIR /build", "WORKDIR build")
    serve, rules = tooling.image_roles.ROLES["serve"], rules_of(tooling)
    (said,) = tooling.preflight.find_faults(place, serve, (rules["hadolint_finds_nothing"],))
    assert re.match(r"dockerfiles/serve\.dockerfile:\d+ DL3000 ", said)


def test_what_git_does_not_track_is_found(tooling: SimpleNamespace, place: Path) -> None:
    serve, rules = tooling.image_roles.ROLES["serve"], (rules_of(tooling)["everything_copied_is_there"],)
    subprocess.run(["git", "init", "--quiet"], cwd=place, check=True)
    assert tooling.preflight.find_faults(place, serve, rules) == []
    (place / ".gitignore").write_text("/params.yaml\n")
    (said,) = tooling.preflight.find_faults(place, serve, rules)
    assert "`params.yaml` is not tracked by Git" in said


def test_a_missing_dockerfile_is_one_fault(tooling: SimpleNamespace, place: Path) -> None:
    (place / SERVE).unlink()
    serve = tooling.image_roles.ROLES["serve"]
    assert tooling.preflight.find_faults(place, serve, tooling.preflight.TEXT_RULES) == [
        f"expected {SERVE}, found nothing"
    ]


def test_all_faults_are_said_at_once_and_nothing_is_built(
    tooling: SimpleNamespace, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(place / SERVE, "USER 10001:10001\n", "")
    edit(place / SERVE, "COPY src src", "COPY source src")
    monkeypatch.setattr(tooling.images, "the_engine", lambda name: pytest.fail("an engine was looked for"))
    with pytest.raises(
        tooling.running.Exit, match=r"(?s)`source` does not exist.*runs as root.*nothing was built"
    ) as end:
        tooling.images.make_images("serve", "", [], "locked", "", is_pushed=False, root=place)
    assert end.value.code == 1


@pytest.mark.parametrize(
    ("pattern", "ignored", "kept"),
    [
        ("*\n!src", "data/x.png", "src/winnow/data/x.py"),
        ("/data", "data/x.png", "src/data/x.py"),
        ("**/*.pem", "a/b/id.pem", "a/b/id.pen"),
        ("**/*.pem", "id.pem", "id.pem.txt"),
        ("data/*\n!data/labels.csv", "data/images/x", "data/labels.csv"),
        ("# data\n\nmodels/", "models/x", "data/x"),
    ],
)
def test_patterns_are_read_as_engines_read_them(
    pattern: str, ignored: str, kept: str, tooling: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / ".dockerignore").write_text(pattern, encoding="utf-8")
    patterns = tooling.dockerfile.read_ignored(tmp_path)
    assert tooling.dockerfile.is_ignored(ignored, patterns)
    assert not tooling.dockerfile.is_ignored(kept, patterns)


def test_a_base_given_by_an_argument_is_judged_by_its_default(tooling: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("ARG BASE=python:3.13\nFROM ${BASE} AS one\nRUN a \\\n # why\n  && b\nFROM one\n", encoding="utf-8")
    file = tooling.dockerfile.Dockerfile.read(path)
    assert [(stage.name, stage.base) for stage in file.stages] == [("one", "python:3.13"), ("stage 1", "one")]
    assert file.final("RUN") == tooling.dockerfile.Instruction(3, "RUN", "a && b")


def build_of(tooling: SimpleNamespace, engine: str, **more: object) -> SimpleNamespace:
    role = tooling.image_roles.ROLES[str(more.pop("role", "serve"))]
    return tooling.images.Build(role, engine, ("abc", "data-1"), {"winnow.data": "1"}, **more)


def test_what_stays_here_is_loaded_and_what_is_pushed_carries_its_bill_of_materials(tooling: SimpleNamespace) -> None:
    (here,) = build_of(tooling, "docker").commands()
    assert here[:3] == ("docker", "buildx", "build")
    assert here[-1] == "."
    assert {"--load", "winnow/serve:abc", "winnow/serve:data-1", "winnow.data=1"} <= set(here)
    assert not [word for word in here if "cache" in word or "push" in word]
    (there,) = build_of(tooling, "docker", place="ghcr.io/a/b", is_pushed=True).commands()
    cache = "type=registry,ref=ghcr.io/a/b/serve:cache"
    wanted = {"--push", "--sbom=true", "--provenance=mode=max", f"--cache-from={cache}", f"--cache-to={cache},mode=max"}
    assert wanted <= set(there)
    assert "--load" not in there
    (read,) = build_of(tooling, "docker", place="ghcr.io/a/b").commands()
    assert f"--cache-from={cache}" in read
    assert not [word for word in read if word.startswith(("--cache-to", "--push"))]


@pytest.mark.parametrize("engine", ["podman", "buildah"])
def test_engines_without_buildx_keep_the_health_check_and_push_in_a_step_of_its_own(
    engine: str, tooling: SimpleNamespace
) -> None:
    build, *pushes = build_of(tooling, engine, place="ghcr.io/a/b", is_pushed=True).commands()
    assert build[build.index("--format") + 1] == "docker"
    assert pushes == [(engine, "push", f"ghcr.io/a/b/serve:{tag}") for tag in ("abc", "data-1")]


def test_another_build_of_torch_has_another_name_and_cache(tooling: SimpleNamespace) -> None:
    (command,) = build_of(tooling, "docker", role="train", torch="cpu", place="ghcr.io/a/b").commands()
    assert {"TORCH=cpu", "ghcr.io/a/b/train:abc-cpu"} <= set(command)
    assert "--cache-from=type=registry,ref=ghcr.io/a/b/train:cache-cpu" in command


# Notes how it is called, and fails where a word of the file `fail` is in the call.
STAND_IN = """#!/bin/sh
echo "$0 $*" | head -n 1 >> '{folder}/calls'
case "$1" in from) echo a-container ;; esac
read -r words < '{folder}/fail'
for word in $words; do case "$*" in *"$word"*) exit 4 ;; esac; done
"""


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for docker and buildah in front of every other program."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "fail").write_text("\n")
    for name in ("docker", "buildah"):
        (folder / name).write_text(STAND_IN.format(folder=folder))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("WINNOW_IMAGES", raising=False)
    return folder


@pytest.fixture
def commit(place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The checkout with labels and a commit."""
    for name in ("labels.csv", "images.dvc"):
        (place / "data").mkdir(exist_ok=True)
        shutil.copy(ROOT / "data" / name, place / "data")
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "-m", "All")):
        subprocess.run(["git", *words], cwd=place, check=True)
    run = subprocess.run(["git", "rev-parse", "HEAD"], cwd=place, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def calls_in(engines: Path) -> list[str]:
    path = engines / "calls"
    return [line.removeprefix(f"{engines}{os.sep}") for line in path.read_text().splitlines()] if path.exists() else []


@needs_scripts
@pytest.mark.slow
def test_an_image_is_named_by_commit_and_data_and_then_tried(
    tooling: SimpleNamespace, place: Path, commit: str, engines: Path
) -> None:
    from winnow.project import Project
    from winnow.registry.evidence import hash_data

    tooling.images.make_images(
        "serve", "docker", ["classifier@v1.0.0"], "locked", "--quiet", is_pushed=False, root=place
    )
    build, *tried = calls_in(engines)
    data = hash_data(Project(place), "HEAD")
    assert re.findall(r"--tag (\S+)", build) == [
        f"winnow/serve:{tag}" for tag in (commit, f"data-{data[:16]}", "classifier-v1.0.0")
    ]
    assert {f"org.opencontainers.image.revision={commit}", f"winnow.data={data}", "--quiet"} <= set(build.split())
    assert len(tried) == 3
    assert all("--read-only --network none --cap-drop ALL" in call for call in tried)
    edit(place / "params.yaml", "batch_size: 256", "batch_size: 255")
    tooling.images.make_images("serve", "buildah", [], "locked", "", is_pushed=False, root=place)
    assert f"--tag winnow/serve:{commit}-changed" in next(call for call in calls_in(engines) if "bud" in call)
    assert calls_in(engines)[-1] == "buildah rm a-container"


@needs_scripts
@pytest.mark.slow
def test_what_does_not_run_ends_the_task_and_what_was_changed_is_not_pushed(
    tooling: SimpleNamespace, place: Path, commit: str, engines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (engines / "fail").write_text("--read-only\n")
    with pytest.raises(tooling.running.Exit, match="failed: docker run") as end:
        tooling.images.make_images("serve", "docker", [], "locked", "", is_pushed=False, root=place)
    assert end.value.code == 4
    monkeypatch.setenv("WINNOW_IMAGES", "ghcr.io/Owner/Name")
    (engines / "calls").unlink()
    tooling.images.make_images("serve", "docker", [], "locked", "", is_pushed=True, root=place)
    (pushed,) = calls_in(engines)
    assert f"--tag ghcr.io/owner/name/serve:{commit}" in pushed
    edit(place / "params.yaml", "batch_size: 256", "batch_size: 255")
    with pytest.raises(tooling.running.Exit, match="changes that no commit holds"):
        tooling.images.make_images("serve", "docker", [], "locked", "", is_pushed=True, root=place)
    assert len(calls_in(engines)) == 1


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        ({"role": "sevre"}, "expected --role serve|prepare|train, got `sevre`", 2),
        ({"torch": "cpu"}, "is for the image that trains", 2),
        ({"is_pushed": True}, "expected the variable WINNOW_IMAGES", 2),
        ({"engine": "kaniko"}, "expected --engine docker|podman|buildah", 2),
        ({"engine": "podman"}, "found no podman", 3),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_built(
    options: dict[str, object], said: str, code: int, tooling: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WINNOW_IMAGES", raising=False)
    monkeypatch.setattr(tooling.images, "check_images", lambda *_: None)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    wish = {"role": "serve", "engine": "", "tags": [], "torch": "locked", "rest": "", "is_pushed": False, **options}
    with pytest.raises(tooling.running.Exit) as end:
        tooling.images.make_images(**wish)
    assert said in str(end.value)
    assert end.value.code == code


@pytest.mark.parametrize("tag", ["-x", "a b", "a/b", "", "$(id)", "a" * 129])
def test_a_tag_that_a_registry_would_not_take_is_refused(tag: str, tooling: SimpleNamespace) -> None:
    with pytest.raises(tooling.running.Exit, match="expected a tag"):
        tooling.images.good_tags((tag,))


@needs_scripts
@pytest.mark.parametrize(("torch", "num_calls"), [("locked", 1), ("cpu", 2)])
def test_training_gets_its_lock_by_hash_and_torch_as_asked(torch: str, num_calls: int, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text(f"#!/bin/sh\necho \"$*\" >> '{tmp_path}/calls'\n")
    (tmp_path / "uv").chmod(0o755)
    options = ("--require-hashes", "--requirement", str(ROOT / "requirements" / "train.txt"), "--into", "there")
    variables = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "dockerfiles" / "install_train.py"), *options, "--torch", torch]
    subprocess.run(command, cwd=tmp_path, env=variables, check=True)
    first, *more = (tmp_path / "calls").read_text().splitlines()
    assert "--python there --require-hashes --requirement" in first
    assert len([first, *more]) == num_calls
    for call in more:
        assert re.search(r"--torch-backend cpu torch==[\d.]+ torchvision==[\d.]+$", call)
        rest = (tmp_path / "without-torch.txt").read_text(encoding="utf-8")
        assert not re.search(r"^(torch==|nvidia-)", rest, re.MULTILINE)
        assert "\ntimm==" in rest


def test_the_health_check_of_the_image_asks_whether_the_service_is_ready(tooling: SimpleNamespace) -> None:
    serve = tooling.image_roles.ROLES["serve"]
    assert json.dumps(serve.health) in (ROOT / SERVE).read_text(encoding="utf-8")

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = {**os.environ, "WINNOW_HTTP_PORT": str(server.server_port)}
        command = [sys.executable, "-c", serve.health]
        assert subprocess.run(command, env=variables, check=False).returncode == 0
        server.shutdown()
    assert subprocess.run(command, env=variables, stderr=subprocess.DEVNULL, check=False).returncode == 1


def test_a_trial_loads_what_answers(tooling: SimpleNamespace) -> None:
    command = [sys.executable, "-c", tooling.image_roles.ROLES["serve"].loads]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="images are Linux")
def test_the_trial_refuses_root_and_what_must_not_be_there(tooling: SimpleNamespace) -> None:
    command = [sys.executable, "-c", tooling.image_trial.PROBE, "json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == ("runs as root" if os.getuid() == 0 else "holds json")


# Makes Python behave as if nothing were installed but what the lock of serving holds.
ONLY = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from winnow.cli.main import main
sys.argv = ["winnow", "predict", "--model", {model!r}, {picture!r}]
main()
"""


@pytest.mark.slow
def test_with_the_lock_of_serving_alone_an_exported_file_is_answered_for(
    tooling: SimpleNamespace, tmp_path: Path
) -> None:
    model = save_means(tmp_path / "model.onnx", [[1, 0, 0], [0, 1, 0]], about(["red", "green"]).to_metadata())
    picture = tmp_path / "a.png"
    Image.new("RGB", (5, 7), (0, 200, 90)).save(picture)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    image = tooling.preflight.Image(ROOT, tooling.image_roles.ROLES["serve"])
    published = tooling.import_paths.packages_by_module()
    missing = {name for name, owners in published.items() if name != "winnow" and not set(owners) & image.lock}
    assert {"torch", "pyarrow", "dvc", "scipy"} <= missing
    program = ONLY.format(missing=missing, model=str(model), picture=str(picture))
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert re.search(r"a\.png\s+green 1\.000\s+red", run.stdout)


@pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed")
@pytest.mark.slow
def test_the_serving_image_is_built_and_runs(tooling: SimpleNamespace) -> None:
    """WINNOW_TEST_BUILDAH has further words for `buildah bud`: `--from localhost/base` where nothing can be pulled."""
    words = os.environ.get("WINNOW_TEST_BUILDAH", "")
    base = tooling.dockerfile.Dockerfile.read(ROOT / SERVE).stages[0].base
    if not words:
        pull = subprocess.run(["buildah", "pull", base], capture_output=True, text=True, check=False)
        if pull.returncode:
            pytest.skip(f"the base cannot be had: {pull.stderr.strip()[-200:]}")
    tooling.images.make_images("serve", "buildah", ["test"], "locked", words, is_pushed=False)
