"""A very bad day, as the agent and the exporters beside it would tell it to Prometheus.

All of it is made up: each metric that the dashboards and rules ask for is there, and everything
that an alert could be about has happened. Counters grow with the time since the start.
"""
DAY = 86400

# name: [(labels, growth a second)]
AGENT_COUNTERS = {
    "http_requests_total": [
        ({"method": "GET", "endpoint": "/orders/{id}", "status_code": "200"}, 60),
        ({"method": "GET", "endpoint": "/orders/{id}", "status_code": "503"}, 30),
        ({"method": "POST", "endpoint": "/login", "status_code": "401"}, 10)],
    "agent_executions_total": [
        ({"agent_name": "planner", "intent": "plan", "status": "success"}, 7),
        ({"agent_name": "planner", "intent": "plan", "status": "error"}, 3)],
    "agent_errors_total": [({"agent_name": "planner", "error_type": "Timeout"}, 3)],
    "agent_queries_total": [({"agent_type": "research"}, 5)],
    "llm_requests_total": [({"model": "large", "operation": "chat"}, 10)],
    "llm_tokens_used_total": [({"model": "large", "token_type": "input"}, 900),
                              ({"model": "large", "token_type": "output"}, 100)],
    "llm_errors_total": [({"model": "large", "error_type": "rate_limit"}, 2)],
    "api_cost_dollars_total": [({"model": "large"}, 1000)],
    "api_tokens_total": [({"model": "large", "type": "input"}, 900),
                         ({"model": "large", "type": "output"}, 100)],
    "tool_executions_total": [({"tool_name": "search", "status": "success"}, 5),
                              ({"tool_name": "search", "status": "error"}, 5)],
    "db_queries_total": [({"operation": "SELECT", "table": "orders"}, 20)],
    "rag_retrievals_total": [({"namespace": "docs", "status": "success"}, 5),
                             ({"namespace": "docs", "status": "error"}, 1)],
    "cache_operations_total": [({"cache_type": "query", "result": "hit"}, 3),
                               ({"cache_type": "query", "result": "miss"}, 1)],
    "auth_attempts_total": [({"result": "success"}, 1), ({"result": "failure"}, 9)],
    "permission_checks_total": [({"result": "allowed"}, 1), ({"result": "denied"}, 9)],
    "workflow_executions_total": [({"workflow": "build", "status": "success"}, 1),
                                  ({"workflow": "build", "status": "error"}, 1)],
    "workflow_retries_total": [({"workflow": "build"}, 3)],
    "bookings_created_total": [({}, 1)],
    "complaints_created_total": [({}, 1)],
    "chat_sessions_total": [({}, 1)],
    "user_registrations_total": [({}, 1)],
    "log_records_total": [({"service_name": "shop", "level": "info"}, 90),
                          ({"service_name": "shop", "level": "error"}, 10)],
    "log_errors_total": [({"service_name": "shop", "error_type": "Timeout"}, 10)],
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
    "http_requests_in_progress": [({}, 9, 0)],
    "active_connections": [({}, 40, 0)],
    "active_requests": [({}, 9, 0)],
    "active_sessions": [({}, 12, 0)],
    "active_users": [({}, 11, 0)],
    "agent_concurrent_executions": [({"agent_name": "planner"}, 2, 0)],
    "db_connections_active": [({}, 19, 0)],
    "db_connection_pool_size": [({}, 20, 0)],
    "vectordb_index_size_bytes": [({"index": "docs"}, 1e9, 0)],
    "vectordb_storage_bytes": [({}, 2e9, 0)],
    "cache_hit_rate": [({"cache_type": "session"}, 0.5, 0)],
    "cache_size_bytes": [({}, 1e6, 0)],
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

# name: (labels, upper bounds, the value that is observed again and again, ten times a second)
AGENT_HISTOGRAMS = {
    "http_request_duration_seconds":
        ({"method": "GET", "endpoint": "/orders/{id}"}, (0.1, 1, 5, 10), 7),
    "agent_execution_duration_seconds": ({"agent_name": "planner"}, (1, 10, 60), 30),
    "agent_query_duration_seconds": ({"agent_type": "research"}, (1, 10), 3),
    "llm_request_duration_seconds": ({"model": "large"}, (1, 10), 4),
    "tool_execution_duration_seconds": ({"tool_name": "search"}, (0.1, 1), 0.5),
    "db_query_duration_seconds": ({"operation": "SELECT", "table": "orders"}, (0.1, 1, 5), 3),
    "rag_retrieval_duration_seconds": ({"namespace": "docs"}, (0.1, 1), 0.4),
    "rag_chunks_retrieved": ({}, (1, 5, 10), 4),
    "rag_grounding_score": ({}, (0.2, 0.4, 0.6, 0.8, 1), 0.3),
    "vectordb_query_duration_seconds": ({"index": "docs"}, (0.01, 0.1), 0.05),
    "embedding_duration_seconds": ({"model": "small"}, (0.1, 1), 0.2),
    "workflow_duration_seconds": ({"workflow": "build"}, (60, 600), 100),
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


def histogram(name: str, labels: dict, bounds: tuple, value: float, elapsed: float) -> str:
    count = int(10 * elapsed)
    lines = [f"# TYPE {name} histogram\n"]
    for bound in (*bounds, float("inf")):
        text = "+Inf" if bound == float("inf") else f"{bound:g}"
        lines.append(sample(f"{name}_bucket", labels | {"le": text},
                            count if value <= bound else 0))
    lines += [sample(f"{name}_sum", labels, value * count), sample(f"{name}_count", labels, count)]
    return "".join(lines)


def agent(elapsed: float) -> str:
    return (counters(AGENT_COUNTERS, elapsed) + gauges(AGENT_GAUGES, elapsed) +
            "".join(histogram(name, *shape, elapsed) for name, shape in AGENT_HISTOGRAMS.items()))


def node(elapsed: float) -> str:
    return counters(NODE_COUNTERS, elapsed) + gauges(NODE_GAUGES, elapsed)


def containers(elapsed: float) -> str:
    return counters(CONTAINER_COUNTERS, elapsed) + gauges(CONTAINER_GAUGES, elapsed)


def probe(now: float) -> str:
    """The API does not answer, and its certificate ends in two days."""
    return gauges({"probe_success": [({}, 0, 0)],
                   "probe_ssl_earliest_cert_expiry": [({}, now + 2 * DAY, 0)]}, 0)
