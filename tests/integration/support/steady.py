"""What goes on beside a test: a service that writes, logrotate, scrapes."""
import threading
import time
from pathlib import Path

from support.workload import Workload


class Repeating:
    """Calls a function every so many seconds in a thread of its own; its error is raised at the
    end."""

    def __init__(self, call, seconds: float):
        self.call, self.seconds = call, seconds
        self.is_ending = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        try:
            while not self.is_ending.wait(self.seconds):
                self.call()
        except Exception as error:
            self.error = error

    def __enter__(self) -> "Repeating":
        self.thread.start()
        return self

    def __exit__(self, kind, *_) -> None:
        self.is_ending.set()
        self.thread.join()
        if self.error and kind is None:
            raise self.error


class Writer:
    """The service: opens its log anew for each batch of lines, as many do after a rotation."""

    TICK_S = 0.02

    def __init__(self, log: Path, lines_per_second: int):
        self.log, self.lines_per_second = log, lines_per_second
        self.workload, self.written = Workload(), {}
        self.written_until = time.monotonic()

    def write(self) -> None:
        """As many lines as are due; a machine that was busy elsewhere is caught up with."""
        lines = int((time.monotonic() - self.written_until) * self.lines_per_second)
        self.written_until += lines / self.lines_per_second
        self.written |= self.workload.append_lines(self.log, lines)
