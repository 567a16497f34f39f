"""Long runs that watch memory: many images, and a service under load."""

from invoke import Exit

from tooling.running import must

PARTS = {"images": "soak", "serving": "soak_serving"}
"""The benchmark behind each."""


def run_soak(part: str, minutes: float) -> None:
    """Run one part, or all; with `minutes` the one of serving alone, and without writing its table."""
    if part and part not in PARTS:
        raise Exit(f"expected one of {', '.join(PARTS)}, got {part!r}", code=2)
    if minutes and part != "serving":
        raise Exit("--minutes goes with --part serving", code=2)
    if minutes:
        must("python", f"benchmarks/{PARTS[part]}.py", "--minutes", f"{minutes:g}")
        return
    must("python", "benchmarks/report.py", *([PARTS[part]] if part else PARTS.values()))
