import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_onnx import about, save_means

from winnow.attestation import Attestation, take_sums, write_attestation
from winnow.commands import serve as command
from winnow.commands.serve import Asked, resolve
from winnow.errors import InputError, MachineError, UsageError
from winnow.registry import pulling

PARAMS = Path(__file__).parents[2] / "params.yaml"


def save(folder: Path) -> Path:
    save_means(folder / "onnx" / "model.onnx", [[1, 0, 0], [0, 1, 0]], about(["a", "b"]).to_metadata())
    return folder


def asked(**changes: Any) -> Asked:
    usual = {
        "expect": None,
        "stage": "",
        "workers": 0,
        "max_batch": 0,
        "wait_ms": 0.0,
        "max_queue": 256,
        "patience_ms": 0.0,
        "max_body_mb": 20,
        "max_memory_mb": 100,
        "max_pixels": 25_000_000,
        "max_images": 32,
        "timeout_s": 10.0,
        "rate_per_s": 0.0,
        "drain_s": 2.0,
        "origins": (),
    }
    return Asked(**{**usual, **changes})


def test_options_become_settings_and_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_API_KEYS", " one, two ,,")
    monkeypatch.setenv("WINNOW_ADMIN_TOKEN", "boss\n")
    settings = asked(max_body_mb=7, max_memory_mb=3, workers=2, rate_per_s=1.5, expect="a@v1.0.0").settings()
    assert (settings.limits.max_body_bytes, settings.limits.max_memory_bytes) == (7_000_000, 7_000_000)
    assert (settings.batching.num_workers, settings.limits.rate_per_s) == (2, 1.5)
    assert (settings.access.api_keys, settings.access.admin_token) == (("one", "two"), "boss")
    assert settings.expected_model == "a@v1.0.0"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_pixels": 0}, "--max-pixels of at least 1, got 0"),
        ({"timeout_s": 0.0}, "--timeout-s of at least"),
        ({"timeout_s": float("nan")}, "--timeout-s of at least"),
        ({"workers": -1}, "--workers of at least 0"),
    ],
)
def test_numbers_that_cannot_be_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked(**changes).settings()


def project(folder: Path, level: str) -> Path:
    text = PARAMS.read_text(encoding="utf-8").replace("disclose: ids", f"disclose: {level}")
    assert f"disclose: {level}" in text
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_log_obeys_what_the_project_here_discloses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project(tmp_path, "aggregate"))
    collecting = asked(log_to="somewhere", log_buffer_mb=5, retain_days=3, log_buffer=tmp_path).settings().collecting
    assert collecting is not None
    assert (collecting.target, collecting.level, collecting.has_images) == ("somewhere", "aggregate", False)
    assert (collecting.max_buffer_bytes, collecting.retain_days, collecting.buffer) == (5_000_000, 3, tmp_path)


@pytest.mark.parametrize("level", ["aggregate", "ids"])
def test_images_are_not_logged_where_pictures_are_not_disclosed(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project(tmp_path, level))
    with pytest.raises(UsageError, match=f"pictures with --log-images, got {level}"):
        asked(log_to="x", log_images=True).settings()


def test_images_are_logged_only_when_that_is_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project(tmp_path, "pictures"))
    for is_wanted in (False, True):
        collecting = asked(log_to="x", log_images=is_wanted).settings().collecting
        assert collecting is not None
        assert collecting.has_images is is_wanted


def test_nothing_is_logged_unless_it_is_said_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked().settings().collecting is None
    assert asked(log_to="").settings().collecting is None
    for changes in ({"log_images": True}, {"feedback_any_label": True}):
        with pytest.raises(UsageError, match="expected --log-to"):
            asked(**changes).settings()
    with pytest.raises(UsageError, match="at most a day"):
        asked(log_to="x", log_segment_s=1e6).settings()
    with pytest.raises(UsageError, match="--retain-days of at least 1"):
        asked(log_to="x", retain_days=0).settings()


def test_a_log_that_cannot_be_is_refused_before_anybody_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "listen", lambda *_: pytest.fail("it listens"))
    with pytest.raises(UsageError, match="got nowhere://"):
        command.serve(str(save(tmp_path)), host="127.0.0.1", port=0, asked=asked(log_to="nowhere://bucket"))


def test_without_a_name_the_projects_own_model_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(PARAMS, tmp_path)
    save(tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    assert resolve(None).path == tmp_path / "models" / "onnx" / "model.onnx"


def test_a_folder_and_a_file_are_found_where_they_are(tmp_path: Path) -> None:
    path = save(tmp_path) / "onnx" / "model.onnx"
    assert resolve(str(tmp_path)).path == resolve(str(path)).path == path


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "@v1", "x" * 5000, "a\0b", "a@b@c"])
def test_a_name_that_leads_nowhere_says_what_would(name: str) -> None:
    with pytest.raises(InputError, match="found nothing"):
        resolve(name)


@pytest.mark.parametrize("address", ["classifier@v1.0.0", "classifier#production", "projects/moles:classifier@v1.0.0"])
def test_an_address_is_pulled_from_the_registry(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save(tmp_path / "pulled")
    attestation = Attestation(tag="classifier@v1.0.0", commit="c" * 40, signature="none", files=take_sums(folder))
    write_attestation(folder, attestation)
    pulled = []

    def pull(_: object, name: str, *more: object, **words: object) -> SimpleNamespace:
        pulled.append(name)
        return SimpleNamespace(folder=folder)

    monkeypatch.setattr(pulling, "pull", pull)
    monkeypatch.chdir(Path(__file__).parent)
    assert resolve(address).address == "classifier@v1.0.0"
    assert pulled == [address]


def test_where_the_registry_cannot_be_read_a_folder_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "winnow.registry.pulling", None)
    with pytest.raises(MachineError, match="the registry needs"):
        resolve("classifier@v1.0.0")


def test_a_wrong_model_is_refused_before_anybody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "listen", lambda *_: pytest.fail("it listens"))
    with pytest.raises(UsageError, match="expected the model"):
        command.serve(str(save(tmp_path)), host="127.0.0.1", port=0, asked=asked(expect="classifier@v1.0.0"))


def test_what_is_served_is_what_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[Any, str, int]] = []
    monkeypatch.setattr(command, "listen", lambda *words: heard.append(words))
    command.serve(str(save(tmp_path)), host="0.0.0.0", port=99, asked=asked(stage="staging"))
    ((app, host, port),) = heard
    assert (host, port, app.state.service.settings.stage) == ("0.0.0.0", 99, "staging")
    assert app.state.service._find(None).path == tmp_path / "onnx" / "model.onnx"
