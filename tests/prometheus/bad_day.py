"""A very bad day of a service, in its own log: what an agent makes of it is what the dashboards and
rules are about. tick() is a quarter of a second of it, always the same but for the time.
"""
import threading
from datetime import datetime, timezone
from pathlib import Path

from day import to_line

SHOP = {"service.name": "shop", "log.level": "info"}
FAILED = {"log.level": "error", "error.type": "Timeout", "outcome": "failure"}


def seconds(number: float) -> dict:
    return {"event.duration": int(number * 1e9)}


def requests() -> list[dict]:
    def request(method: str, path: str, status: int) -> dict:
        return {"event.name": "http.request", "http.request.method": method, "http.route": path,
                "http.response.status_code": status} | seconds(7)
    return (6 * [request("GET", "/orders/17", 200)] + 3 * [request("GET", "/orders/18", 503)] +
            [request("POST", "/login", 401)])


def agents() -> list[dict]:
    agent = {"event.name": "agent.execution", "gen_ai.agent.name": "planner",
             "intent": "plan"} | seconds(30)
    model = {"event.name": "llm.request", "gen_ai.request.model": "large",
             "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 90,
             "gen_ai.usage.output_tokens": 10, "cost_usd": 25,
             "gen_ai.response.time_to_first_chunk": 0.4,
             "gen_ai.response.time_per_output_chunk": 0.02} | seconds(4)
    tool = {"event.name": "tool.execution", "gen_ai.tool.name": "search"} | seconds(0.5)
    query = {"event.name": "agent.query", "query_type": "research"} | seconds(3)
    return (7 * [agent] + 3 * [agent | FAILED] + 8 * [model] +
            2 * [model | {"error.type": "rate_limit", "log.level": "error"}] +
            [tool, tool | FAILED, query])


def backends() -> list[dict]:
    retrieval = {"event.name": "rag.retrieval", "namespace": "docs", "chunks": 4,
                 "grounding_score": 0.3} | seconds(0.4)
    vectors = {"event.name": "vectordb.query", "index": "docs"} | seconds(0.05)
    lookup = {"event.name": "cache.operation", "cache_type": "query"}
    workflow = {"event.name": "workflow.execution", "workflow": "build",
                "retries": 3} | seconds(100)
    return [{"event.name": "db.query", "db.operation.name": "SELECT",
             "db.collection.name": "orders"} | seconds(3),
            *5 * [retrieval], retrieval | FAILED,
            vectors | {"cache_hit": True}, vectors | {"cache_hit": False},
            {"event.name": "embedding.generated", "model": "small"} | seconds(0.2),
            *3 * [lookup | {"result": "hit"}], lookup | {"result": "miss"},
            workflow, workflow | FAILED]


def people() -> list[dict]:
    def attempt(name: str, result: str) -> dict:
        return {"event.name": name, "result": result}
    return [attempt("auth.attempt", "success"), *9 * [attempt("auth.attempt", "failure")],
            attempt("permission.check", "allowed"), *9 * [attempt("permission.check", "denied")],
            *({"event.name": "business.event", "name": name} for name in
              ("booking_created", "complaint_created", "chat_session_started", "user_registered"))]


def gauges() -> list[dict]:
    values = {"active_sessions": 12, "active_users": 11, "db_connections_active": 19,
              "db_connection_pool_size": 20, "vectordb_storage_bytes": 2e9, "cache_size_bytes": 1e6}
    gauge = {"event.name": "gauge"}
    return [*(gauge | {"name": name, "value": value} for name, value in values.items()),
            gauge | {"name": "vectordb_index_size_bytes", "value": 1e9,
                     "labels": {"index": "docs"}},
            gauge | {"name": "cache_hit_rate", "value": 0.5, "labels": {"cache_type": "session"}}]


def started() -> list[dict]:
    """What never ends."""
    return ([{"event.name": "http.request.started", "span_id": f"{n:016x}"} for n in range(9)] +
            [{"event.name": "agent.execution.started", "span_id": "a",
              "gen_ai.agent.name": "planner"}])


class BadDay:
    """Writes it to a file, four times a second, until close()."""

    def __init__(self, log: Path):
        self.log = log
        self.is_over = threading.Event()
        self.append(started())
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.is_over.wait(0.25):
            self.append(requests() + agents() + backends() + people() + gauges())

    def append(self, records: list[dict]) -> None:
        time = {"@timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        with open(self.log, "ab") as file:
            file.write(b"".join(to_line(time | SHOP | record) for record in records))

    def close(self) -> None:
        self.is_over.set()
        self.thread.join()
