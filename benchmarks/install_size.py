"""What each line of requirements.txt costs on disk, as installed: writes install_size.md."""

import platform
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from report import publish, table

from helpers import ROOT


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


INSTALLED = {normal(found.metadata["Name"]): found for found in distributions()}


def megabytes(package: Distribution) -> float:
    places = [Path(file.locate()) for file in package.files or []]
    return sum(place.stat().st_size for place in places if place.is_file()) / 1e6


def with_dependencies(name: str, found: set[str], extras: tuple[str, ...] = ()) -> set[str]:
    """The installed packages that come with `name`, itself too, added to `found`."""
    if name in INSTALLED and name not in found:
        found.add(name)
        for line in INSTALLED[name].requires or []:
            needed = Requirement(line)
            markers = needed.marker
            if markers is None or any(markers.evaluate({"extra": e}) for e in ("", *extras)):
                with_dependencies(normal(needed.name), found, tuple(needed.extras))
    return found


def main() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = (re.fullmatch(r"([\w-]+)\S*\s+# (.+)", line) for line in lines if line[0] != "#")
    reasons = {line[1]: line[2] for line in found}
    packages = {name: with_dependencies(normal(name), set()) for name in reasons}
    sizes = {name: megabytes(INSTALLED[name]) for name in set().union(*packages.values())}

    def total(names: set[str]) -> float:
        return sum(sizes[name] for name in names)

    rows = []
    for name in sorted(reasons, key=lambda name: -total(packages[name])):
        others = set().union(*(packages[other] for other in reasons if other != name))
        version = INSTALLED[normal(name)].version
        all_of_it, own = total(packages[name]), total(packages[name] - others)
        rows.append([f"{name} {version}", reasons[name], f"{all_of_it:.0f}", f"{own:.0f}"])
    heading = ["package", "which notebook needs it, for what"]
    lines = [
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}: "
        f"{len(sizes)} packages, {sum(sizes.values()):.0f} MB. The last column is what leaving",
        "this line out would save: nothing where another line needs the same.",
        "",
        *table([*heading, "MB, with all it needs", "MB, of its own"], *rows),
    ]
    publish(__file__, lines)


if __name__ == "__main__":
    main()
