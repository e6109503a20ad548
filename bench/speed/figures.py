"""What a run says: the figures with their targets, and the tables made of them."""
import datetime
import os
import subprocess
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One line of the table. With a rival, the targets hold for the ratio of the two; without, for the figure itself."""
    key: str
    title: str
    unit: str
    must: float
    aim: float
    higher_is_better: bool = False
    has_rival: bool = True
    digits: int = 1


@dataclass
class Outcome:
    figure: Figure
    ours: float
    theirs: float | None
    others: dict  # further rivals' medians by name, for information
    ratio: float | None

    @staticmethod
    def of(figure, ours, theirs=(), others=None):
        """From the values of all rounds. The ratio is the median of the rounds' ratios: both sides of one met the same neighbours on the machine."""
        ratio = median(a / b for a, b in zip(ours, theirs)) if theirs else None
        return Outcome(figure, median(ours), median(theirs) if theirs else None, {n: median(v) for n, v in (others or {}).items()}, ratio)

    @property
    def measure(self):
        return self.ratio if self.figure.has_rival else self.ours

    def reaches(self, target):
        return self.measure >= target if self.figure.higher_is_better else self.measure <= target


def table(outcomes):
    lines = [f"{'figure':64} {'lateen':>10} {'haproxy':>10} {'ratio':>7} {'must':>9} {'aim':>9}  reached"]
    for o in outcomes:
        f = o.figure
        sign = ">=" if f.higher_is_better else "<="
        unit = "x" if f.has_rival else f" {f.unit}"
        theirs = f"{o.theirs:.{f.digits}f}" if o.theirs is not None else "-"
        ratio = f"{o.ratio:.2f}x" if o.ratio is not None else "-"
        reached = "aim" if o.reaches(f.aim) else "must" if o.reaches(f.must) else "NO"
        title = f"{f.title}, {f.unit}"
        lines.append(f"{title:64} {o.ours:>10.{f.digits}f} {theirs:>10} {ratio:>7} {sign} {f.must:g}{unit:<3} {sign} {f.aim:g}{unit:<3}  {reached}"
                     + "".join(f"  {name} {value:.{f.digits}f}" for name, value in o.others.items()))
    return "\n".join(lines)


def append(path, outcomes, machine):
    """One line per figure: when, of which commit, on what, and what was found."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    is_new = not os.path.exists(path)
    with open(path, "a") as f:
        if is_new:
            f.write("time\tcommit\tmachine\tfigure\tunit\tlateen\thaproxy\tratio\tmust\taim\treached\n")
        for o in outcomes:
            reached = "aim" if o.reaches(o.figure.aim) else "must" if o.reaches(o.figure.must) else "no"
            theirs = "" if o.theirs is None else f"{o.theirs:.4g}"
            ratio = "" if o.ratio is None else f"{o.ratio:.3f}"
            f.write(f"{now}\t{commit}\t{machine}\t{o.figure.key}\t{o.figure.unit}\t{o.ours:.4g}\t{theirs}\t{ratio}\t{o.figure.must:g}\t{o.figure.aim:g}\t{reached}\n")
