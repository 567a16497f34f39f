import os
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from winnow.errors import MachineError
from winnow.models.placement import autocast, choose_device, choose_precision, make_deterministic, place

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_takes_cuda_then_mps_then_the_cpu(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == expected


def test_a_device_that_is_not_there_is_refused_with_what_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(MachineError, match="`cuda` asked for, this machine offers cpu"):
        choose_device("cuda")
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx2": True}, torch.float32),
        ({"avx512_f": True, "avx512_bf16": True}, torch.bfloat16),
        ({"amx_tile": True, "amx_bf16": True}, torch.bfloat16),
    ],
    ids=["AVX2", "AVX512-BF16", "AMX"],
)
def test_a_cpu_takes_bf16_where_it_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], expected: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert choose_precision("auto", CPU) == expected


def test_a_torch_that_cannot_tell_gets_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision("auto", CPU) == torch.float32


@pytest.mark.parametrize(("capability", "expected"), [((7, 5), torch.float32), ((8, 0), torch.bfloat16)])
def test_cuda_takes_bf16_from_ampere_on(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], expected: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision("auto", torch.device("cuda")) == expected


def test_an_asked_for_precision_is_obeyed() -> None:
    assert choose_precision("bf16", CPU) == torch.bfloat16
    assert choose_precision("fp32", CPU) == torch.float32
    assert choose_precision("auto", torch.device("mps")) == torch.float32


def test_convolutions_are_placed_channels_last() -> None:
    model = place(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2)), CPU)
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)  # type: ignore[index]


def test_autocast_multiplies_in_the_chosen_precision() -> None:
    left, right = torch.ones(2, 2), torch.ones(2, 2)
    with autocast(CPU, torch.bfloat16):
        assert (left @ right).dtype == torch.bfloat16
    with autocast(CPU, torch.float32):
        assert (left @ right).dtype == torch.float32


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the process back as it was: determinism is a matter of the whole of it."""
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    was_on, num_threads = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    yield
    torch.use_deterministic_algorithms(was_on)
    torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
    torch.set_num_threads(num_threads)


@pytest.mark.usefixtures("restored")
def test_determinism_covers_algorithms_threads_and_cublas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    torch.use_deterministic_algorithms(mode=False)
    make_deterministic()
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    make_deterministic(num_threads=1)
    assert torch.get_num_threads() == 1


@pytest.mark.usefixtures("restored")
def test_a_cublas_setting_of_the_users_own_is_kept() -> None:
    make_deterministic()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
