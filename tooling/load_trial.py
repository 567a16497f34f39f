"""A served model under load for some seconds: that the service, its client and their limits work together."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from invoke import Exit

from tooling.running import ROOT, environment, must, program, say

# The digits' bundle would have to be trained first: any network will do.
MAKE = """
import sys
from pathlib import Path
sys.path.insert(0, "benchmarks")
from _resnet import save_resnet
save_resnet(Path(sys.argv[1]), 32, name="winnow/small_cnn")
"""
RATE_PER_S = "20"
# Of a shared machine that does other things, too: what breaks them is broken.
LIMITS = ("--max-error-fraction", "0", "--max-refused-fraction", "0.05", "--max-p95-ms", "1000")


def run_load_trial() -> None:
    """End with exit code 1 where a limit is broken."""
    with tempfile.TemporaryDirectory(prefix="winnow-", ignore_cleanup_errors=True) as name:
        must("python", "-c", MAKE, name)
        command = ("winnow", "serve", str(Path(name) / "fp32"), "--port", "0")
        words = [program(command[0]), *command[1:]]
        variables = environment(command, {"WINNOW_DRAIN_S": "0"})
        with subprocess.Popen(words, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            try:
                must("winnow", "load", _address(process), "--rate", RATE_PER_S, "--duration-s", "8", *LIMITS)
            finally:
                process.terminate()
                process.communicate(timeout=60)
        if process.returncode and sys.platform != "win32":  # Windows ends a process without asking it
            raise Exit(f"the service ended with {process.returncode} when it was asked to end", code=1)
    say("the service ended with 0")


def _address(process: subprocess.Popen[str]) -> str:
    """Return where it listens, as it says on its first line."""
    assert process.stderr is not None, "it was asked for"
    said = process.stderr.readline()
    found = re.search(r"http://\S+", said)
    if found is None:
        process.terminate()
        raise Exit(f"the service did not start: {said}{process.stderr.read()}", code=1)
    return found[0]
