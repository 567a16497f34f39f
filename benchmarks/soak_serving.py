"""Half an hour of load: `winnow serve` with memory sampled, reloads, explanations and a SIGTERM now and then.

A model of winnow's own small network answers pictures of every kind at half of what it can take. Three processes follow
each other; each is reloaded and asked for an explanation five times, and in the end gets SIGTERM and must end with 0.
Memory is that of the process, sampled each second from the first reload on: that one holds two models under load for
the first time, and belongs to the warm-up. Answers are logged, and counted in the log afterwards.

Expected: no error; no answer that is not in the log; resident memory in the last quarter of each life at most 10 % and
20 MB above that in the first.
`--minutes 2` tries it out, with everything sooner.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from _pictures import say
from _resnet import save_resnet
from _served import Contender, Served, ask, serving

from winnow.load_test.pictures import Picture, made_pictures
from winnow.load_test.plan import Plan
from winnow.load_test.running import run
from winnow.load_test.summary import Summary, summarize
from winnow.traffic.reading import TrafficLog
from winnow.traffic.target import Folder

MINUTES = 30.0
LIVES = 3
RELOADS_PER_LIFE = 5
BAND_FRACTION = 0.10
BAND_MB = 20.0
TOKEN = "soak"
SIZE = 64
TRAFFIC = "traffic"


@dataclass
class Life:
    """What one process came to."""

    summary: Summary
    num_answers: int = 0
    """All of them, the warm-up's, too."""

    samples_mb: list[float] = field(default_factory=list)
    num_reloads: int = 0
    num_explained: int = 0
    num_logged: int = 0
    exit_code: int = -1

    @property
    def first_mb(self) -> float:
        """Median memory in the first quarter after the warm-up."""
        return median(self.samples_mb[: max(1, len(self.samples_mb) // 4)])

    @property
    def last_mb(self) -> float:
        """Median memory in the last quarter."""
        return median(self.samples_mb[-max(1, len(self.samples_mb) // 4) :])

    def problems(self) -> list[str]:
        """Return what was not as promised."""
        found = []
        allowed = self.first_mb * (1 + BAND_FRACTION) + BAND_MB
        if self.last_mb > allowed:
            found.append(f"memory grew from {self.first_mb:.0f} to {self.last_mb:.0f} MB; allowed were {allowed:.0f}")
        if self.summary.num_errors:
            found.append(f"{self.summary.num_errors} errors: {self.summary.statuses}")
        if self.num_logged < self.num_answers:
            found.append(f"{self.num_answers - self.num_logged} answers are not in the log")
        if self.exit_code:
            found.append(f"SIGTERM ended it with {self.exit_code}")
        return found


def live(contender: Contender, sent: list[Picture], seconds: float, rate_per_s: float, place: Path) -> Life:
    """Run one process under load, and end it by SIGTERM while it is idle again."""
    traffic = TrafficLog(Folder(place / TRAFFIC))
    num_before = count(traffic)
    with serving(contender, sent[0], place / "log") as served:
        plan = Plan(served.url, rate_per_s=rate_per_s, duration_s=seconds, warm_up_s=min(60.0, seconds / 5))
        answers = []
        thread = threading.Thread(target=lambda: answers.extend(run(plan, sent)))
        thread.start()
        life = Life(summarize([], plan))
        _watch(served, life, plan, sent[0], thread)
        life.summary = summarize(answers, plan)
        served.process.send_signal(signal.SIGTERM)
        life.exit_code = served.process.wait(60)
    life.num_answers = sum(each.is_good for each in answers)
    life.num_logged = count(traffic) - num_before
    return life


def count(traffic: TrafficLog) -> int:
    """Return how many answers are in the log."""
    return sum(1 for _ in traffic.requests())


def _watch(served: Served, life: Life, plan: Plan, picture: Picture, thread: threading.Thread) -> None:
    begun = time.monotonic()
    every_s = plan.duration_s / (RELOADS_PER_LIFE + 1)
    next_s = plan.warm_up_s + every_s
    while thread.is_alive():
        since = time.monotonic() - begun
        if life.num_reloads:
            life.samples_mb.append(served.memory_mb)
        if next_s < since < plan.end_s:
            next_s += every_s
            life.num_reloads += _reload(served.url)
            life.num_explained += ask(f"{served.url}/v1/explain?grid=4", picture, timeout_s=90) == 200
        thread.join(1.0)


def _reload(url: str) -> int:
    """Return 1 when the model was loaded anew."""
    request = urllib.request.Request(f"{url}/v1/admin/reload", b"", {"X-Admin-Token": TOKEN})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int("version" in json.load(answer))
    except urllib.error.HTTPError as error:
        error.close()
        return 0


def capacity(contender: Contender, sent: list[Picture], seconds: float, log: Path) -> float:
    """Return how many a second are answered to clients that ask again at once."""
    with serving(contender, sent[0], log) as served:
        plan = Plan(served.url, num_users=4, duration_s=seconds, warm_up_s=1)
        return summarize(run(plan, sent), plan).answered_per_s


def show(lives: list[Life], rate_per_s: float, minutes: float) -> list[str]:
    """Print the table; return what was not as promised."""
    print(f"{minutes:g} minutes at {rate_per_s:.0f} arrivals a second, half of what it takes; {LIVES} processes.\n")
    print(
        "| process | answered | logged, warm-up too | refused | errors | p50 / p99 (ms) | memory, first, ",
        end="",
    )
    print(
        "last quarter (MB) | reloads | explanations | exit code |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    problems = []
    for number, life in enumerate(lives, 1):
        seen = life.summary
        latency = f"{seen.latency.p50_ms:.0f} / {seen.latency.p99_ms:.0f}" if seen.latency else "none"
        logged = f"{life.num_logged:,} of {life.num_answers:,}"
        counts = f"{seen.num_answered:,} | {logged} | {seen.num_refused:,} | {seen.num_errors:,} | {latency}"
        memory = f"{life.first_mb:.0f}, {life.last_mb:.0f}"
        print(f"| {number} | {counts} | {memory} | {life.num_reloads} | {life.num_explained} | {life.exit_code} |")
        problems += [f"process {number}: {each}" for each in life.problems()]
    print(f"\nBand: {BAND_FRACTION:.0%} and {BAND_MB:g} MB. " + ("Kept." if not problems else "; ".join(problems)))
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no service is left running
    os.environ["WINNOW_ADMIN_TOKEN"] = TOKEN
    seconds = options.minutes * 60 / LIVES
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        save_resnet(place, SIZE, name="winnow/small_cnn")
        words = ("--port", "{port}", "--log-to", str(place / TRAFFIC), "--log-buffer", str(place / "buffer"))
        command = (sys.executable, "-m", "winnow", "serve", str(place / "fp32"), *words)
        contender = Contender("winnow", command, "/v1/predict")
        sent = made_pictures()
        rate_per_s = max(1.0, capacity(contender, sent, min(10.0, seconds / 4), place / "log") / 2)
        lives = []
        for number in range(LIVES):
            say(f"process {number + 1} of {LIVES}: {seconds:.0f} s at {rate_per_s:.0f}/s")
            lives.append(live(contender, sent, seconds, rate_per_s, place))
    return 1 if show(lives, rate_per_s, options.minutes) else 0


if __name__ == "__main__":
    sys.exit(main())
