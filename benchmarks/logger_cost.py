#!/usr/bin/env python3
"""What a logger costs who includes it: CPU seconds to compile a file, bytes in the program.

    logger_cost.py BUILD_DIRECTORY [ROUNDS]

The same small program with Sawlog and with spdlog's asynchronous logger; rounds interleaved, the
median counts. Compiling: as Debian's package says (spdlog compiled, so its header is the short
one). Size: the logger linked in whole (spdlog header-only; the C++ library shared), stripped,
minus an empty program.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SAWLOG = """
#include <sawlog/sawlog.h>
int main() {
  sawlog::start({.service = "checkout", .file = "application.log"});
  const sawlog::Logger log = sawlog::get("checkout.cart");
  log.info("order placed", {{"order_id", "ord-12345678"}, {"total", 12.5}, {"items", 3}});
}
"""
SPDLOG = """
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
int main() {
  auto log = spdlog::create_async<spdlog::sinks::basic_file_sink_mt>("checkout.cart",
                                                                     "application.log");
  log->info(R"("order_id":"{}","total":{},"items":{})", "ord-12345678", 12.5, 3);
  spdlog::shutdown();
}
"""
EMPTY = "int main() {}"
COMPILER = ["c++", "-std=c++20", "-O2"]
SIZE = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-s",
        "-pthread"]


def cpu_seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    build = Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    include = f"-I{ROOT / 'lib' / 'include'}"
    spdlog = subprocess.run(["pkg-config", "--cflags", "spdlog"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split()
    flags = {"sawlog": [include], "spdlog": spdlog}
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        for program, text in [("sawlog", SAWLOG), ("spdlog", SPDLOG), ("empty", EMPTY)]:
            Path(f"{program}.cpp").write_text(text)
        seconds = {program: [] for program in flags}
        for _ in range(rounds):
            for program, of_program in flags.items():
                seconds[program].append(cpu_seconds(
                    [*COMPILER, *of_program, "-c", f"{program}.cpp", "-o", f"{program}.o"]))
        links = {"sawlog": [include, str(build / "lib" / "libsawlog.a")],
                 "spdlog": ["-DSPDLOG_FMT_EXTERNAL", "-DFMT_HEADER_ONLY"], "empty": []}
        size = {}
        for program, of_program in links.items():
            subprocess.run([*COMPILER, f"{program}.cpp", *of_program, *SIZE, "-o", program],
                           check=True)
            size[program] = Path(program).stat().st_size
    compile_s = {program: statistics.median(times) for program, times in seconds.items()}
    added = {program: size[program] - size["empty"] for program in flags}
    print(f"{'':13} {'compile CPU s':>14} {'bytes added':>12}")
    for program in flags:
        print(f"{program:13} {compile_s[program]:14.2f} {added[program]:12}")
    print(f"ratio logger_compile_spdlog {compile_s['spdlog'] / compile_s['sawlog']:.2f}")
    print(f"ratio logger_binary_spdlog {added['spdlog'] / added['sawlog']:.2f}")


if __name__ == "__main__":
    main()
