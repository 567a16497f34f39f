"""`winnow add` end to end: on generated folders, without DVC where DVC does not matter."""

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from repository import dvc, git
from winnow.data.labels import read_labels
from winnow.data.parts import image_id, list_parts, part_ids
from winnow.errors import ConfigError, ExitCode, InputError, MachineError, UsageError
from winnow.files import write_text
from winnow.ingest import publication
from winnow.ingest.png import encode_gray
from winnow.ingest.privacy import Withheld
from winnow.ingest.result import AddResult
from winnow.ingest.tracking import folder_md5
from winnow.pipeline import add
from winnow.project import Project
from winnow.repository.dvc import read_recorded

PARAMS = Path(__file__).parents[2] / "params.yaml"
ENVIRONMENT = {**os.environ, "DVC_NO_ANALYTICS": "1", "OMP_NUM_THREADS": "1"}


def png(number: int, side: int = 4) -> bytes:
    row = random.Random(number).randbytes(side)
    return encode_gray(row * side, width=side, height=side)


def write_folder(
    folder: Path, per_class: int, *, side: int = 4, classes: Sequence[str] = ("cat", "dog", "owl"), start: int = 0
) -> Path:
    for index, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(per_class):
            (folder / name / f"{number:04}.png").write_bytes(png(start + index * per_class + number, side))
    return folder


def lay_out(root: Path) -> Project:
    root.mkdir(parents=True)
    text = PARAMS.read_text(encoding="utf-8").replace("part_size_mb: 64", "part_size_mb: 1")
    (root / "params.yaml").write_text(text, encoding="utf-8")
    return Project(root)


def outputs(project: Project) -> dict[str, bytes]:
    """Return every byte that `add` leaves behind for others."""
    paths = [path for path in (project.root / "data").rglob("*") if path.is_file()]
    return {path.relative_to(project.root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = lay_out(tmp_path / "project")
    monkeypatch.chdir(made.root)
    return made


def run(project: Project, source: Path | str, **options: Any) -> AddResult:
    return add.run(project, str(source), track=False, **options)


def test_images_come_in_once(project: Project) -> None:
    source = write_folder(project.root / "raw", 3)
    first = run(project, source)
    assert (first.found, first.added, first.exit_code) == (9, 9, ExitCode.OK)
    before = outputs(project)
    again = run(project, source)
    assert (again.added, again.known, again.parts) == (0, 9, [])
    assert outputs(project) == before


def test_labels_and_parts_agree(project: Project) -> None:
    run(project, write_folder(project.root / "raw", 3))
    labels = read_labels(project.labels)
    [part] = list_parts(project.images)
    assert sorted(part_ids(part).to_pylist()) == labels.column("id")
    expected = {image_id(png(4)): ("dog", "dog/0001.png")}
    assert expected.items() <= {row[0]: row[1:3] for row in labels.rows()}.items()


def test_ten_more_images_make_a_part_of_ten(project: Project) -> None:
    run(project, write_folder(project.root / "raw", 3))
    [old] = list_parts(project.images)
    write_folder(project.root / "raw", 4, start=100, classes=("cat",))
    result = run(project, "raw")
    assert (result.added, result.known) == (4, 6)
    assert old in list_parts(project.images)
    assert [len(part_ids(part)) for part in list_parts(project.images) if part != old] == [4]


def test_the_order_of_two_sources_does_not_change_the_labels(project: Project, tmp_path: Path) -> None:
    other = lay_out(tmp_path / "other")
    sources = [write_folder(tmp_path / name, 2, start=10 * start) for start, name in enumerate("ab")]
    for source in sources:
        run(project, source)
    for source in reversed(sources):
        run(other, source)
    assert project.labels.read_bytes() == other.labels.read_bytes()
    assert [part.name for part in list_parts(project.images)] == [part.name for part in list_parts(other.images)]


def write_patients(folder: Path) -> Path:
    """Write a table that names two patients in paths and groups, and their sites."""
    folder.mkdir()
    lines = ["path,label,group,site"]
    for number, patient in enumerate(("Jane Planted", "Ann Planted", "Jane Planted")):
        (folder / f"{patient} {number}.png").write_bytes(png(number))
        lines.append(f"{patient} {number}.png,cat,{patient},north")
    (folder / "table.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder / "table.csv"


def test_pseudonyms_stand_for_groups_and_names_stay_outside(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    table = write_patients(project.root / "raw")
    result = run(project, table, withheld=Withheld(pseudonymous=True))
    assert result.added == 3
    assert any(line.endswith("`site`") for line in result.lines())
    labels = read_labels(project.labels)
    assert set(labels.column("name")) == {""}
    assert sorted(Counter(labels.column("group")).values()) == [1, 2]
    assert set(labels.column("site")) == {"north"}
    for path in project.root.rglob("*"):
        assert path.is_relative_to(table.parent) or not path.is_file() or b"Planted" not in path.read_bytes(), path
    assert "Planted" not in "\n".join(result.lines())
    assert run(project, table, withheld=Withheld(pseudonymous=True)).known == 3
    (table.parent / "new.png").write_bytes(png(9))
    table.write_text("path,label,group,site\nnew.png,cat,Jane Planted,south\n", encoding="utf-8")
    run(project, table, withheld=Withheld(pseudonymous=True))
    assert sorted(Counter(read_labels(project.labels).column("group")).values()) == [1, 3]


def test_pseudonyms_can_be_the_projects_policy(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("pseudonymous: false", "pseudonymous: true"), encoding="utf-8")
    monkeypatch.delenv("WINNOW_PSEUDONYM_KEY", raising=False)
    table = write_patients(project.root / "raw")
    with pytest.raises(ConfigError, match="WINNOW_PSEUDONYM_KEY"):
        run(project, table)
    assert not project.labels.exists()
    monkeypatch.setenv("WINNOW_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    run(project, table)
    assert set(read_labels(project.labels).column("name")) == {""}


def test_the_names_of_refused_files_stay_on_this_machine(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_PSEUDONYM_KEY", "0123456789abcdef" * 4)
    table = write_patients(project.root / "raw")
    (table.parent / "Ann Planted 1.png").write_bytes(b"damaged")
    result = run(project, table, withheld=Withheld(pseudonymous=True))
    assert (result.added, result.quarantined) == (2, 1)
    assert "Planted" not in "\n".join(result.lines())
    assert "Ann Planted" in project.quarantine.read_text(encoding="utf-8")
    assert "/quarantine.csv" in project.quarantine.with_name(".gitignore").read_text(encoding="utf-8")


def test_stripped_images_come_in_once_and_without_a_trace(project: Project) -> None:
    (project.root / "raw" / "cat").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010E] = "Jane Planted"
    for number, extension in enumerate(("jpg", "png", "webp", "tif")):
        image = Image.effect_noise((20, 10 + number), 60)
        image.save(project.root / "raw" / "cat" / f"{number}.{extension}", exif=exif)
    (project.root / "raw" / "cat" / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe1 damaged")
    result = run(project, "raw", withheld=Withheld(strip_metadata=True))
    assert (result.added, result.quarantined) == (4, 1)
    [part] = list_parts(project.images)
    assert b"Jane Planted" not in part.read_bytes()
    before = outputs(project)
    again = run(project, "raw", withheld=Withheld(strip_metadata=True))
    assert (again.added, again.known) == (0, 4)
    assert outputs(project) == before


def test_refused_files_are_listed_and_the_rest_is_taken(project: Project) -> None:
    source = write_folder(project.root / "raw", 2)
    (source / "cat" / "notes.txt").write_text("no image", encoding="utf-8")
    (source / "cat" / "empty.png").touch()
    (source / "cat" / "cut.png").write_bytes(png(1)[:50])
    (source / "loose.png").write_bytes(png(99))
    result = run(project, source)
    assert (result.added, result.quarantined, result.exit_code) == (6, 4, ExitCode.OK)
    rows = project.quarantine.read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[:2] for row in rows] == [
        ["path", "check"],
        ["cat/cut.png", "Q103"],
        ["cat/empty.png", "Q102"],
        ["cat/notes.txt", "Q101"],
        ["loose.png", "Q204"],
    ]
    assert run(project, source, strict=True).exit_code is ExitCode.FAILED


def test_two_labels_for_one_image_add_neither_and_change_nothing(project: Project) -> None:
    source = write_folder(project.root / "raw", 2)
    run(project, source)
    before = project.labels.read_bytes()
    clash = project.root / "clash"
    write_folder(clash, 0)
    (clash / "cat" / "new.png").write_bytes(png(50))
    (clash / "dog" / "new.png").write_bytes(png(50))
    (clash / "owl" / "known.png").write_bytes(png(0))
    result = run(project, clash)
    assert (result.added, result.conflicts, result.exit_code) == (0, 3, ExitCode.FAILED)
    assert project.labels.read_bytes() == before
    assert len(list_parts(project.images)) == 1


def test_a_table_brings_groups_splits_and_further_columns(project: Project) -> None:
    write_folder(project.root / "raw", 2)
    lines = ["path,label,group,split,site", "raw/cat/0000.png,cat,p1,test,north", "raw/dog/0000.png,,p1,,"]
    write_text(project.root / "list.csv", "\r\n".join([*lines, lines[1], "raw/absent.png,cat,,,", ""]))
    result = run(project, "list.csv")
    assert (result.found, result.added, result.duplicates, result.quarantined) == (4, 2, 1, 1)
    run(project, "raw")
    labels = read_labels(project.labels)
    assert labels.further == ["site"]
    rows = {row[0]: row[1:] for row in labels.rows()}
    assert rows[image_id(png(0))] == ("cat", "raw/cat/0000.png", "p1", "test", "north")
    assert rows[image_id(png(2))] == ("", "raw/dog/0000.png", "p1", "", "")
    assert len(rows) == 6


def test_the_label_of_a_flat_folder_is_given(project: Project) -> None:
    flat = project.root / "flat"
    flat.mkdir()
    (flat / "-rf +1 \u00e9.png").write_bytes(png(1))
    with pytest.raises(UsageError, match="--label"):
        run(project, flat)
    run(project, flat, label="cat")
    assert list(read_labels(project.labels).rows()) == [(image_id(png(1)), "cat", "-rf +1 \u00e9.png", "", "")]


@pytest.mark.slow
def test_digits_come_in(project: Project) -> None:
    assert run(project, "sklearn:digits").added == 1797


def test_what_cannot_work_changes_nothing(project: Project) -> None:
    (project.root / "empty").mkdir()
    for source, error in (("empty", InputError), ("absent", InputError), ("sklearn:mnist", UsageError)):
        with pytest.raises(error):
            run(project, source)
    assert not (project.root / "data").exists()


def test_a_mistyped_parameter_is_told(project: Project) -> None:
    text = project.params.read_text(encoding="utf-8").replace("part_size_mb", "part_size_md")
    project.params.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="part_size_mb"):
        run(project, "sklearn:digits")


def test_tracking_needs_a_dvc_repository(project: Project) -> None:
    with pytest.raises(UsageError, match="--no-track"):
        add.run(project, str(write_folder(project.root / "raw", 1)))


def test_a_failure_of_the_disk_harms_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    run(project, write_folder(project.root / "raw", 2))
    before = outputs(project)
    more = write_folder(project.root / "more", 2, start=50)
    fsync = os.fsync
    for healthy in range(30):
        remaining = iter(range(healthy))

        def failing(descriptor: int, remaining: Iterator[int] = remaining) -> None:
            if next(remaining, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            fsync(descriptor)

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", failing)
            with contextlib.suppress(MachineError):
                run(project, more)
                break
        after = outputs(project)
        assert after["data/labels.csv"] == before["data/labels.csv"] or len(read_labels(project.labels)) == 12
        assert before.keys() <= after.keys()
        assert all(after[name] == before[name] for name in before if name.endswith(".arrow"))
    else:
        pytest.fail("the run never came to an end")
    assert healthy > 5
    assert len(read_labels(project.labels)) == 12
    assert sum(len(part_ids(part)) for part in list_parts(project.images)) == 12


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
def test_a_full_disk_is_told_and_the_data_set_is_whole(tmp_path: Path) -> None:
    small = tmp_path / "small"
    script = f"""
        mount -t tmpfs -o size=200k none {small} || exit 77
        cp -r {tmp_path}/template/. {small} && cd {small}
        {sys.executable} -m winnow add --no-track {tmp_path}/few || exit 78
        cp -r data {tmp_path}/before
        {sys.executable} -m winnow add --no-track {tmp_path}/many; echo $? >{tmp_path}/status
        cp -r data {tmp_path}/after
    """
    lay_out(tmp_path / "template")
    write_folder(tmp_path / "few", 2)
    write_folder(tmp_path / "many", 200, side=64, start=100)
    small.mkdir()
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", textwrap.dedent(script)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system lets nobody mount a file system")
    assert (tmp_path / "status").read_text(encoding="utf-8").strip() == str(int(ExitCode.MACHINE)), done.stderr
    assert "disk is full" in done.stderr
    before, after = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in ("before", "after")
    )
    assert after == before


CRASHES = """
    import os, shutil, sys
    from pathlib import Path
    from winnow.config import read_params
    from winnow.ingest.admission import admit_chunk
    from winnow.ingest.source_folder import FolderSource
    from winnow.pipeline import add
    from winnow.project import Project

    root, source = map(Path, sys.argv[1:])
    # The children inherit what is loaded here.
    admit_chunk(list(FolderSource(source).items()), max_pixels=10**6)
    read_params(root / "params.yaml")
    CALLS = ("replace", "unlink", "fsync")

    def run(project, healthy):
        # In a child, so that a crash is one: nothing is caught, flushed or cleaned up.
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        remaining = iter(range(healthy))
        def dying(call):
            def instead(*arguments, **options):
                if next(remaining, None) is None:
                    os._exit(9)
                return call(*arguments, **options)
            return instead
        for name in CALLS:
            setattr(os, name, dying(getattr(os, name)))
        add.run(project, str(source), track=False)
        os._exit(0)

    def outputs(project):
        return {path.name: path.read_bytes() for path in (project.root / "data").rglob("*") if path.is_file()}

    project, before = Project(root), shutil.copytree(root, root.with_name("before"))
    assert run(project, 10**6) == 0
    undisturbed = outputs(project)
    num_crashes = 0
    while True:
        shutil.rmtree(root)
        shutil.copytree(before, root)
        if run(project, num_crashes) == 0:
            break
        assert run(project, 10**6) == 0, f"cannot go on after crash {num_crashes}"
        assert outputs(project) == undisturbed, f"other bytes after crash {num_crashes}"
        left = {path.name for path in project.scratch.iterdir()}
        assert left <= {".gitignore", "lock", "journal.json"}, left
        num_crashes += 1
    print(num_crashes)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_crash_at_any_durable_step_costs_nothing(tmp_path: Path) -> None:
    """Every moment at which the disk changes, one after the other, on top of a data set that exists already."""
    project = lay_out(tmp_path / "project")
    run(project, write_folder(tmp_path / "first", 2))
    source = write_folder(tmp_path / "second", 3, side=400, start=100)
    (source / "dog" / "clash.png").write_bytes((source / "cat" / "0000.png").read_bytes())
    (source / "dog" / "broken.png").write_bytes(b"x")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(CRASHES), str(project.root), str(source)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def launch(project: Project, source: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "winnow", "add", str(source)],
        cwd=project.root, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_kills_at_random_moments_change_no_byte_and_a_clone_makes_the_parts_again(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "raw", 150, side=90)
    template = lay_out(tmp_path / "template")
    git(template.root, "init", "-q")
    dvc(template.root, "init", "-q")
    undisturbed = Project(shutil.copytree(template.root, tmp_path / "undisturbed"))
    finish(launch(undisturbed, source))
    assert len(list_parts(undisturbed.images)) == 4
    assert read_recorded(undisturbed).md5 == folder_md5(list_parts(undisturbed.images))

    killed = Project(shutil.copytree(template.root, tmp_path / "killed"))
    moments = random.Random(0)
    for longest_s in (1.0, 2.0, 4.0):
        process = launch(killed, source)
        try:
            process.wait(timeout=moments.uniform(longest_s / 2, longest_s))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    finish(launch(killed, source))
    assert outputs(killed) == outputs(undisturbed)
    assert not publication.read_journal(killed).untracked

    clone = Project(
        shutil.copytree(undisturbed.root, tmp_path / "clone", ignore=shutil.ignore_patterns("images", "cache"))
    )
    result = add.run(clone, str(source))
    assert (result.is_restored, result.added, result.exit_code) == (True, 0, ExitCode.OK)
    assert outputs(clone) == outputs(undisturbed)


@pytest.mark.slow
def test_a_folder_under_dvc_add_migrates_with_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q")
    dvc(tmp_path, "init", "-q")
    project = lay_out(tmp_path / "sub")
    raw = write_folder(project.root / "data" / "raw", 3)
    dvc(project.root, "add", "-q", "data/raw")
    monkeypatch.chdir(project.root)
    (raw / "cat" / "broken.png").write_bytes(b"x")
    kept = add.run(project, "data/raw", migrate=True)
    assert (kept.added, kept.quarantined) == (9, 1)
    assert (project.root / "data" / "raw.dvc").exists()
    assert any("still tracks" in line for line in kept.lines())

    shutil.rmtree(raw)
    done = add.run(project, "data/raw", migrate=True)
    assert (done.added, done.known, done.quarantined) == (0, 9, 0)
    assert not (project.root / "data" / "raw.dvc").exists()
    assert len(list(raw.rglob("*.png"))) == 9
    assert done.lines()[-1].startswith("to commit: git add ")
    status = git(tmp_path, "status", "--porcelain", "-uall")
    assert "sub/data/labels.csv" in status
    assert "sub/data/images.dvc" in status
    assert ".png" not in status
    assert ".arrow" not in status
    assert "quarantine" not in status


def test_two_projects_in_one_repository_do_not_touch_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = lay_out(tmp_path / "one"), lay_out(tmp_path / "two")
    run(one, write_folder(tmp_path / "raw", 1))
    before = outputs(one)
    monkeypatch.chdir(one.root)
    run(two, write_folder(tmp_path / "other", 2, start=10))
    assert outputs(one) == before
    assert len(read_labels(two.labels)) == 6
