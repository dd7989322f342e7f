"""A PostgreSQL server for a test: its own files, no network, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_postgres() -> Path | None:
    """The folder of the server's programs: Debian keeps them out of the way."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


@contextmanager
def serve_postgres(programs: Path) -> Iterator[str]:
    """A new server, and the address of its database."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        user = None
        if os.geteuid() == 0:  # PostgreSQL refuses to be run by root
            user = "postgres" if "postgres" in {u.pw_name for u in pwd.getpwall()} else "nobody"
            shutil.chown(folder, user)

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", f"{folder}/data", *arguments]
            subprocess.run(
                command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=100
            )

        run(
            "initdb", "--username=lab", "--auth=trust", "--locale=C", "--encoding=UTF8", "--no-sync"
        )
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        run("pg_ctl", "start", "--wait", "--log", f"{folder}/log", "-o", options)
        try:
            yield f"postgresql://lab@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate")
