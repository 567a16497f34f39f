"""Records of a release as its jobs would hand them on, for whoever reads them."""

from typing import Any

from winnow.registry.entry import VaultLook
from winnow.release.record import Answered, Check, Request, Timing, Verification
from winnow.verdict.record.evidence import Estimate

COMMIT = "a" * 40
GOOD = Estimate(value=0.95, low=0.9, high=0.98)

LOOK = VaultLook(
    metric="accuracy",
    vault=GOOD,
    test=GOOD,
    difference=Estimate(value=0.0, low=-0.1, high=0.1),
    margin=0.03,
    num_images=40,
    file="onnx/model.onnx",
    sha256="3" * 64,
    passed=True,
)


def request(**changes: Any) -> Request:
    content = {"action": "promote", "reason": "the tag classifier@v1.0.0", "artifact": "classifier"}
    return Request.model_validate({**content, "version": "v1.0.0", "stage": "staging", "folder": ".", **changes})


def verification(
    notes: dict[str, str] | None = None, *, fields: dict[str, Any] | None = None, **results: Any
) -> Verification:
    """Return one whose checks have these results; `fields` are other fields, `notes` what checks say."""
    known = {"evidence": "pass", "parity": "pass", "latency": "pass", **results}
    content: dict[str, Any] = {
        "artifact": "classifier",
        "version": "v1.0.0",
        "stage": "staging",
        "commit": COMMIT,
        "data_hash": "1" * 64,
        "lock_sha256": "2" * 64,
        "files": {"onnx/model.onnx": {"sha256": "3" * 64, "num_bytes": 9}},
        "served": "model.onnx",
        "checks": [
            Check(id=name, result=each, note=(notes or {}).get(name, "looked at")) for name, each in known.items()
        ],
        "num_images": 40,
        "metrics": {"accuracy": GOOD},
        "answered": [
            Answered(file="model.onnx", precision="fp32", max_difference=0.0, agreement=1.0, accuracy_change=GOOD)
        ],
        "timing": Timing(p50_ms=1.0, p95_ms=2.0, num_trials=1, recorded_p50_ms=1.0, recorded_p95_ms=2.0),
        "vault": "none",
    }
    return Verification.model_validate({**content, **(fields or {})})
