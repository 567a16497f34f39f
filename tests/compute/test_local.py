import os
import signal
import sys

import pytest

from winnow.compute.errands import Errand
from winnow.compute.local import MAX_WORKERS, LocalPool, num_workers
from winnow.errors import MachineError


def test_the_number_of_workers_is_bounded() -> None:
    assert 1 <= num_workers() <= MAX_WORKERS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_is_the_machines_fault() -> None:
    pool = LocalPool(2)
    ticket = pool.submit(Errand(lambda _: os.kill(os.getpid(), signal.SIGKILL)), 0)
    with pytest.raises(MachineError, match="worker process was killed") as caught:
        pool.result(ticket)
    assert "memory" in caught.value.hint
    with pytest.raises(MachineError, match="worker process was killed"):
        pool.submit(Errand(str), 0)
