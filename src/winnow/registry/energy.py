"""What a model cost to make: time as the steps measured it, energy, carbon and money as an estimate."""

from winnow.files import read_json
from winnow.project import Project
from winnow.records import Number, Record
from winnow.registry.owner_part import OwnerPart

STEPS = ("prepare", "train", "evaluate", "export")
JOULES_PER_KWH = 3.6e6

_FORMULA = "energy = power * time * overhead (PUE); carbon = energy * grid intensity"
_SOURCE = "Strubell et al. 2019 (arXiv:1906.02243), Lacoste et al. 2019 (arXiv:1910.09700)"


class StepTime(Record):
    """A step's last run."""

    step: str
    wall_s: Number
    device: str | None


class Effort(Record):
    """Of the last run of every step. Failed attempts and searches are in nobody's files, so not in here."""

    steps: list[StepTime]
    wall_s: Number
    energy_kwh: Number | None
    """None where `card.yaml` gives no power."""
    carbon_g: Number | None
    price: Number | None
    formula: str
    source: str


def estimate_effort(project: Project, owner: OwnerPart) -> Effort:
    """Return the times of `reports/cost/` and what follows from them and the owner's figures.

    E [kWh] = P [W] x t [s] x PUE / 3.6e6, and CO2 [g] = E x intensity [g/kWh]: Strubell, Ganesh & McCallum, ACL 2019,
    section 2; Lacoste, Luccioni, Schmidt & Dandres 2019, section 2. The machine's power is the owner's figure: no
    counter is read.
    """
    steps = [step for name in STEPS if (step := _time(project, name))]
    wall_s = sum(step.wall_s for step in steps)
    energy = owner.power_w * wall_s * owner.overhead / JOULES_PER_KWH if owner.power_w else None
    return Effort(
        steps=steps,
        wall_s=round(wall_s, 2),
        energy_kwh=energy,
        carbon_g=energy * owner.carbon_g_per_kwh if energy is not None and owner.carbon_g_per_kwh else None,
        price=wall_s / 3600 * owner.price_per_h if owner.price_per_h else None,
        formula=_FORMULA,
        source=_SOURCE,
    )


def _time(project: Project, step: str) -> StepTime | None:
    path = project.cost(step)
    if not path.is_file():
        return None
    content = read_json(path, hint=f"run `winnow {step}`")
    wall_s = content.get("wall_s")
    if isinstance(wall_s, bool) or not isinstance(wall_s, int | float):
        return None
    device = content.get("device")
    return StepTime(step=step, wall_s=wall_s, device=device if isinstance(device, str) else None)
