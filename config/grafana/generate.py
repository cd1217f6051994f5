#!/usr/bin/env python3
"""Writes dashboards/*.json, so that all dashboards look and ask alike.

    generate.py            write them
    generate.py --check    exit 1 if what stands there is not what this would write
"""
import json
import sys
from pathlib import Path

from dashboard import (LOKI, bars, dashboard, graph, grown, logs, mean, most, number, quantile,
                       rate, share, table, total)
from panels import (FAILED, FAULT, SUCCEEDED, agent_duration, agent_query_rate,
                    agent_response_time, authentication, cost_by_model, error_share, firing,
                    grounding, hit_rate, host_panels, permissions, quantiles, request_latency,
                    request_rate, retrieval_time, status_codes, tokens_by_model, total_cost,
                    total_tokens)

FOLDER = Path(__file__).parent / "dashboards"


def system():
    return dashboard(
        "system", "System Overview", "Everything on one page: requests, agents, cost, hosts",
        ("At a glance", [
            number("HTTP Requests", total("http_requests_total")),
            number("Active Sessions", "sum(active_sessions{$on})"),
            number("Active Connections", "sum(active_connections{$on})"),
            number("Active Requests", "sum(active_requests{$on})"),
            total_cost(), total_tokens(), firing()]),
        ("Requests", [
            request_rate(), request_latency(), error_share(), status_codes(),
            graph("Requests by Endpoint", (rate("http_requests_total", "endpoint"), "{{endpoint}}"),
                  "reqps"),
            graph("Response Time", quantiles("http_request_duration_seconds", 0.5, 0.95), "s")]),
        ("Agents and models", [
            agent_query_rate(), agent_duration(),
            graph("Agent Executions", (rate("agent_executions_total", "agent_name"),
                                       "{{agent_name}}"), "ops"),
            graph("LLM Requests", (rate("llm_requests_total", "model"), "{{model}}"), "reqps"),
            tokens_by_model(), cost_by_model()]),
        ("Data", [
            hit_rate(), grounding(),
            graph("Database Query Performance",
                  (quantile(0.95, "db_query_duration_seconds", "operation, table"),
                   "{{operation}} {{table}} p95"), "s"),
            authentication(), permissions()]),
        ("Hosts", host_panels()),
        ("Containers", [
            graph("Application CPU Usage",
                  ('sum by (name) (rate(container_cpu_usage_seconds_total{name!=""}[$w]))',
                   "{{name}}"), "short", description="Cores, by container"),
            graph("Container Memory",
                  ('sum by (name) (container_memory_working_set_bytes{name!=""})', "{{name}}"),
                  "bytes"),
            graph("Container Network", [
                ('sum by (name) (rate(container_network_receive_bytes_total{name!=""}[$w]))',
                 "{{name}} in"),
                ('-sum by (name) (rate(container_network_transmit_bytes_total{name!=""}[$w]))',
                 "{{name}} out")], "Bps")]))


def application():
    return dashboard(
        "application", "Application", "Requests, tools, caches and databases of the services",
        ("Requests", [
            request_rate(), request_latency(),
            graph("Response Time", quantiles("http_request_duration_seconds", 0.95, 0.99), "s"),
            error_share(), status_codes(),
            graph("Average Latency",
                  (mean("http_request_duration_seconds", "endpoint"), "{{endpoint}}"), "s"),
            graph("Response Time by Endpoint",
                  (quantile(0.95, "http_request_duration_seconds", "endpoint"),
                   "{{endpoint}} p95"), "s"),
            graph("Active Connections", [
                ("sum(active_connections{$on})", "connections"),
                ("sum(active_requests{$on})", "requests"),
                ("sum(http_requests_in_progress{$on})", "in progress")])]),
        ("Tools and caches", [
            bars("Tool Usage", (most("tool_executions_total", "tool_name"), "{{tool_name}}")),
            graph("Tool Duration", (quantile(0.95, "tool_execution_duration_seconds", "tool_name"),
                                    "{{tool_name}} p95"), "s"),
            graph("Cache Performance",
                  (rate("cache_operations_total", "cache_type, result"),
                   "{{cache_type}} {{result}}"), "ops", stacked=True),
            hit_rate(),
            graph("Cache Size", ("sum by (instance) (cache_size_bytes{$on})", "{{instance}}"),
                  "bytes")]),
        ("Databases", [
            graph("Queries", (rate("db_queries_total", "operation, table"),
                              "{{operation}} {{table}}"), "ops"),
            graph("Database Query Performance",
                  (quantile(0.95, "db_query_duration_seconds", "operation, table"),
                   "{{operation}} {{table}} p95"), "s"),
            graph("Connections", [
                ("sum(db_connections_active{$on})", "active"),
                ("sum(db_connection_pool_size{$on})", "pool")])]))


def agents():
    tokens = ('sum by (gen_ai_agent_name) (sum_over_time({service_name=~".+"} | json'
              ' | gen_ai_agent_name != "" | unwrap gen_ai_usage_output_tokens'
              ' | __error__="" [$__auto]))')
    return dashboard(
        "agents", "Agents", "What the agents do, how long it takes and how often it fails",
        ("Executions", [
            graph("Agent Executions", (rate("agent_executions_total", "agent_name"),
                                       "{{agent_name}}"), "ops"),
            agent_response_time(),
            graph("Completion Rate by Agent",
                  (share("agent_executions_total", "agent_executions_total", "agent_name",
                         SUCCEEDED), "{{agent_name}}"), "percentunit"),
            graph("Error Rate by Agent",
                  (share("agent_errors_total", "agent_executions_total", "agent_name"),
                   "{{agent_name}}"), "percentunit"),
            graph("Token Usage by Agent", (tokens, "{{gen_ai_agent_name}}"), source=LOKI,
                  description="Output tokens, from the events in Loki: the metrics of models have"
                              " no agent's name"),
            graph("Executions by Intent", (rate("agent_executions_total", "intent"), "{{intent}}"),
                  "ops", stacked=True),
            graph("Concurrent Executions",
                  ("sum by (agent_name) (agent_concurrent_executions{$on})", "{{agent_name}}")),
            graph("Errors by Type", (rate("agent_errors_total", "agent_name, error_type"),
                                     "{{agent_name}} {{error_type}}"), "ops")]),
        ("Queries", [agent_query_rate(), agent_duration()]),
        ("Tools and knowledge", [
            graph("Tool Failures", (share("tool_executions_total", "tool_executions_total",
                                          "tool_name", FAILED), "{{tool_name}}"), "percentunit"),
            retrieval_time(), grounding()]))


def llm():
    return dashboard(
        "llm", "LLM and Cost", "Requests to language models, their tokens and what they cost",
        ("Cost", [
            total_cost(), total_tokens(),
            number("Cost per Hour", "sum(api_cost_dollars:increase1h{$on})", "currencyUSD",
                   thresholds=(10, 50)),
            number("Cost Today, if it goes on", "24 * sum(api_cost_dollars:increase1h{$on})",
                   "currencyUSD", width=6),
            cost_by_model(), tokens_by_model(),
            bars("Cost by Model", (grown("api_cost_dollars_total", "model", "$__range"),
                                   "{{model}}"), "currencyUSD")]),
        ("Requests", [
            graph("LLM Requests", (rate("llm_requests_total", "model, operation"),
                                   "{{model}} {{operation}}"), "reqps"),
            graph("LLM Duration", (quantile(0.95, "llm_request_duration_seconds", "model"),
                                   "{{model}} p95"), "s"),
            graph("LLM Error Rate", (share("llm_errors_total", "llm_requests_total", "model"),
                                     "{{model}}"), "percentunit"),
            graph("LLM Errors", (rate("llm_errors_total", "model, error_type"),
                                 "{{model}} {{error_type}}"), "ops"),
            graph("Tokens by Model", (rate("llm_tokens_used_total", "model, token_type"),
                                      "{{model}} {{token_type}}")),
            graph("Tokens per Request", (f'{rate("llm_tokens_used_total", "model")} / '
                                         f'{rate("llm_requests_total", "model")}', "{{model}}"))]),
        ("OpenTelemetry", [
            graph("Operation Duration",
                  (quantile(0.95, "gen_ai_client_operation_duration_seconds",
                            "gen_ai_operation_name, gen_ai_request_model"),
                   "{{gen_ai_operation_name}} {{gen_ai_request_model}} p95"), "s"),
            graph("Tokens of an Operation",
                  (quantile(0.95, "gen_ai_client_token_usage",
                            "gen_ai_token_type, gen_ai_request_model"),
                   "{{gen_ai_request_model}} {{gen_ai_token_type}} p95")),
            graph("Streaming", [
                (quantile(0.95, "gen_ai_client_operation_time_to_first_chunk_seconds",
                          "gen_ai_request_model"), "{{gen_ai_request_model}} first chunk p95"),
                (quantile(0.95, "gen_ai_client_operation_time_per_output_chunk_seconds",
                          "gen_ai_request_model"), "{{gen_ai_request_model}} per chunk p95")],
                "s")]))


def vectordb():
    return dashboard(
        "vectordb", "Vector Database", "Queries, indices, embeddings and retrieval",
        ("Database", [
            graph("Query Latency",
                  (quantile(0.95, "vectordb_query_duration_seconds", "index"), "{{index}} p95"),
                  "s"),
            graph("Queries", (rate("vectordb_query_duration_seconds_count", "index"), "{{index}}"),
                  "ops"),
            hit_rate(),
            graph("Index Size", ("sum by (index) (vectordb_index_size_bytes{$on})", "{{index}}"),
                  "bytes", stacked=True),
            graph("Storage Usage", ("sum(vectordb_storage_bytes{$on})", "storage"), "bytes"),
            graph("Embedding Generation Time", (quantile(0.95, "embedding_duration_seconds",
                                                         "model"), "{{model}} p95"), "s")]),
        ("Retrieval", [
            graph("Retrievals", (rate("rag_retrievals_total", "namespace, status"),
                                 "{{namespace}} {{status}}"), "ops"),
            retrieval_time(),
            graph("Chunks per Retrieval", (mean("rag_chunks_retrieved"), "chunks")),
            grounding()]))


def workflows():
    return dashboard(
        "workflows", "Workflows", "Workflows, the agents in them, users and business events",
        ("Workflows", [
            graph("Workflow Execution Time", [
                (mean("workflow_duration_seconds", "workflow"), "{{workflow}} mean"),
                (quantile(0.95, "workflow_duration_seconds", "workflow"), "{{workflow}} p95")],
                "s"),
            graph("Success Rate", (share("workflow_executions_total", "workflow_executions_total",
                                         "workflow", SUCCEEDED), "{{workflow}}"), "percentunit"),
            graph("Failures per Workflow", (rate("workflow_executions_total", "workflow", FAILED),
                                            "{{workflow}}"), "ops"),
            graph("Retries per Execution", ("workflow:retries_per_execution:rate10m{$on}",
                                            "{{workflow}}")),
            graph("Workflows Executed per Hour", (grown("workflow_executions_total", "workflow",
                                                        "1h"), "{{workflow}}"), stacked=True),
            bars("Workflows Executed per Day", (grown("workflow_executions_total", "workflow",
                                                      "1d"), "{{workflow}}")),
            bars("Feature Usage", (most("workflow_executions_total", "workflow"), "{{workflow}}"),
                 description="Which workflows are used most"),
            graph("Agent Performance", (rate("agent_execution_duration_seconds_sum", "agent_name"),
                                        "{{agent_name}}"), "percentunit", stacked=True,
                  description="Share of the time that is spent in each agent")]),
        ("Users and business", [
            number("User Sessions", "sum(active_sessions{$on})"),
            number("Active Users", "sum(active_users{$on})"),
            number("Total Sessions", total("chat_sessions_total")),
            number("Bookings", total("bookings_created_total")),
            number("Complaints", total("complaints_created_total")),
            number("Registrations", total("user_registrations_total")),
            graph("Business Events", (rate("business_events_total", "name"), "{{name}}"), "ops",
                  stacked=True)]))


def security():
    return dashboard(
        "security", "Security", "Logins, permissions and certificates",
        ("Access", [
            authentication(), permissions(),
            graph("Refused", [
                ('sum(rate(auth_attempts_total{result!="success",$on}[$w]))', "logins"),
                ('sum(rate(permission_checks_total{result!="allowed",$on}[$w]))', "permissions"),
                (rate("http_requests_total", where='status_code=~"401|403"'), "401 and 403")],
                "ops")]),
        ("Certificates", [
            graph("Certificate Validity", ("probe_ssl_earliest_cert_expiry - time()",
                                           "{{instance}}"), "s", width=12),
            graph("API Reachable", ('probe_success{job="api"}', "{{instance}}"), width=12)]))


def errors():
    return dashboard(
        "errors", "Errors", "Where errors come from, and their log lines",
        ("Alerts", [firing()]),
        ("Log", [
            graph("Log Errors", (rate("log_errors_total", "service_name, error_type"),
                                 "{{service_name}} {{error_type}}"), "ops"),
            graph("Log Records by Level", (rate("log_records_total", "level"), "{{level}}"), "ops",
                  stacked=True),
            table("Most Frequent Errors",
                  most("log_errors_total", "service_name, error_type", 20), width=8)]),
        ("By kind", [
            graph("Failed Requests by Endpoint", (rate("http_requests_total",
                                                       "endpoint, status_code", FAULT),
                                                  "{{endpoint}} {{status_code}}"), "reqps"),
            graph("LLM Errors", (rate("llm_errors_total", "model, error_type"),
                                 "{{model}} {{error_type}}"), "ops"),
            graph("Agent Errors", (rate("agent_errors_total", "agent_name, error_type"),
                                   "{{agent_name}} {{error_type}}"), "ops"),
            graph("Tool Failures", (rate("tool_executions_total", "tool_name", FAILED),
                                    "{{tool_name}}"), "ops"),
            graph("Failed Retrievals", (rate("rag_retrievals_total", "namespace", FAILED),
                                        "{{namespace}}"), "ops"),
            graph("Failures per Workflow", (rate("workflow_executions_total", "workflow", FAILED),
                                            "{{workflow}}"), "ops")]),
        ("Lines", [logs("Error Lines", '{level=~"error|fatal"}')]))


def pipeline():
    consumer = "{{instance}} {{consumer}}"

    def of_consumers(metric: str) -> tuple:
        return f"sum by (instance, consumer) ({metric}{{$on}})", consumer

    return dashboard(
        "pipeline", "Pipeline", "Sawlog itself: what it read, delivered, and still has to do",
        ("State", [
            number("Outputs Down", "sum(1 - sawlog_output_up{$on})", thresholds=(1,)),
            number("State Not Saved", "sum(1 - sawlog_state_saved{$on})", thresholds=(1,)),
            number("Dead Letters", 'sum(sawlog_records_total{result="dead_lettered",$on})',
                   thresholds=(1,)),
            number("Abandoned", "sum(sawlog_abandoned_bytes_total{$on})", "bytes",
                   thresholds=(1,)),
            number("Held Deleted Content", "sum(sawlog_held_bytes{$on})", "bytes"),
            number("Greatest Lag", "max(sawlog_lag_seconds{$on})", "s", thresholds=(60, 1800))]),
        ("Flow", [
            graph("Read by Source", (rate("sawlog_read_bytes_total", "source"), "{{source}}"),
                  "Bps"),
            graph("Records by Result", (rate("sawlog_records_total", "consumer, result"),
                                        "{{consumer}} {{result}}"), "cps"),
            graph("In Flight", of_consumers("sawlog_in_flight_records")),
            graph("Lag", of_consumers("sawlog_lag_bytes"), "bytes"),
            graph("Age of the Oldest Unread Line", of_consumers("sawlog_lag_seconds"), "s"),
            graph("Unusual Lines", [
                (rate("sawlog_cut_records_total", "consumer"), "{{consumer}} cut"),
                (rate("sawlog_not_json_records_total", "consumer"), "{{consumer}} not JSON"),
                (rate("sawlog_unreadable_times_total", "output"), "{{output}} time unreadable")],
                "cps")]),
        ("Outputs", [
            graph("Outputs Up", ("sawlog_output_up{$on}", "{{instance}} {{output}}")),
            graph("Requests", (rate("sawlog_requests_total", "output"), "{{output}}"), "reqps"),
            graph("Retries", (rate("sawlog_retries_total", "output"), "{{output}}"), "ops"),
            graph("Sent", (rate("sawlog_sent_bytes_total", "output"), "{{output}}"), "Bps",
                  description="Compressed, on the wire"),
            graph("Already There", (rate("sawlog_already_there_records_total", "output"),
                                    "{{output}}"), "cps",
                  description="Lines that the destination had from before a crash"),
            graph("Taken Otherwise", [
                (rate("sawlog_failure_store_records_total", "output"), "{{output}} failure store"),
                (rate("sawlog_overflow_records_total", "output"), "{{output}} overflow stream")],
                "cps", description="Lines that Elasticsearch put into its failure store, and lines "
                "whose labels were beyond streams_max of a Loki output"),
            graph("Dead Letters by Reason", (total("sawlog_dead_letters_total", "output, reason"),
                                             "{{output}} {{reason}}")),
            graph("Abandoned by Reason", (total("sawlog_abandoned_bytes_total", "reason"),
                                          "{{reason}}"), "bytes")]),
        ("Process", [
            graph("Memory", [of_consumers("sawlog_memory_bytes"),
                             ("sawlog_memory_limit_bytes{$on}", "{{instance}} limit")], "bytes"),
            graph("Files", [("sawlog_files{$on}", "{{instance}} known"),
                            ("sawlog_open_files{$on}", "{{instance}} open")]),
            graph("Rotations", [(rate("sawlog_rotated_files_total"), "rotated"),
                                (rate("sawlog_truncated_files_total"), "truncated")], "cps"),
            graph("Metric Series", ("sum by (instance) (sawlog_metric_series{$on})",
                                    "{{instance}}"),
                  description="Series of all metrics that come from the logs"),
            graph("Metric Overflow", (rate("sawlog_metric_overflow_total", "metric"),
                                      "{{metric}}"), "cps",
                  description="Values that went to the overflow series: too many label values"),
            graph("Reloads", [
                (total("sawlog_reloads_total", "result"), "{{result}}"),
                ("sawlog_config_last_reload_successful{$on}", "{{instance}} last one was good")]),
            graph("Running Since", ("time() - sawlog_start_time_seconds{$on}", "{{instance}}"),
                  "s"),
            table("Versions", "count by (instance, version) (sawlog_build_info{$on})",
                  width=16)]))


DASHBOARDS = (system, application, agents, llm, vectordb, workflows, security, errors, pipeline)


def main() -> int:
    wanted = {FOLDER / f"{make.__name__}.json": json.dumps(make(), indent=1) + "\n"
              for make in DASHBOARDS}
    if sys.argv[1:] == ["--check"]:
        stale = sorted(file.name for file in wanted.keys() | set(FOLDER.glob("*.json"))
                       if not file.exists() or file.read_text() != wanted.get(file))
        if stale:
            print(f"not what generate.py writes: {', '.join(stale)}", file=sys.stderr)
        return 1 if stale else 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    for file in set(FOLDER.glob("*.json")) - wanted.keys():
        file.unlink()
    for file, text in wanted.items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
