"""What Prometheus is told: where the time goes, how full the batches are, what is answered, which model answers."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from winnow import __version__
from winnow.serving.model import Answer, Loaded, Result
from winnow.serving.problems import KINDS

CONTENT_TYPE = CONTENT_TYPE_LATEST
_FAST = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SLOW = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
RELOADED = ("done", "refused")
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Telemetry:
    """The metrics of one service, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # a second series beside each, which nobody asks for
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = self._counter("winnow_requests", "Requests by route and status.", "route", "status")
        self.total = self._histogram("winnow_request_seconds", "From the first byte to the answer.", _FAST, "route")
        self.queue = self._histogram("winnow_queue_seconds", "How long an image waited for a worker.", _FAST)
        self.decode = self._histogram("winnow_decode_seconds", "From an image's bytes to the model's pixels.", _FAST)
        self.inference = self._histogram("winnow_inference_seconds", "The model's work on one batch.", _FAST)
        self.explain = self._histogram("winnow_explain_seconds", "One explanation, without its wait.", _SLOW)
        self.batch = self._histogram("winnow_batch_size", "Images in a batch.", _SIZES)
        self.predictions = self._counter("winnow_predictions", "Images by their most probable class.", "label")
        self.refused = self._counter("winnow_refused", "Requests that ended in a problem, by its type.", "type")
        self.reloads = self._counter("winnow_reloads", "Changes of the model, by their end.", "result")
        # From the start, at 0: Prometheus does not see the first of what was not there before.
        for kind in KINDS:
            self.refused.labels(kind.name)
        for result in RELOADED:
            self.reloads.labels(result)
        self._info = Gauge(
            "winnow_model_info",
            "The model that answers: always 1.",
            ("name", "version", "precision", "commit", "winnow"),
            registry=self.registry,
        )
        self._ready = self._gauge("winnow_ready", "1 when the service takes requests.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=buckets, registry=self.registry)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge whose value is asked for when Prometheus asks."""
        self._gauge(name, text).set_function(read)

    def watch_ready(self, read: Callable[[], float]) -> None:
        """Say how readiness is asked for."""
        self._ready.set_function(read)

    def name_model(self, loaded: Loaded) -> None:
        """Say which model answers from now on."""
        self._info.clear()
        precision = loaded.runtime.meta.precision
        commit = loaded.source.commit or ""
        self._info.labels(loaded.source.name, loaded.version, precision, commit, __version__).set(1)

    def note_batch(self, results: Sequence[Result]) -> None:
        """Count a batch that a worker has finished."""
        answers = [result for result in results if isinstance(result, Answer)]
        for answer in answers:
            self.decode.observe(answer.decode_s)
        if answers:
            self.batch.observe(answers[0].batch_size)
            self.inference.observe(answers[0].inference_s)

    def text(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self.registry)
