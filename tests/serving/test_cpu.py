from pathlib import Path

import pytest

from winnow.serving import cpu
from winnow.serving.cpu import cpu_quota, num_cores


def write(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_version_2_takes_the_tightest_group_from_the_own_one_upwards(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/kubepods/pod1\n")
    root = tmp_path / "cgroup"
    write(root, kubepods__pod1__cpu_dot_max="max 100000", kubepods__cpu_dot_max="150000 100000")
    assert cpu_quota(root, own) == 1.5
    write(root, cpu_dot_max="50000 100000")
    assert cpu_quota(root, own) == 0.5


def test_within_a_container_the_group_is_mounted_at_the_root(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/../elsewhere\n")
    assert cpu_quota(write(tmp_path / "cgroup", cpu_dot_max="200000 100000\n"), own) == 2


def test_version_1_divides_quota_by_period_and_minus_one_is_no_limit(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("4:cpu,cpuacct:/docker/x\n3:memory:/docker/x\n")
    root = tmp_path / "cgroup"
    folder = root / "cpu,cpuacct" / "docker" / "x"
    write(folder, cpu_dot_cfs_quota_us="-1", cpu_dot_cfs_period_us="100000")
    assert cpu_quota(root, own) is None
    write(folder, cpu_dot_cfs_quota_us="250000")
    assert cpu_quota(root, own) == 2.5


@pytest.mark.parametrize("content", ["", "max", "lots 100000", "100000 0", "\xff"])
def test_what_cannot_be_read_is_no_limit(content: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/\nnonsense\n")
    (tmp_path / "cgroup").mkdir()
    (tmp_path / "cgroup" / "cpu.max").write_bytes(content.encode("latin-1"))
    assert cpu_quota(tmp_path / "cgroup", own) is None
    assert cpu_quota(tmp_path / "absent", tmp_path / "none") is None


@pytest.mark.parametrize(
    ("affinity", "quota", "cores"), [(8, None, 8), (8, 2.0, 2), (8, 1.5, 1), (8, 0.2, 1), (1, 4.0, 1)]
)
def test_a_part_of_a_core_is_none_and_one_there_always_is(
    affinity: int, quota: float | None, cores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu, "_affinity", lambda: affinity)
    monkeypatch.setattr(cpu, "cpu_quota", lambda: quota)
    assert num_cores() == cores


def test_this_process_has_a_core() -> None:
    assert num_cores() >= 1
