"""Every parser, fuzzed with coverage as guide.

One invariant: *parses, or raises the documented error, never anything else*; and an input takes
less than 5 s of processor time and 2 GiB, writes only in its folder, starts no process, opens no
connection. Inputs begin as what the product's own writers write, and are changed with their
structure kept (a chunk of an XDF, a value of a table) or byte by byte.

    python -m pip install --target build/atheris --no-deps atheris==3.0.0
    PYTHONPATH=.:build/atheris python benchmarks/fuzz.py session --minutes 10
    python benchmarks/fuzz.py session --input out/fuzz/session/found-0123456789ab

The second line fuzzes one target, or `all` one after another (`--help` lists them), prints a line
for each (minutes, inputs, edges covered in the product, what broke the invariant) and keeps each
input that did; the third runs such an input alone. Linux; the fuzzer is libFuzzer by Atheris, which
is needed for this alone and therefore no dependency.
"""

import argparse
import hashlib
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzz_harness import Target

_HEADROOM_BYTES = 2 << 30
_LONGEST_S = 5  # of processor time
_GIVE_UP_AFTER_S = 60  # where that cannot be noticed
_MAX_INPUT_BYTES = 1 << 15

_STARTED = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pty.spawn")
_CONNECTED = ("socket.connect", "socket.bind", "urllib.Request")
_CODE = ("pickle.find_class", "ctypes.dlopen")
_CHANGED = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class ForbiddenDeedError(BaseException):
    """An input made its parser do what no parser may; not to be caught by the parser."""


class Watch:
    """Forbids, while it is on, all but reading and what happens in one folder.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.on = False
        self._folder = str(folder)
        sys.addaudithook(self._look)
        signal.signal(signal.SIGVTALRM, _take_too_long)

    def _look(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event in _STARTED + _CONNECTED + _CODE:
            raise ForbiddenDeedError(f"{event} {arguments!r:.200}")
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & _WRITING
        else:
            path, writes = arguments and arguments[0], event in _CHANGED
        if writes and isinstance(path, str | bytes | os.PathLike):
            whole = os.path.realpath(os.fsdecode(path))
            if not whole.startswith(self._folder) and whole != os.devnull:
                raise ForbiddenDeedError(f"{event} {whole}")


def verdict(target: "Target", data: bytes, watch: Watch) -> str | None:
    """Return how an input breaks the invariant, None when it keeps it."""
    watch.on = True
    signal.setitimer(signal.ITIMER_VIRTUAL, _LONGEST_S)
    try:
        target.parse(data)
    except target.errors as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, MemoryError):
                return f"more than {_HEADROOM_BYTES >> 20} MiB {_place(cause)}"
            cause = cause.__cause__
        return None
    except (Exception, ForbiddenDeedError) as error:  # noqa: BLE001 - that is what is looked for
        return f"{type(error).__name__} {_place(error)}: {str(error)[:100]}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        watch.on = False
    return None


def _take_too_long(*_: object) -> None:
    raise ForbiddenDeedError(f"takes more than {_LONGEST_S} s")


def _place(error: BaseException) -> str:
    """Where in the product an error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if re.search(r"/(bci_app|devices|calibration)/", f.filename)]
    frame = (ours or frames)[-1]
    return f"at {Path(frame.filename).name}:{frame.lineno}"


def fuzz(name: str, seconds: int, out: Path) -> None:
    """Fuzz in this process until the time is over; libFuzzer then ends it."""
    import atheris

    with atheris.instrument_imports(include=["bci_app", "devices", "calibration"]):
        from fuzz_harness import scratch
        from fuzz_targets import TARGETS

    target = TARGETS[name]
    corpus = out / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    with scratch() as folder:
        watch, known = Watch(folder), set[str]()
        for seed in target.seeds():
            (corpus / hashlib.sha256(seed).hexdigest()[:12]).write_bytes(seed)
            target.accepts(seed)  # and what is imported late is there before the watch begins
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + _HEADROOM_BYTES, resource.RLIM_INFINITY))

        def test_one_input(data: bytes) -> None:
            broken = verdict(target, data, watch)
            signature = broken and broken.partition(": ")[0]
            if broken and signature not in known:
                known.add(str(signature))
                kept = out / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
                kept.write_bytes(data)
                sys.stderr.write(f"\nFOUND {broken!r} {kept}\n")

        def change(data: bytes, max_size: int, seed: int) -> bytes:
            rng = random.Random(seed)
            if target.mutate is None or rng.random() < 0.25:
                return atheris.Mutate(data, max_size)
            for _ in range(rng.choice((1, 1, 2, 4))):
                data = target.mutate(data, rng)
            return data[:max_size]

        options = [
            f"-max_total_time={seconds}",
            f"-timeout={_GIVE_UP_AFTER_S}",
            f"-max_len={_MAX_INPUT_BYTES}",
            "-rss_limit_mb=3000",
            f"-artifact_prefix={out}/found-",
            "-print_final_stats=1",
            "-len_control=0",
            str(corpus),
        ]
        atheris.Setup([sys.argv[0], *options], test_one_input, custom_mutator=change)
        atheris.Fuzz()


def supervise(name: str, minutes: float, out: Path) -> int:
    """Fuzz in processes of their own, a new one whenever an input kills it; report."""
    ends_s = time.monotonic() + 60 * minutes
    executions, edges, found = 0, 0, set[str]()
    command = [sys.executable, __file__, name, "--out", str(out), "--alone"]
    while (left_s := int(ends_s - time.monotonic())) > 0:
        child = subprocess.Popen(
            [*command, str(left_s)], stderr=subprocess.PIPE, text=True, errors="replace"
        )
        assert child.stderr is not None  # noqa: S101 - it is a pipe
        executed, last = 0, ""
        for line in child.stderr:
            if seen := re.match(r"#(\d+)\s.*?cov: (\d+)", line):
                executed, edges = int(seen[1]), max(edges, int(seen[2]))
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{name}: {executions + executed:,} inputs, {edges} edges ")
            elif line.startswith(("FOUND", "==")) or "rror" in line:
                found |= {line.strip()} if line.startswith("FOUND") else set()
                sys.stderr.write(f"\n{line}")
            elif seen := re.match(r"stat::number_of_executed_units:\s*(\d+)", line):
                executed = int(seen[1])
            last = line.strip() or last
        executions += executed
        if child.wait() == 0:
            break
        if executed == 0:
            sys.stderr.write(f"\nthe fuzzer does not run: {last}\n")
            return 1
        found.add(f"the process ended with {child.returncode}: {last}")
    sys.stderr.write("\n")
    print(f"| {name} | {minutes:g} | {executions:,} | {edges} | {len(found)} |", flush=True)
    for what in sorted(found):
        print(f"  {what}")
    return int(bool(found))


def main() -> int:
    """Fuzz a target, or try one input."""
    from fuzz_harness import scratch
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", choices=["all", *TARGETS])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"))
    parser.add_argument("--input", type=Path, help="try this one")
    options = parser.parse_args()
    if options.input:
        data = options.input.read_bytes()
        target = TARGETS[options.target]
        with scratch() as folder:
            target.accepts(target.seeds()[0])
            broken = verdict(target, data, Watch(folder))
        print(broken or "parses, or raises the documented error")
        return int(bool(broken))
    failed = 0
    for name in TARGETS if options.target == "all" else [options.target]:
        out = (options.out / name).resolve()
        out.mkdir(parents=True, exist_ok=True)
        failed |= supervise(name, options.minutes, out)
    return failed


if __name__ == "__main__":
    if "--alone" in sys.argv:  # so that nothing of the product is imported before its time
        _, _name, _, _folder, _, _seconds = sys.argv
        fuzz(_name, int(_seconds), Path(_folder))
    sys.exit(main())
