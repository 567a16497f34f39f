import pytest

from winnow.data.labels import Labels, read_labels, write_labels
from winnow.errors import UsageError
from winnow.ingest.erasure import Pending, read_pending, resolve, sweep, withdraw, write_pending
from winnow.ingest.quarantine import Refusal, write_quarantine
from winnow.ingest.tombstones import read_erased
from winnow.project import Project

A, B, C = "a" * 20, "b" * 20, "c" * 20


@pytest.fixture
def labels() -> Labels:
    return Labels.from_rows([(A, "cat", "cat/1.png", "", ""), (B, "dog", "dog/2.png", "", "")])


def test_what_is_left_to_do_is_kept_until_it_is_done(project: Project) -> None:
    assert read_pending(project) == Pending()
    write_pending(project, Pending({"cat/1.png": A}, ["0" * 32]))
    assert read_pending(project) == Pending({"cat/1.png": A}, ["0" * 32])
    for _ in range(2):
        write_pending(project, Pending())
        assert not project.erasure.exists()


def test_ids_and_names_and_what_is_pending_are_resolved(labels: Labels) -> None:
    pending = Pending({"gone.png": C})
    assert resolve(labels, ["1.png", B, "gone.png"], pending) == {"gone.png": C, "1.png": A, B: B}
    assert resolve(labels, [], pending) == {"gone.png": C}
    with pytest.raises(UsageError, match="expected an image"):
        resolve(labels, [], Pending())
    with pytest.raises(UsageError, match=r"did you mean cat/1\.png"):
        resolve(labels, ["cat/11.png"], pending)


def test_a_tombstone_comes_and_the_row_goes(project: Project, labels: Labels) -> None:
    write_labels(project.labels, labels)
    withdraw(project, labels, [A])
    assert read_erased(project.erased) == {A}
    assert read_labels(project.labels).column("id") == [B]
    before = project.labels.stat().st_mtime_ns
    withdraw(project, read_labels(project.labels), [A, C])
    assert project.labels.stat().st_mtime_ns == before
    assert read_erased(project.erased) == {A, C}


def test_pixels_pages_and_a_quarantine_that_tells_are_removed(project: Project) -> None:
    kept = [project.prepared / "part-2-ffff.arrow", project.data_report, project.gallery.with_name("plain.html")]
    gone = [project.prepared / "part-1-ffff.arrow", project.gallery, project.gallery.with_name("check.html")]
    for path in [*kept, *gone]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('<img src="data:image/png;base64,AAAA">' if path in gone else "text", encoding="utf-8")
    write_quarantine(project.quarantine, [Refusal("cat/1.png", "Q203", "two labels")])
    assert sweep(project, [B], ["dog/2.png"], ["part-9"]) == sorted(gone[1:])
    assert sweep(project, [A], ["cat/1.png", ""], ["part-1"]) == sorted([gone[0], project.quarantine])
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []
