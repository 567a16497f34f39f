from pathlib import Path

from winnow.serving.model import load
from winnow.serving.source import find_source
from winnow.serving.telemetry import Telemetry


def test_the_page_names_the_model_and_counts_batches(colors: Path) -> None:
    telemetry = Telemetry()
    loaded = load(find_source(colors), num_threads=1, max_pixels=1000)
    telemetry.name_model(loaded)
    telemetry.note_batch(loaded.answer([b"no image"]))
    telemetry.watch("winnow_test", "A number.", lambda: 7)
    text = telemetry.text().decode()
    assert 'winnow_model_info{commit="' + "c" * 40 in text
    assert "winnow_test 7.0" in text
    assert "winnow_batch_size_count 0.0" in text, "a batch without an image is none"
    assert "_created" not in text


def test_what_an_alert_counts_is_there_before_it_happens() -> None:
    text = Telemetry().text().decode()
    assert 'winnow_refused_total{type="internal-error"} 0.0' in text
    assert 'winnow_reloads_total{result="refused"} 0.0' in text


def test_two_services_in_one_process_count_apart() -> None:
    first, second = Telemetry(), Telemetry()
    first.requests.labels("/v1/predict", "200").inc()
    assert 'winnow_requests_total{route="/v1/predict",status="200"} 1.0' in first.text().decode()
    assert "winnow_requests_total{" not in second.text().decode()
