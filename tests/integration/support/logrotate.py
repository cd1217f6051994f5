"""The real logrotate, forced; it keeps everything."""
import subprocess
from pathlib import Path


class Logrotate:
    def __init__(self, directory: Path, logs: list[Path]):
        self.config, self.state = directory / "logrotate.conf", directory / "logrotate.state"
        self.config.write_text(
            " ".join(f'"{log}"' for log in logs) + " {\n"
            "  rotate 1000\n  compress\n  delaycompress\n  missingok\n  notifempty\n}\n")

    def run(self) -> None:
        subprocess.run(["logrotate", "-f", "-s", self.state, self.config], check=True)
