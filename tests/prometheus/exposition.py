"""What else a Prometheus hears on a very bad day: from the exporters on the host, and from an agent
in trouble of every kind, which no real one gets into in a minute.

All of it is made up. Counters grow with the time since the start.
"""
DAY = 86400

# name: [(labels, growth a second)]
AGENT_COUNTERS = {
    "sawlog_read_bytes_total": [({"source": "app"}, 30000)],
    "sawlog_records_total": [({"consumer": "search", "result": "delivered"}, 90),
                             ({"consumer": "search", "result": "dead_lettered"}, 10),
                             ({"consumer": "search", "result": "filtered"}, 0),
                             ({"consumer": "search", "result": "abandoned"}, 0)],
    "sawlog_cut_records_total": [({"consumer": "search"}, 1)],
    "sawlog_not_json_records_total": [({"consumer": "search"}, 1)],
    "sawlog_requests_total": [({"output": "search"}, 1)],
    "sawlog_retries_total": [({"output": "search"}, 1)],
    "sawlog_sent_bytes_total": [({"output": "search"}, 9000)],
    "sawlog_dead_letters_total": [({"output": "search", "reason": "mapping"}, 10)],
    "sawlog_abandoned_bytes_total": [({"reason": "deleted_while_down"}, 100)],
    "sawlog_rotated_files_total": [({}, 1)],
    "sawlog_truncated_files_total": [({}, 1)],
}

# name: [(labels, value at the start, growth a second)]
AGENT_GAUGES = {
    "sawlog_build_info": [({"version": "0.1.0"}, 1, 0)],
    "sawlog_start_time_seconds": [({}, 1.7e9, 0)],
    "sawlog_memory_limit_bytes": [({}, 2**28, 0)],
    "sawlog_memory_bytes": [({"consumer": "search"}, 2**20, 0)],
    "sawlog_files": [({}, 3, 0)],
    "sawlog_open_files": [({}, 2, 0)],
    "sawlog_output_up": [({"output": "search"}, 0, 0)],
    "sawlog_state_saved": [({"consumer": "search"}, 0, 0)],
    "sawlog_in_flight_records": [({"consumer": "search"}, 100, 0)],
    "sawlog_lag_bytes": [({"consumer": "search"}, 1e6, 30000)],
    "sawlog_lag_seconds": [({"consumer": "search"}, 7200, 1)],
    "sawlog_held_bytes": [({}, 1e5, 0)],
}

DISK = {"device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/"}

NODE_COUNTERS = {
    "node_cpu_seconds_total": [({"cpu": "0", "mode": "idle"}, 0.02),
                               ({"cpu": "0", "mode": "user"}, 0.98)],
    "node_disk_read_bytes_total": [({"device": "sda"}, 1e6)],
    "node_disk_written_bytes_total": [({"device": "sda"}, 1e6)],
    "node_network_receive_bytes_total": [({"device": "eth0"}, 1e6)],
    "node_network_transmit_bytes_total": [({"device": "eth0"}, 1e6)],
}
NODE_GAUGES = {
    "node_load1": [({}, 9, 0)],
    "node_memory_MemTotal_bytes": [({}, 100e9, 0)],
    "node_memory_MemAvailable_bytes": [({}, 5e9, 0)],
    "node_filesystem_avail_bytes": [(DISK, 5e9, 0)],
    "node_filesystem_size_bytes": [(DISK, 100e9, 0)],
    "node_filesystem_readonly": [(DISK, 0, 0)],
}

CONTAINER_COUNTERS = {
    "container_cpu_usage_seconds_total": [({"name": "shop"}, 0.9)],
    "container_network_receive_bytes_total": [({"name": "shop"}, 1e6)],
    "container_network_transmit_bytes_total": [({"name": "shop"}, 1e6)],
}
CONTAINER_GAUGES = {"container_memory_working_set_bytes": [({"name": "shop"}, 1e9, 0)]}


def sample(name: str, labels: dict, value: float) -> str:
    inner = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return f"{name}{{{inner}}} {value!r}\n" if inner else f"{name} {value!r}\n"


def counters(families: dict, elapsed: float) -> str:
    return "".join(f"# TYPE {name} counter\n" + "".join(
        sample(name, labels, growth * elapsed) for labels, growth in series)
        for name, series in families.items())


def gauges(families: dict, elapsed: float) -> str:
    return "".join(f"# TYPE {name} gauge\n" + "".join(
        sample(name, labels, value + growth * elapsed) for labels, value, growth in series)
        for name, series in families.items())


def agent(elapsed: float) -> str:
    return counters(AGENT_COUNTERS, elapsed) + gauges(AGENT_GAUGES, elapsed)


def node(elapsed: float) -> str:
    return counters(NODE_COUNTERS, elapsed) + gauges(NODE_GAUGES, elapsed)


def containers(elapsed: float) -> str:
    return counters(CONTAINER_COUNTERS, elapsed) + gauges(CONTAINER_GAUGES, elapsed)


def probe(now: float) -> str:
    """The API does not answer, and its certificate ends in two days."""
    return gauges({"probe_success": [({}, 0, 0)],
                   "probe_ssl_earliest_cert_expiry": [({}, now + 2 * DAY, 0)]}, 0)
