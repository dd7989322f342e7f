"""What each line of requirements.txt costs on disk, as installed here: writes a Markdown table."""

import platform
import re
from importlib.metadata import Distribution, distributions

from packaging.requirements import Requirement

from helpers import ROOT


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


INSTALLED = {normal(found.metadata["Name"]): found for found in distributions()}


def megabytes(package: Distribution) -> float:
    places = [file.locate() for file in package.files or []]
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
    reasons = dict(re.fullmatch(r"([\w-]+)\S*\s+# (.+)", x).groups() for x in lines if x[0] != "#")
    packages = {name: with_dependencies(normal(name), set()) for name in reasons}
    sizes = {name: megabytes(INSTALLED[name]) for name in set().union(*packages.values())}
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}:", end=" ")
    print(f"{len(sizes)} packages, {sum(sizes.values()):.0f} MB. The last column is what leaving")
    print("this line out would save: nothing where another line needs the same.\n")
    print(
        "| package | which notebook needs it, for what | MB, with all it needs | MB, of its own |"
    )
    print("|---|---|---|---|")
    for name in sorted(reasons, key=lambda name: -sum(map(sizes.get, packages[name]))):
        others = set().union(*(packages[other] for other in reasons if other != name))
        total = sum(map(sizes.get, packages[name]))
        own = sum(map(sizes.get, packages[name] - others))
        version = INSTALLED[normal(name)].version
        print(f"| {name} {version} | {reasons[name]} | {total:.0f} | {own:.0f} |")


if __name__ == "__main__":
    main()
