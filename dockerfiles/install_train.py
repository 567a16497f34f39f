"""Install the lock of training into an environment, with the build of torch that an image asks for.

Runs while `train.dockerfile` is built, beside `bootstrap.py`, which knows how a lock is taken apart.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import bootstrap


def main(arguments: list[str]) -> None:
    """Install what `--requirement` locks into `--into`."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--requirement", type=Path, required=True)
    parser.add_argument("--into", required=True)
    parser.add_argument("--torch", default=bootstrap.LOCKED_TORCH)
    parser.add_argument("--require-hashes", action="store_true", required=True, help="There is no other way.")
    options = parser.parse_args(arguments)
    lock = options.requirement.read_text(encoding="utf-8")
    if options.torch == bootstrap.LOCKED_TORCH:
        install(options.into, "--require-hashes", "--requirement", options.requirement)
        return
    rest = Path("without-torch.txt")
    rest.write_text(bootstrap.without_torch(lock), encoding="utf-8")
    install(options.into, "--require-hashes", "--requirement", rest)
    # Another build comes from PyTorch's own index, whose hashes no lock holds; its version stays the locked one.
    install(options.into, "--torch-backend", options.torch, *torch_versions(lock))


def install(target: str, *what: object) -> None:
    """Run uv; end with its exit code when it fails."""
    command = ["uv", "pip", "install", "--quiet", "--no-cache", "--python", target, *map(str, what)]
    code = subprocess.call(command)
    if code:
        sys.exit(code)


def torch_versions(lock: str) -> list[str]:
    """Return the locked requirements of torch and torchvision, without hashes."""
    entries = [entry.split()[0] for entry in bootstrap.lock_entries(lock)]
    return [entry for entry in entries if entry.startswith(("torch==", "torchvision=="))]


if __name__ == "__main__":
    main(sys.argv[1:])
