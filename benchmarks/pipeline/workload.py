#!/usr/bin/env python3
"""Writes JSON-lines HTTP access logs, the same bytes for the same arguments.

usage: workload.py OUT [--mib 512] [--lines N] [--seed 1] [--start TIME] [--step-us 400]

One object a line, about 250 bytes on average:
timestamp (ISO-8601, UTC, microseconds), level, logger, message, service,
http.method, endpoint, status_code, duration_ms, trace_id.
Timestamps never go back. About 0.5 % of messages hold escapes, 0.5 % non-ASCII text.
"""
import argparse
import datetime as dt
import json
import random
import sys

SERVICES = [("checkout", 20), ("catalog", 30), ("auth", 15), ("payments", 10), ("search", 15),
            ("profile", 10)]
METHODS = [("GET", 70), ("POST", 20), ("PUT", 6), ("DELETE", 3), ("PATCH", 1)]
ENDPOINTS = {
    "checkout": ["/api/v1/cart", "/api/v1/cart/{n}/items", "/api/v1/orders", "/api/v1/orders/{n}"],
    "catalog": ["/api/v1/products", "/api/v1/products/{n}", "/api/v1/products/{n}/reviews",
                "/api/v1/categories/{n}"],
    "auth": ["/api/v1/login", "/api/v1/logout", "/api/v1/token/refresh", "/oauth2/authorize"],
    "payments": ["/api/v2/payments", "/api/v2/payments/{n}", "/api/v2/refunds/{n}"],
    "search": ["/search?q={w}&page={p}", "/suggest?q={w}", "/api/v1/search/facets"],
    "profile": ["/api/v1/users/{n}", "/api/v1/users/{n}/addresses", "/api/v1/users/{n}/avatar"],
}
STATUS = [(200, 800), (201, 60), (204, 30), (301, 10), (304, 25), (400, 20), (401, 15), (403, 6),
          (404, 25), (429, 4), (500, 3), (502, 1), (503, 1)]
LOGGERS = ["http.access", "http.server.AccessLog", "com.example.web.RequestLogFilter",
           "gateway.router"]
WORDS = ("red blue shoes phone case lamp desk chair garden winter jacket usb cable charger book "
         "coffee tea mug").split()
TEXT = {2: "request completed", 3: "redirected, response not modified",
        4: "request rejected by the client rules",
        5: "upstream failed while handling the request"}
ODD = ['user said "hello", path C:\\temp\\a.txt', "two\nlines\tand a tab",
       "slash \\/ and quote \" at the end\""]
WIDE = ["Anfrage für Zürich ausgeführt", "запрос выполнен", "要求が完了しました",
        "done ✔ naïve café"]


def pick(pairs):
    values, weights, total = [], [], 0
    for value, weight in pairs:
        values.append(value)
        total += weight
        weights.append(total)
    return values, weights


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("out", help="file to write, - for stdout")
    ap.add_argument("--mib", type=float, default=512,
                    help="stop at the first line end past this many MiB")
    ap.add_argument("--lines", type=int, default=0, help="stop after this many lines instead")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--start", default="2026-01-05T08:00:00Z")
    ap.add_argument("--step-us", type=int, default=400, help="mean µs between two lines")
    a = ap.parse_args()

    r = random.Random(a.seed)
    t = dt.datetime.fromisoformat(a.start.replace("Z", "+00:00"))
    services, sw = pick(SERVICES)
    methods, mw = pick(METHODS)
    statuses, tw = pick(STATUS)
    limit = int(a.mib * 1024 * 1024)
    out = sys.stdout.buffer if a.out == "-" else open(a.out, "wb")
    size = lines = 0
    buf = []
    one = lambda values, weights: r.choices(values, cum_weights=weights)[0]
    while (lines < a.lines) if a.lines else (size < limit):
        t += dt.timedelta(microseconds=1 + int(r.random() * 2 * a.step_us))
        service, status = one(services, sw), one(statuses, tw)
        endpoint = r.choice(ENDPOINTS[service]).format(
            n=1 + int(r.random() ** 3 * 99999), w=r.choice(WORDS), p=r.randint(1, 9))
        level = ("ERROR" if status >= 500 else "WARN" if status >= 400
                 else "DEBUG" if r.random() < .05 else "INFO")
        message = TEXT[status // 100]
        x = r.random()
        if x < .005:
            message = r.choice(ODD)
        elif x < .010:
            message = r.choice(WIDE)
        line = json.dumps({
            "timestamp": t.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": level,
            "logger": r.choice(LOGGERS),
            "message": message,
            "service": service,
            "http.method": one(methods, mw),
            "endpoint": endpoint,
            "status_code": status,
            "duration_ms": round(r.lognormvariate(3, 1), 3),
            "trace_id": "%032x" % r.getrandbits(128),
        }, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        buf.append(line)
        size += len(line)
        lines += 1
        if len(buf) == 4096:
            out.write(b"".join(buf))
            buf.clear()
    out.write(b"".join(buf))
    out.flush()
    print(f"{lines} lines, {size} bytes, {size / max(lines, 1):.1f} bytes a line", file=sys.stderr)


if __name__ == "__main__":
    main()
