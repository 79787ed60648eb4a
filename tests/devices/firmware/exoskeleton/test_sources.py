"""What the sources are: few, strict, and in need of nothing."""

import re
import shutil
import subprocess

import pytest
from lockstep import CORE, FIRMWARE, FLAGS, compiler, sanitizers

HEADERS = sorted(FIRMWARE.glob("*.h"))
STRICT = ("-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wfloat-conversion")


def code(path) -> str:
    """Return a source without its comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_controller_has_fewer_than_600_lines():
    counts = {path.name: path.read_text().count("\n") for path in (*CORE, *HEADERS)}
    assert set(counts) == {"controller.c", "motion.c", "board.h", "motion.h"}
    assert sum(counts.values()) < 600, counts


@pytest.mark.parametrize("path", [*CORE, *HEADERS], ids=lambda path: path.name)
def test_there_is_no_floating_point_and_no_allocation(path):
    assert re.findall(r"\b(float|double|malloc|calloc|realloc|alloca|free)\b", code(path)) == []
    assert re.findall(r"\d\.\d", code(path)) == []
    included = set(re.findall(r"#include <(.*?)>", code(path)))
    assert included <= {"stdbool.h", "stddef.h", "stdint.h", "string.h"}


def test_the_board_has_six_functions_to_fill_in():
    functions = re.findall(r"\b(board_\w+)\(", code(FIRMWARE / "board.h"))
    assert len(functions) == len(set(functions)) == 6


@pytest.mark.parametrize("optimized", ["-O0", "-O2", "-Os"])
def test_it_compiles_without_a_warning_and_needs_the_board_and_memset_only(build_folder, optimized):
    needed = set()
    for source in CORE:
        thing = build_folder / f"{source.stem}{optimized}.o"
        subprocess.run(
            [compiler(), *FLAGS, *STRICT, "-ffreestanding", optimized, "-c", source, "-o", thing],
            check=True,
        )
        if shutil.which("nm") is None:
            pytest.skip("compiled; no nm here to tell what it needs")
        listing = subprocess.run(["nm", "-u", thing], capture_output=True, text=True, check=True)
        needed |= set(listing.stdout.replace(" U ", "").split())
    outside = {name for name in needed if not name.startswith(("board_", "motion_"))}
    assert outside <= {"memset", "memcpy", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
    assert {name for name in needed if name.startswith("board_")} == {
        "board_move",
        "board_read",
        "board_read_joints",
        "board_read_status",
        "board_time_ms",
        "board_write",
    }


def test_the_program_in_the_readme_compiles(build_folder):
    readme = (FIRMWARE / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```c\n(.*?)```", readme, re.DOTALL)
    source = build_folder / "readme.c"
    source.write_text(program, encoding="utf-8")
    subprocess.run([compiler(), *FLAGS, f"-I{FIRMWARE}", "-fsyntax-only", source], check=True)


def test_the_tests_run_under_the_sanitizers(build_folder):
    if not sanitizers():
        pytest.skip("this compiler lacks the address or undefined-behaviour sanitizer")
    program = build_folder / "overflowing"
    source = "int main(int n, char **w) { (void)w; return 2147483647 + n; }"
    subprocess.run(
        [compiler(), *sanitizers(), "-x", "c", "-", "-o", program],
        input=source,
        text=True,
        check=True,
    )
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "runtime error: signed integer overflow" in done.stderr
