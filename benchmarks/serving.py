"""Serving a ResNet-18: winnow, the usual FastAPI service, LitServe, BentoML and bare onnxruntime, on two cores.

One network with random weights at 64 and at 224 px; the same 40 pictures (JPEG and PNG of mixed sizes and modes, which
the usual service reads, too), sent in forms by the same client, that of `winnow load`. winnow, LitServe, BentoML and
bare onnxruntime run the same ONNX file in floats, with two workers of one thread; the usual service runs torch eager
with two threads. `winnow, int8` is what winnow serves where `winnow export` finds nothing lost. Bare onnxruntime
decodes, resizes and infers in two threads and has no HTTP: the limit.

All services run at once, and each question goes to one after the other, in four rounds: minutes in which the machine is
slow meet all of them alike. At each rate the median of the rounds counts. Intervals (95 %) are of the rounds drawn
again, the same ones for everybody; of so few they are rough. Ten times the load comes last, to one service at a time.

The clients run on the same two cores, at a lower priority than the service (nice 5), for all alike: they take a part of
every figure but the limit's. So the share of the limit is given twice: in pictures a second, and in what the processor
worked for each in the service alone. Latency counts from when a request was due, for the overload from when it was
sent: a client that cannot keep up would hide the service. Ten times the load comes from a client that does little more
than send prepared bytes.

Expected: at least 5 times the usual service's throughput at p99 below 100 ms, ahead of LitServe and BentoML, 0.85 of
bare onnxruntime; at ten times that load p99 of the accepted within 3 times the unloaded one; under a flood of
explanations p95 of predictions within 1.3 times. About 50 minutes; `--trial` only looks whether it works.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from _contenders import own, peers
from _pictures import say
from _probing import TRIAL, Found, Pace, Prober, examine, run_aside
from _resnet import save_resnet
from _rounds import Closed, Draw, Rounds, interval
from _served import Contender, serving

from winnow.load_test.pictures import Picture, made_pictures
from winnow.load_test.plan import Plan
from winnow.load_test.summary import Latency
from winnow.serving.model import Loaded, load
from winnow.serving.source import find_source

CORES = 2
SIZES = (64, 224)
NUM_PICTURES = 40
GOALS = "Goals: 5 times the usual service, ahead of LitServe and BentoML, 0.85 of bare onnxruntime."


def pictures() -> list[Picture]:
    """Return pictures that every contender reads."""
    made = made_pictures(4 * NUM_PICTURES)
    return [each for each in made if each.content_type in {"image/jpeg", "image/png"} and "I;16" not in each.name][
        :NUM_PICTURES
    ]


def bare(loaded: Loaded, sent: Sequence[Picture], duration_s: float) -> Closed:
    """Return what onnxruntime and the decoder alone do in two threads, with nothing around them."""
    end = time.perf_counter() + duration_s

    def work(offset: int) -> int:
        done = 0
        while time.perf_counter() < end:
            loaded.answer([sent[(offset + done) % len(sent)].content])
            done += 1
        return done

    before_s = time.process_time()
    with ThreadPoolExecutor(CORES) as threads:
        num_done = sum(threads.map(work, (0, len(sent) // 2)))
    return Closed(num_done, duration_s, (time.process_time() - before_s) / num_done)


def explain_ratio(contender: Contender, sent: Sequence[Picture], rate_per_s: float, pace: Pace, log: Path) -> float:
    """Return p95 of predictions under a flood of explanations over p95 without: the median of a few pairs."""
    with serving(contender, sent[0], log) as served:
        prober = Prober(served, contender.title, contender.path, sent, pace)
        ratios = []
        for _ in range(pace.num_rounds):
            alone = prober.at_rate(rate_per_s, pace.low_s)
            flood = Plan(served.url, "/v1/explain?grid=4", num_users=4, duration_s=pace.low_s + 8, timeout_s=60)
            thread = threading.Thread(target=run_aside, args=(flood, sent))
            thread.start()
            time.sleep(min(3.0, pace.low_s))
            flooded = prober.at_rate(rate_per_s, pace.low_s)
            thread.join()
            if alone.latency and flooded.latency:
                ratios.append(flooded.latency.p95_ms / alone.latency.p95_ms)
                say(f"  flood: {ratios[-1]:.2f}")
    return median(ratios) if ratios else float("nan")


def compare(size: int, place: Path, pace: Pace, *, with_peers: bool) -> None:
    """Print the table for one size."""
    sent = pictures()
    folder = save_resnet(place / f"{size}", size)
    contenders, notes = own(folder, size, CORES), ["LitServe and BentoML were not asked for."]
    if pace is TRIAL:
        contenders = [each for each in contenders if each.title.startswith(("**", "usual"))]
    if with_peers:
        more, notes = peers(folder, place)
        contenders += more
    loaded, limit = load(find_source(folder / "fp32"), num_threads=1, max_pixels=25_000_000), Rounds()

    def ask_limit() -> None:
        limit.closed.append(bare(loaded, sent, pace.closed_s))

    found = ask_all(contenders, sent, pace, place, notes, ask_limit)
    show(size, contenders, found, limit)
    ours = contenders[0]
    rate = max(1.0, found[ours.title].rounds.best_per_s() / 2) if ours.title in found else 1.0
    ratio = explain_ratio(ours, sent, rate, pace, place / "service.log")
    print(f"\np95 of winnow's predictions under a flood of explanations: {ratio:.2f} times that without (goal: 1.3).")
    print("".join(f"\n{note}\n" for note in notes))


def ask_all(
    contenders: Sequence[Contender],
    sent: Sequence[Picture],
    pace: Pace,
    place: Path,
    notes: list[str],
    ask_limit: Callable[[], None],
) -> dict[str, Found]:
    """Return what was found about each; who does not start gets a line in `notes`."""
    with ExitStack() as running:
        probers: dict[str, tuple[Prober, ExitStack]] = {}
        for number, each in enumerate(contenders):
            say(f"starting {each.title}")
            alone = running.enter_context(ExitStack())
            try:
                served = alone.enter_context(serving(each, sent[0], place / f"service-{number}.log"))
            except RuntimeError as error:
                notes.append(f"{each.title} did not run: {str(error).splitlines()[-1][:200]}")
                continue
            probers[each.title] = (Prober(served, each.title, each.path, sent, pace), alone)
        examine([prober for prober, _ in probers.values()], pace, ask_limit)
        found = {}
        for title, (prober, alone) in probers.items():
            found[title] = prober.overload()
            alone.close()  # what it has left undone shall not meet the next
    return found


def show(size: int, contenders: Sequence[Contender], found: dict[str, Found], limit: Rounds) -> None:
    """Print both tables of a size."""
    print(f"\n### ResNet-18, {size} px\n")
    print(
        "| | requests/s at p99 < 100 ms | 8 clients, requests/s | processor (ms each) | p50 / p95 / p99 at 4/s (ms) | ",
        end="",
    )
    print("cold start (s) | memory (MB) | installed (MB) |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    for each in contenders:
        if (seen := found.get(each.title)) is not None:
            best = _with_interval(seen.rounds.best_per_s, seen.rounds, 1)
            figures = f"{best} | {_both(seen.rounds)} | {_three(seen.low)}"
            sizes = f"{seen.cold_start_s:.1f} | {seen.memory_mb:.0f} | {each.installed_mb:,.0f}"
            print(f"| {each.title} | {figures} | {sizes} |")
    print(f"| limit: bare onnxruntime, with decoding | | {_both(limit)} | | | | |")
    print("\nTen times the load that each can take:\n")
    print("| | asked/s | answered/s | refused | errors | p99 of the accepted (ms) | times the unloaded p99 |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for each in contenders:
        if (seen := found.get(each.title)) is not None:
            over = seen.overload
            p99 = f"{seen.overload_service.p99_ms:.0f}" if seen.overload_service else "none"
            both = (seen.overload_service, seen.low)
            times = f"{both[0].p99_ms / both[1].p99_ms:.1f}" if both[0] and both[1] else ""
            rates = f"{over.asked_per_s:.0f} | {over.answered_per_s:.1f}"
            shares = f"{over.refused_fraction:.0%} | {over.error_fraction:.0%}"
            print(f"| {each.title} | {rates} | {shares} | {p99} | {times} |")
    _say_ratios(found, limit)


def _say_ratios(found: dict[str, Found], limit: Rounds) -> None:
    ours = found.get("**winnow**")
    if ours is None:
        return
    mine = ours.rounds
    ratios = [
        f"{_with_interval(partial(_times, mine, seen.rounds), mine)} times {title}"
        if seen.rounds.best_per_s()
        else f"{title}: never below 100 ms"
        for title, seen in found.items()
        if seen is not ours
    ]
    closed = _with_interval(lambda draw: mine.closed_per_s(draw) / limit.closed_per_s(draw), mine)
    cpu = _with_interval(lambda draw: limit.cpu_s(draw) / mine.cpu_s(draw), mine)
    print(f"\nThroughput of winnow at p99 < 100 ms: {', '.join(ratios)}; ", end="")
    print(f"8 clients: {closed} of bare onnxruntime, which shares its cores with no client; ", end="")
    print(f"by what the processor works for a picture: {cpu}. {GOALS}")


def _times(ours: Rounds, others: Rounds, draw: Draw) -> float:
    theirs = others.best_per_s(draw)
    return ours.best_per_s(draw) / theirs if theirs else float("inf")


def _with_interval(statistic: Callable[[Draw], float], rounds: Rounds, num_digits: int = 2) -> str:
    low, high = interval(statistic, len(rounds.closed))
    return f"{statistic(()):.{num_digits}f} ({low:.{num_digits}f} to {high:.{num_digits}f})"


def _both(rounds: Rounds) -> str:
    return f"{rounds.closed_per_s():.1f} | {1000 * rounds.cpu_s():.1f}"


def _three(latency: Latency | None) -> str:
    return f"{latency.p50_ms:.0f} / {latency.p95_ms:.0f} / {latency.p99_ms:.0f}" if latency else "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trial", action="store_true", help="64 px only, a second each, without LitServe and BentoML")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--no-peers", action="store_true", help="install nothing")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no service is left running
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))
    with tempfile.TemporaryDirectory() as name:
        for size in options.sizes[:1] if options.trial else options.sizes:
            pace = TRIAL if options.trial else Pace()
            compare(size, Path(name), pace, with_peers=not (options.no_peers or options.trial))
    print("\nThe clients ran on the same cores, at a lower priority (nice 5) than the services; the limit had none.")


if __name__ == "__main__":
    main()
