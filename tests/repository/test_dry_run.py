"""DVC's own words about a lock, without data."""

from pathlib import Path

import pytest
from rebuilt import write

from repository import call
from winnow.project import Project
from winnow.repository.dry_run import dry_run

pytestmark = pytest.mark.slow

FLOW = "stages:\n  look:\n    cmd: python look.py\n    deps: [absent, look.py]\n    outs: [seen]\n"
LOCK = """schema: '2.0'
stages:
  look:
    cmd: {cmd}
    deps:
    - {{path: absent, hash: md5, md5: 0cc175b9c0f1b6a831c399e269772661, size: 1}}
    - {{path: look.py, hash: md5, md5: d41d8cd98f00b204e9800998ecf8427e, size: 0}}
    outs:
    - {{path: seen, hash: md5, md5: 0cc175b9c0f1b6a831c399e269772661, size: 1}}
"""
TRACKED = "outs:\n- {md5: 0cc175b9c0f1b6a831c399e269772661, size: 1, hash: md5, path: absent}\n"


def test_a_lock_is_current_stale_or_cannot_be_known(tmp_path: Path) -> None:
    call(tmp_path, "git", "init", "-q")
    lock = LOCK.format(cmd="python look.py")
    write(tmp_path, {"params.yaml": "", ".dvc/config": "", "dvc.yaml": FLOW, "dvc.lock": lock})
    write(tmp_path, {"look.py": "", "absent.dvc": TRACKED})
    current = dry_run(Project(tmp_path))
    assert (current.is_current, current.is_known, current.stages) == (True, True, [])
    (tmp_path / "look.py").unlink()
    lost = dry_run(Project(tmp_path))
    assert (lost.is_current, lost.is_known, lost.lost) == (False, True, ["look.py"])
    write(tmp_path, {"look.py": "", "dvc.lock": LOCK.format(cmd="python other.py")})
    stale = dry_run(Project(tmp_path))
    assert (stale.is_current, stale.is_known, stale.stages) == (False, True, ["look"])
    write(tmp_path, {"dvc.yaml": "stages: [1]\n"})
    broken = dry_run(Project(tmp_path))
    assert (broken.is_current, broken.is_known, broken.stages) == (False, False, [])
    assert "dvc.yaml" in broken.said
