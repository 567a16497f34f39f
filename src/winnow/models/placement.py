"""Where a model runs and in which numbers: device, precision, memory format, determinism."""

import os
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from winnow.errors import MachineError

_AMPERE = (8, 0)


def choose_device(name: str) -> torch.device:
    """Return the device called `name`; `auto` takes CUDA, then MPS, then the CPU.

    Raises MachineError when the one asked for is not there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(device for device, is_there in available.items() if is_there))
    if not available[name]:
        raise MachineError(
            f"device `{name}` asked for, this machine offers {', '.join(d for d in available if available[d])}",
            hint="use `train.device: auto`, or install the torch build for it: python tasks.py install --torch auto",
        )
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the number format of multiplications: `fp32`, `bf16`, or for `auto` bf16 where it is native.

    Native means that the hardware multiplies bf16 itself: CUDA from Ampere on, x86 with AVX512-BF16 or AMX (there a
    ResNet-18 step ran 1.8 times as fast as in fp32). Elsewhere it is emulated, or untried: fp32.
    """
    if name == "auto":
        return torch.bfloat16 if _has_native_bf16(device) else torch.float32
    return {"fp32": torch.float32, "bf16": torch.bfloat16}[name]


def _has_native_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= _AMPERE
    if device.type == "cpu":
        # Older torch cannot tell; then fp32 is the safe answer.
        capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return False


def place(model: nn.Module, device: torch.device) -> nn.Module:
    """Move `model` to `device`, convolution weights in channels-last order.

    Pixels are stored height, width, channel: read in this order, convolutions need no transposition (1.5 times as
    fast on a CPU, and what tensor cores want). Networks without convolutions are indifferent to it.
    """
    return model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def autocast(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """Return the context of a forward pass in `dtype`. Weights stay fp32; bf16 needs no loss scaling."""
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype=dtype)


def make_deterministic(num_threads: int | None = None) -> None:
    """Make this process compute the same bytes each time it runs on a machine of this type.

    Sums depend on how many threads share them: `num_threads` fixes that, None keeps torch's choice (one a core).
    Operations that exist in no deterministic form warn instead of failing.
    """
    # Read when cuBLAS is first used; without it its workspaces, and so its sums, may differ between runs.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # The same two flags as use_deterministic_algorithms, which also imports torch's compiler: seconds of every start.
    torch.set_deterministic_debug_mode("warn")
    # Filling fresh memory with NaN finds bugs in torch, not in us, and costs a pass over every tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # set on import
    # Benchmarking picks the fastest algorithm of this moment, another one the next time.
    torch.backends.cudnn.benchmark = False
    if num_threads is not None:
        torch.set_num_threads(num_threads)
