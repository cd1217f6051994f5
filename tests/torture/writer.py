"""A service that logs numbered lines at a steady rate, as a process of its own.

usage: writer.py LOG LINES_PER_SECOND

Reads single-letter commands from stdin, a line each, and answers each with a line:
  r   close the log and open it again by its name (what a service does after rotation)
  n   how many lines were written
  q   write no more, close; the answer is how many lines were written
Every line is one JSON object of some 120 bytes with a sequence number, written whole.
"""
import os
import select
import sys
import time

# No two files begin alike: inode numbers are used again across the files of all modes.
LINE = '{"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"info","n":%d,"message":"%s"}\n'
FIRST = 10_000_000  # so that all numbers are of one length
TICK_SECONDS = 0.01


def main() -> None:
    path, rate = sys.argv[1], float(sys.argv[2])
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    log = os.open(path, flags, 0o644)
    written = 0
    began = time.monotonic()
    while True:
        want = int((time.monotonic() - began) * rate)
        for first in range(written, want, 500):  # one write is some 50 KB, as a buffered logger's
            last = min(first + 500, want)
            os.write(log, "".join([LINE % (FIRST + n, path) for n in range(first, last)]).encode())
        written = max(written, want)
        ready, _, _ = select.select([sys.stdin], [], [], TICK_SECONDS)
        if not ready:
            continue
        command = sys.stdin.readline().strip()
        if command == "r":
            os.close(log)
            log = os.open(path, flags, 0o644)
            print("reopened", flush=True)
        elif command == "n":
            print(written, flush=True)
        else:
            os.close(log)
            print(written, flush=True)
            return


main()
