#!/usr/bin/env python3
"""The report benchmark: one question to a file of JSON access logs, asked of three programs.

usage: run.py BUILD_DIR [--mib 1024] [--runs 3]

For each method and route (numbers in paths folded): how many requests, how many failed, the median,
95th and 99th percentile and maximum of the duration. `sawlog report` answers that among much else;
DuckDB reads the same file with all cores; jq, on one core, only counts, and only the first 64 MiB.
The figures must be equal: counts and maxima exactly, percentiles to 0.5 %.
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "pipeline"))
from run import workload  # noqa: E402  (the same input as the pipeline's)

JQ_BYTES = 64 << 20
COLUMNS = {"http.method": "VARCHAR", "endpoint": "VARCHAR", "status_code": "INTEGER",
           "duration_ms": "DOUBLE"}
ROUTE = "regexp_replace(split_part(endpoint, '?', 1), '/[0-9]+', '/{id}', 'g')"
QUERY = f"""
  SELECT "http.method" || ' ' || {ROUTE} AS name, count(*), count_if(status_code >= 500),
         quantile_disc(duration_ms, [0.5, 0.95, 0.99]), max(duration_ms)
  FROM read_json(?, format='newline_delimited', columns={COLUMNS})
  GROUP BY ALL
"""
JQ = r"""reduce inputs as $line ({}; .[$line["http.method"] + " " +
  ($line.endpoint | split("?")[0] | gsub("/[0-9]+"; "/{id}"))] += 1)"""


def ask_sawlog(build: Path, log: Path) -> dict:
    answer = subprocess.run([build / "sawlog", "report", "--json", log], check=True,
                            stdout=subprocess.PIPE).stdout
    return {row["name"]: (row["count"], row["failed"],
                          [row["duration"][name] * 1e3 for name in ("p50", "p95", "p99")],
                          row["duration"]["max"] * 1e3)
            for row in json.loads(answer)["endpoints"]["rows"]}


def ask_duckdb(_: Path, log: Path) -> dict:
    with duckdb.connect() as connection:
        rows = connection.execute(QUERY, [str(log)]).fetchall()
    return {name: (count, failed, quantiles, most) for name, count, failed, quantiles, most in rows}


def ask_jq(_: Path, log: Path) -> dict:
    answer = subprocess.run(["jq", "-n", JQ, log], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(answer)


def compare(ours: dict, theirs: dict) -> None:
    if ours.keys() != theirs.keys():
        sys.exit(f"other names: {sorted(ours.keys() ^ theirs.keys())[:10]}")
    for name, (count, failed, quantiles, most) in ours.items():
        want = theirs[name]
        is_equal = (count, failed) == want[:2] and abs(most - want[3]) < 1e-3 and all(
            abs(mine - its) <= 0.005 * its for mine, its in zip(quantiles, want[2]))
        if not is_equal:
            sys.exit(f"'{name}': {ours[name]}, but DuckDB says {want}")


def first_lines(log: Path, size: int) -> Path:
    part = log.with_name(f"{log.stem}-part.log")
    with open(log, "rb") as file, open(part, "wb") as out:
        out.write(file.read(size))
        out.write(file.readline())
    return part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    build = options.build.resolve()
    log, _ = workload(build / "pipeline", options.mib)
    part = first_lines(log, JQ_BYTES)
    askers = {"sawlog": (ask_sawlog, log), "duckdb": (ask_duckdb, log), "jq": (ask_jq, part)}
    speeds = {name: [] for name in askers}
    for turn in range(options.runs):
        answers = {}
        for name, (ask, file) in askers.items():
            began = time.monotonic()
            answers[name] = ask(build, file)
            speeds[name].append(file.stat().st_size / 1e6 / (time.monotonic() - began))
            print(f"run {turn + 1}  {name:7} {speeds[name][-1]:8.1f} MB/s", flush=True)
        compare(answers["sawlog"], answers["duckdb"])
        if {name: row[0] for name, row in ask_sawlog(build, part).items()} != answers["jq"]:
            sys.exit("jq counts otherwise")
    print(f"\n{log.stat().st_size / 1e6:.0f} MB, figures equal; median of {options.runs}")
    middle = {name: statistics.median(of_name) for name, of_name in speeds.items()}
    for name, speed in middle.items():
        print(f"{name:7} {speed:8.1f} MB/s")
    for rival in ("duckdb", "jq"):
        print(f"ratio report_speed_{rival} {middle['sawlog'] / middle[rival]:.1f}")


if __name__ == "__main__":
    main()
