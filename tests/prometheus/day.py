"""A day of a service as the monitoring guides describe it: every event, in every spelling.

Day.events() yields them; Count says what the metrics must be, from what the events mean, without
looking at the presets.
"""
import json
import math
import random
from collections import Counter, defaultdict
from datetime import datetime, timezone

NS = 10**9
DAY = 86400
OPEN_MAX = 3600  # seconds; the agent's open_max in the test

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
FINE = (0.001, 0.0025, *SECONDS)
LONG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300)
GENAI_SECONDS = tuple(0.01 * 2**n for n in range(14))
GENAI_TOKENS = tuple(4**n for n in range(14))
BOUNDS = {
    "http_request_duration_seconds": SECONDS,
    "agent_execution_duration_seconds": LONG,
    "agent_query_duration_seconds": LONG,
    "llm_request_duration_seconds": (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120),
    "tool_execution_duration_seconds": (*SECONDS, 30, 60),
    "db_query_duration_seconds": FINE,
    "rag_retrieval_duration_seconds": SECONDS,
    "rag_chunks_retrieved": (0, 1, 2, 3, 5, 10, 20, 50, 100),
    "rag_grounding_score": (0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1),
    "vectordb_query_duration_seconds": FINE,
    "embedding_duration_seconds": SECONDS,
    "workflow_duration_seconds": (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600),
    "gen_ai_client_token_usage": GENAI_TOKENS,
    "gen_ai_client_operation_duration_seconds": GENAI_SECONDS,
    "gen_ai_client_operation_time_to_first_chunk_seconds": GENAI_SECONDS,
    "gen_ai_client_inference_operation_input_tokens": GENAI_TOKENS,
    "gen_ai_client_inference_operation_output_tokens": GENAI_TOKENS,
    "gen_ai_client_inference_duration_seconds": GENAI_SECONDS,
    "gen_ai_client_inference_time_to_first_chunk_seconds": GENAI_SECONDS,
}
LEVELS = {"INFO": "info", "info": "info", "WARNING": "warn", "debug": "debug", "ERROR": "error",
          "critical": "fatal", 50: "error"}
OUTCOMES = {"success": "success", "ok": "success", "error": "error", "failure": "error",
            "FAILED": "error", "timeout": "timeout"}
BUSINESS = {"booking_created": "bookings_created_total",
            "complaint_created": "complaints_created_total",
            "chat_session_started": "chat_sessions_total",
            "user_registered": "user_registrations_total"}
GAUGES = ("active_sessions", "active_users", "db_connections_active", "db_connection_pool_size",
          "vectordb_storage_bytes", "cache_size_bytes")


class Count:
    """The metrics: {(name, labels): value} as a scrape gives them."""

    def __init__(self):
        self.counters = Counter()
        self.histograms = defaultdict(list)
        self.gauges = {}  # (name, labels): (time, value)
        self.open = {}  # (name, id): (time, labels)

    @staticmethod
    def key(name: str, labels: dict) -> tuple[str, frozenset]:
        return name, frozenset((label, str(text)) for label, text in labels.items())

    def add(self, name: str, value: float | None = 1, /, **labels) -> None:
        if value is not None:
            self.counters[self.key(name, labels)] += value

    def observe(self, name: str, value: float | None, /, **labels) -> None:
        if value is not None:
            self.histograms[self.key(name, labels)].append(value)

    def set(self, name: str, value: float, time: float, /, **labels) -> None:
        key = self.key(name, labels)
        if time >= self.gauges.get(key, (time, 0))[0]:
            self.gauges[key] = time, value

    def start(self, name: str, id: str, time: float, /, **labels) -> None:
        self.open[name, id] = time, self.key(name, labels)
        self.gauges.setdefault(self.key(name, labels), (-math.inf, 0))

    def end(self, name: str, id: str) -> None:
        self.open.pop((name, id), None)

    def series(self, now: float) -> dict[tuple[str, frozenset], float]:
        series = dict(self.counters)
        open_now = Counter(key for time, key in self.open.values() if time > now - OPEN_MAX)
        for key, (time, value) in self.gauges.items():
            series[key] = value if time > -math.inf else open_now[key]
        for (name, labels), values in self.histograms.items():
            series[name + "_count", labels] = len(values)
            series[name + "_sum", labels] = math.fsum(values)
            for bound in (*BOUNDS[name], math.inf):
                text = "+Inf" if bound == math.inf else f"{bound:.15g}"
                series[name + "_bucket", labels | {("le", text)}] = sum(
                    value <= bound for value in values)
        return series


class Day:
    """The same for the same seed and end. count: of the events yielded so far."""

    def __init__(self, seed: int, end: float, events: int):
        self.random = random.Random(seed)
        self.end = end
        self.step = DAY / events
        self.number = events
        self.time = end - DAY
        self.count = Count()
        self.ids = 0

    def events(self):
        """A record for each line."""
        kinds = [self.http, self.http, self.http, self.agent, self.query, self.llm, self.llm,
                 self.tool, self.db, self.rag, self.vectordb, self.embedding, self.cache,
                 self.auth, self.permission, self.workflow, self.business, self.gauge, self.plain]
        made = 0
        while made < self.number:
            for record in self.random.choice(kinds)():
                made += 1
                self.time += self.step
                yield self.finish(record)

    # ---- parts of records ----

    def finish(self, record: dict) -> dict:
        level = self.random.choice(list(LEVELS))
        service = self.random.choice(["shop", "chat"])
        head = self.random.choice([
            {"@timestamp": self.rfc3339(), "log.level": level, "service.name": service},
            {"timestamp": self.rfc3339(), "level": level, "service": service, "logger": "app"},
            {"ts": round(self.time, 6), "log": {"level": level}, "service": {"name": service}},
        ])
        head["trace_id"] = f"{self.random.getrandbits(128):032x}"
        error = record.get("error.type", "")
        self.count.add("log_records_total", service_name=service, level=LEVELS[level])
        if LEVELS[level] in ("error", "fatal"):
            self.count.add("log_errors_total", service_name=service, error_type=error)
        return head | record

    def rfc3339(self) -> str:
        return datetime.fromtimestamp(self.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def one(self, *choices):
        return self.random.choice(choices)

    def id(self) -> str:
        self.ids += 1
        return f"{self.ids:016x}"

    def took(self, record: dict, mean: float) -> float | None:
        """Adds a duration under one of its names, or none; in seconds, as the agent reads it."""
        ns = int(self.random.lognormvariate(math.log(mean), 1.5) * NS)
        name = self.one("event.duration", "event.duration", "duration", "duration_ms",
                        "elapsed", "response_time_ms", None)
        if name is None:
            return None
        record[name] = {"event.duration": ns, "duration": ns / NS, "elapsed": ns / NS,
                        "duration_ms": ns / 1e6, "response_time_ms": f"{ns / 1e6}"}[name]
        factor = {"event.duration": 1, "duration": 1e9, "elapsed": 1e9}.get(name, 1e6)
        return float(record[name]) * factor / NS

    def failed(self, record: dict) -> str:
        """Adds an outcome, an error type, both or neither; what the label says."""
        word = self.one(*OUTCOMES, None)
        error = self.one("Timeout", "ValueError", None, None)
        if word is not None:
            record[self.one("outcome", "status")] = word
        if error is not None:
            record["error.type"] = error
        return OUTCOMES[word] if word is not None else "error" if error else "success"

    def errors(self, record: dict, name: str, **labels) -> None:
        word = record.get("outcome", record.get("status"))
        if "error.type" in record or OUTCOMES.get(word) == "error":
            self.count.add(name, error_type=record.get("error.type", "_OTHER"), **labels)

    # ---- the events ----

    def http(self):
        count, span = self.count, self.id()
        id_name = self.one("span_id", "request.id", "request_id")
        method = self.one("GET", "GET", "POST", "DELETE")
        path, endpoint = self.one(("/orders/17", "/orders/{id}"), ("/health", "/health"),
                                  ("http://shop/orders/18?x=1", "/orders/{id}"),
                                  ("/users/{user_id}", "/users/{user_id}"))
        status = self.one(200, 200, 201, 404, 500, 503)
        if self.random.random() < 0.5:
            yield {"event.name": "http.request.started", id_name: span, "method": method}
            for gauge in ("http_requests_in_progress", "active_requests", "active_connections"):
                count.start(gauge, span, self.time)
            if self.stays_open():
                return
        record = self.one(
            {"event.name": "http.request", "http.request.method": method, "http.route": path,
             "http.response.status_code": status},
            {"event.name": "http.request",
             "http": {"request": {"method": method}, "route": path,
                      "response": {"status_code": status}}},
            {"method": method, "endpoint": path, "status_code": status},
            {"method": method, "path": path, "status": status}) | {id_name: span}
        took = self.took(record, 0.1)
        for gauge in ("http_requests_in_progress", "active_requests", "active_connections"):
            count.end(gauge, span)
        count.add("http_requests_total", method=method, endpoint=endpoint, status_code=status)
        count.observe("http_request_duration_seconds", took, method=method, endpoint=endpoint)
        yield record
        if self.random.random() < 0.3:  # the same in an access log
            yield {"event.name": "http.access", "method": method, "path": path, "status": status}

    def stays_open(self) -> bool:
        """Not around the time before which starts are forgotten, so that any minute is right."""
        age = self.end - self.time
        return self.random.random() < 0.05 and not OPEN_MAX / 2 < age < 2 * OPEN_MAX

    def agent(self):
        span, agent = self.id(), self.one("planner", "coder")
        intent = self.one("plan", "code", "ask")
        if self.random.random() < 0.5:
            yield {"event.name": "agent.execution.started", "span_id": span,
                   "gen_ai.agent.name": agent}
            self.count.start("agent_concurrent_executions", span, self.time, agent_name=agent)
            if self.stays_open():
                return
        record = {"event.name": "agent.execution", "span_id": span, "intent": intent,
                  self.one("gen_ai.agent.name", "agent_name", "agent"): agent}
        status = self.failed(record)
        if "status" in record and self.random.random() < 0.5:
            del record["event.name"]
        took = self.took(record, 5)
        self.count.end("agent_concurrent_executions", span)
        self.count.add("agent_executions_total", agent_name=agent, intent=intent, status=status)
        self.count.observe("agent_execution_duration_seconds", took, agent_name=agent)
        self.errors(record, "agent_errors_total", agent_name=agent)
        yield record

    def query(self):
        kind = self.one("research", "support")
        record = {"event.name": "agent.query", self.one("query_type", "agent_type", "type"): kind}
        self.count.observe("agent_query_duration_seconds", self.took(record, 2), agent_type=kind)
        self.count.add("agent_queries_total", agent_type=kind)
        yield record

    def llm(self):
        count = self.count
        model, operation = self.one("large", "small"), self.one("chat", "embeddings")
        tokens = {"input": self.random.randrange(5000), "output": self.one(None, 7, 300)}
        record = {"event.name": "llm.request",
                  self.one("gen_ai.request.model", "model"): model,
                  self.one("gen_ai.operation.name", "operation"): operation,
                  self.one("gen_ai.usage.input_tokens", "input_tokens", "prompt_tokens"):
                      tokens["input"]}
        if tokens["output"] is not None:
            record[self.one("gen_ai.usage.output_tokens", "output_tokens",
                            "completion_tokens")] = tokens["output"]
        cost = self.one(None, 0.25, 0.5, 2)
        if cost is not None:
            record[self.one("cost_usd", "cost")] = cost
        provider = self.one(None, "openai", "anthropic")
        if provider:
            record[self.one("gen_ai.provider.name", "gen_ai.system")] = provider
        if self.random.random() < 0.2:
            record["error.type"] = "rate_limit"
        took = self.took(record, 2)
        chunk = self.one(None, 0.3)
        if chunk:
            record["gen_ai.response.time_to_first_chunk"] = chunk
        if self.random.random() < 0.3 and "error.type" not in record:
            del record["event.name"]

        error = record.get("error.type", "")
        count.add("llm_requests_total", model=model, operation=operation)
        count.observe("llm_request_duration_seconds", took, model=model)
        self.errors(record, "llm_errors_total", model=model)
        count.add("api_cost_dollars_total", cost, model=model)
        genai = {"gen_ai_operation_name": operation, "gen_ai_provider_name": provider or "",
                 "gen_ai_request_model": model, "gen_ai_response_model": "",
                 "server_address": "", "server_port": ""}
        for token, used in tokens.items():
            count.add("llm_tokens_used_total", used, model=model, token_type=token)
            count.add("api_tokens_total", used, model=model, type=token)
            count.observe("gen_ai_client_token_usage", used, gen_ai_token_type=token, **genai)
            count.add(f"gen_ai_client_inference_usage_{token}_tokens_total", used,
                      gen_ai_token_modality="unknown", **genai)
            count.observe(f"gen_ai_client_inference_operation_{token}_tokens", used, **genai)
        for prefix in ("gen_ai_client_operation", "gen_ai_client_inference"):
            count.observe(f"{prefix}_duration_seconds", took, error_type=error, **genai)
            count.observe(f"{prefix}_time_to_first_chunk_seconds", chunk, **genai)
        yield record

    def tool(self):
        tool = self.one("search", "mail")
        record = {"event.name": "tool.execution",
                  self.one("gen_ai.tool.name", "tool_name", "tool"): tool}
        self.count.add("tool_executions_total", tool_name=tool, status=self.failed(record))
        self.count.observe("tool_execution_duration_seconds", self.took(record, 0.3),
                           tool_name=tool)
        yield record

    def db(self):
        operation, table = self.one("SELECT", "INSERT"), self.one("orders", "users")
        record = {"event.name": "db.query",
                  self.one("db.operation.name", "operation"): operation,
                  self.one("db.collection.name", "table"): table}
        if self.random.random() < 0.5:
            del record["event.name"]
        self.count.add("db_queries_total", operation=operation, table=table)
        self.count.observe("db_query_duration_seconds", self.took(record, 0.02),
                           operation=operation, table=table)
        yield record

    def rag(self):
        namespace, chunks = self.one("docs", "faq"), self.random.randrange(12)
        score = self.one(None, round(self.random.random(), 3))
        record = {"event.name": "rag.retrieval", "namespace": namespace, "chunks": chunks}
        if score is not None:
            record["grounding_score"] = score
        self.count.add("rag_retrievals_total", namespace=namespace, status=self.failed(record))
        self.count.observe("rag_retrieval_duration_seconds", self.took(record, 0.2),
                           namespace=namespace)
        self.count.observe("rag_chunks_retrieved", chunks)
        self.count.observe("rag_grounding_score", score)
        yield record

    def vectordb(self):
        index, hit = self.one("docs", "users"), self.one(True, False, None)
        record = {"event.name": "vectordb.query", "index": index}
        if hit is not None:
            record["cache_hit"] = hit
            self.count.add("cache_operations_total", cache_type="vectordb",
                           result="hit" if hit else "miss")
        self.count.observe("vectordb_query_duration_seconds", self.took(record, 0.02), index=index)
        yield record

    def embedding(self):
        record = {"event.name": "embedding.generated", "model": "embed-3"}
        self.count.observe("embedding_duration_seconds", self.took(record, 0.1), model="embed-3")
        yield record

    def cache(self):
        kind, result = self.one("query", "session"), self.one("hit", "hit", "miss")
        self.count.add("cache_operations_total", cache_type=kind, result=result)
        yield {"event.name": "cache.operation", "cache_type": kind, "result": result}

    def auth(self):
        result = self.one("success", "failure")
        self.count.add("auth_attempts_total", result=result)
        yield {"event.name": "auth.attempt", "result": result}

    def permission(self):
        result = self.one("allowed", "denied")
        self.count.add("permission_checks_total", result=result)
        yield {"event_type": "permission.check", "result": result}

    def workflow(self):
        workflow, retries = self.one("build", "review"), self.one(0, 0, 2, None)
        record = {"event.name": "workflow.execution",
                  self.one("workflow", "workflow_type"): workflow}
        if retries is not None:
            record["retries"] = retries
        status = self.failed(record)
        self.count.add("workflow_executions_total", workflow=workflow, status=status)
        self.count.add("workflow_retries_total", retries, workflow=workflow)
        self.count.observe("workflow_duration_seconds", self.took(record, 60), workflow=workflow)
        yield record

    def business(self):
        name = self.one(*BUSINESS, "workflow_executed")
        self.count.add("business_events_total", name=name)
        if name in BUSINESS:
            self.count.add(BUSINESS[name])
        yield {"event.name": "business.event", "name": name}

    def gauge(self):
        name, value = self.one(*GAUGES), self.random.randrange(1000)
        late = self.random.random() < 0.2  # written late: an older time
        time = self.time - 5000 if late else self.time
        labels = {}
        if self.random.random() < 0.3:
            name, labels = self.one(("vectordb_index_size_bytes", {"index": "docs"}),
                                    ("cache_hit_rate", {"cache_type": "session"}))
        record = {"event.name": "gauge", "name": name, "value": value, "labels": labels}
        self.count.set(name, value, time, **labels)
        if late:
            self.time -= 5000
            yield record
            self.time += 5000
        else:
            yield record

    def plain(self):
        yield self.one({"message": "nothing to count"}, {"event.name": "of.our.own", "status": 200},
                       {"method": "GET", "path": "/x"}, {"workflow": "without an outcome"})


def to_line(record: dict) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
