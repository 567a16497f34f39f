"""Who may wait when too many come: winnow's rule beside none and beside a short queue, simulated.

Requests arrive by chance (Poisson) at two workers; an image takes 13 ms of one of them, half or one and a half times
that at the ends, and for tenths of a second the machine is a fifth slower or faster. `winnow` is the class that the
service uses, with 30 ms of patience; `short queue` refuses at any time what would wait for longer than that; `all wait`
refuses nobody. Load is what arrives over what the workers can do.

Expected: up to a load of 0.85 at most 1 % refused with p99 below 100 ms, where `short queue` refuses more; at ten
times the load p99 as that of `short queue`, where `all wait` has no bound. Seconds.
"""

import random
from bisect import insort
from collections import deque
from collections.abc import Callable

from winnow.load_test.summary import Latency
from winnow.serving.admission import Admission, BatchLimits, Overloaded

IMAGE_S = 0.013
LIMITS = BatchLimits(num_workers=2, max_batch=1, wait_s=0, max_queue=1024, patience_s=0.03)
LOADS = (0.7, 0.8, 0.85, 0.9, 1.0, 3.0, 10.0)
WARM_UP_S, END_S = 2.0, 240.0
WOBBLE = (0.5, 0.8, 0.9, 1.0, 1.0, 1.1, 1.2, 1.5)
SPEEDS = (0.8, 1.0, 1.0, 1.0, 1.2)
STRETCH_S = 0.1


class AllWait:
    """Refuses nobody."""

    def note_empty(self) -> None:
        """Need not know."""

    def note_batch(self, spent_s: float, num_images: int) -> None:
        """Need not know."""

    def require_room(self, num_waiting: int, num_jobs: int) -> None:
        """Let everybody in."""


class ShortQueue(AllWait):
    """Refuses at any time what would wait for longer than the patience."""

    def require_room(self, num_waiting: int, num_jobs: int) -> None:
        """Raise Overloaded for who would wait too long."""
        if num_waiting and (num_waiting + num_jobs) * IMAGE_S / LIMITS.num_workers > LIMITS.patience_s:
            raise Overloaded(1)


Rule = Admission | AllWait


class Service:
    """Two workers and their queue, in a time of their own."""

    def __init__(self, make_rule: Callable[["Service"], Rule], load: float) -> None:
        self.now_s = 0.0
        self.latencies_ms: list[float] = []
        self.num_asked, self.num_refused = 0, 0
        self._rule = make_rule(self)
        self._rate_per_s = load * LIMITS.num_workers / IMAGE_S
        self._chance = random.Random(0)
        self._speeds = [self._chance.choice(SPEEDS) for _ in range(int(2 * END_S / STRETCH_S))]
        self._waiting: deque[float] = deque()
        self._ends: list[tuple[float, float, float]] = []
        """When each busy worker ends, how long it takes, and when its image arrived; the next one first."""

    def run(self) -> None:
        """Let requests arrive until the end."""
        while (due_s := self.now_s + self._chance.expovariate(self._rate_per_s)) < END_S:
            while self._ends and self._ends[0][0] <= due_s:
                self._end_one()
            self.now_s = due_s
            self._arrive()

    def _arrive(self) -> None:
        counts = self.now_s > WARM_UP_S
        self.num_asked += counts
        try:
            self._rule.require_room(len(self._waiting), 1)
        except Overloaded:
            self.num_refused += counts
            return
        if not self._waiting:
            self._rule.note_empty()
        self._waiting.append(self.now_s)
        self._begin_one()

    def _begin_one(self) -> None:
        if self._waiting and len(self._ends) < LIMITS.num_workers:
            speed = self._speeds[int(self.now_s / STRETCH_S) % len(self._speeds)]
            spent_s = IMAGE_S * speed * self._chance.choice(WOBBLE)
            insort(self._ends, (self.now_s + spent_s, spent_s, self._waiting.popleft()))

    def _end_one(self) -> None:
        self.now_s, spent_s, arrived_s = self._ends.pop(0)
        self._rule.note_batch(spent_s, 1)
        if arrived_s > WARM_UP_S:
            self.latencies_ms.append(1000 * (self.now_s - arrived_s))
        self._begin_one()


RULES: dict[str, Callable[[Service], Rule]] = {
    "**winnow**": lambda service: Admission(LIMITS, lambda: service.now_s),
    "short queue": lambda _: ShortQueue(),
    "all wait": lambda _: AllWait(),
}


def main() -> None:
    print("Refused / p99 of the others (ms), by load:\n")
    print("| |", "".join(f" {load:g} |" for load in LOADS), sep="")
    print("|---|", "---:|" * len(LOADS), sep="")
    for title, make_rule in RULES.items():
        cells = []
        for load in LOADS:
            service = Service(make_rule, load)
            service.run()
            latency = Latency.of(service.latencies_ms)
            p99 = f"{latency.p99_ms:,.0f}" if latency else "none"
            cells.append(f"{service.num_refused / service.num_asked:.1%} / {p99}")
        print(f"| {title} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
