"""Panels that stand on more than one dashboard, and those of a host."""
from dashboard import graph, mean, number, quantile, rate, share, table, total

FAILED = 'status=~"error|failed|failure"'  # the words that services use for an outcome
SUCCEEDED = 'status=~"success|succeeded|ok|completed"'
FAULT = 'status_code=~"5.."'


def quantiles(histogram: str, *shares: float) -> list:
    return [(quantile(one, histogram), f"p{one * 100:g}") for one in shares]


def request_rate():
    return graph("Request Rate", (rate("http_requests_total"), "requests"), "reqps")


def request_latency():
    return graph("Request Latency", quantiles("http_request_duration_seconds", 0.5, 0.9, 0.99), "s")


def error_share():
    return graph("Error Rate", (share("http_requests_total", "http_requests_total", where=FAULT),
                                "answered with 5xx"), "percentunit")


def status_codes():
    return graph("Status Codes", (rate("http_requests_total", "status_code"), "{{status_code}}"),
                 "reqps", stacked=True)


def hit_rate():
    return graph("Cache Hit Rate", ("cache_hit_rate", "{{cache_type}}"), "percentunit")


def agent_query_rate():
    return graph("Agent Query Rate", (rate("agent_queries_total", "agent_type"), "{{agent_type}}"),
                 "reqps")


def agent_duration():
    return graph("Agent Duration",
                 (mean("agent_query_duration_seconds", "agent_type"), "{{agent_type}}"), "s")


def agent_response_time():
    return graph("Response Time by Agent",
                 (quantile(0.95, "agent_execution_duration_seconds", "agent_name"),
                  "{{agent_name}} p95"), "s")


def tokens_by_model():
    return graph("Token Usage", (rate("api_tokens_total", "model, type"), "{{model}} {{type}}"))


def cost_by_model():
    return graph("API Cost", ("sum by (model) (api_cost_dollars:increase1h{$on})", "{{model}}"),
                 "currencyUSD", stacked=True, description="Dollars an hour, over the last hour")


def total_cost():
    return number("Total Cost", total("api_cost_dollars_total"), "currencyUSD")


def total_tokens():
    return number("Total Tokens", total("api_tokens_total"))


def grounding():
    return graph("Grounding Score", quantiles("rag_grounding_score", 0.1, 0.5), "percentunit",
                 description="Of answers; the alert LowGroundingScore looks at p50")


def retrieval_time():
    return graph("Knowledge Retrieval Time",
                 (quantile(0.95, "rag_retrieval_duration_seconds", "namespace"),
                  "{{namespace}} p95"), "s")


def authentication():
    return graph("Authentication", (rate("auth_attempts_total", "result"), "{{result}}"), "ops",
                 stacked=True)


def permissions():
    return graph("Permissions", (rate("permission_checks_total", "result"), "{{result}}"), "ops",
                 stacked=True)


def firing():
    return table("Firing Alerts",
                 'count by (alertname, severity, instance) (ALERTS{alertstate="firing"})')


def host_panels():
    filesystem = 'fstype!~"tmpfs|ramfs|squashfs|iso9660|erofs|overlay",$host'
    device = 'device!~"lo|veth.*|docker.*|br-.*",$host'
    return [
        graph("CPU Usage", ("cpu_usage{$host}", "{{instance}}"), "percent"),
        graph("Memory Usage",
              ("1 - node_memory_MemAvailable_bytes{$host} / node_memory_MemTotal_bytes{$host}",
               "{{instance}}"), "percentunit"),
        graph("Disk Usage", (f"1 - node_filesystem_avail_bytes{{{filesystem}}}"
                             f" / node_filesystem_size_bytes{{{filesystem}}}",
                             "{{instance}} {{mountpoint}}"), "percentunit"),
        graph("Disk I/O", [
            ("sum by (instance) (rate(node_disk_read_bytes_total{$host}[$w]))",
             "{{instance}} read"),
            ("-sum by (instance) (rate(node_disk_written_bytes_total{$host}[$w]))",
             "{{instance}} written")], "Bps"),
        graph("Network Traffic", [
            (f"sum by (instance) (rate(node_network_receive_bytes_total{{{device}}}[$w]))",
             "{{instance}} in"),
            (f"-sum by (instance) (rate(node_network_transmit_bytes_total{{{device}}}[$w]))",
             "{{instance}} out")], "Bps"),
        graph("Load", ("node_load1{$host}", "{{instance}}")),
    ]
