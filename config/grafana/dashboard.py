"""What a Grafana dashboard is made of; generate.py has the dashboards themselves.

In expressions $on stands for the chosen agents, $host for the chosen hosts, and [$w] for the window
that fits the zoom. A query is (expression, legend).
"""
WIDTH = 24  # of Grafana's grid
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
LOKI = {"type": "loki", "uid": "loki"}

SHORTHAND = {
    "$on": 'instance=~"$instance"',
    "$host": 'instance=~"$node"',
    "[$w]": "[$__rate_interval]",
}


# ---- expressions ----------------------------------------------------------------------------

def rate(metric: str, by: str = "", where: str = "") -> str:
    """How often a second, summed by labels."""
    selector = f"{where},$on" if where else "$on"
    return f"sum{f' by ({by}) ' if by else ''}(rate({metric}{{{selector}}}[$w]))"


def quantile(share: float, histogram: str, by: str = "") -> str:
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, {rate(histogram + '_bucket', labels)})"


def mean(histogram: str, by: str = "") -> str:
    return f"{rate(histogram + '_sum', by)} / {rate(histogram + '_count', by)}"


def share(part: str, whole: str, by: str = "", where: str = "") -> str:
    """part{where} of whole, 0 to 1; 0 where nothing of part was ever seen."""
    everything = rate(whole, by)
    return f"({rate(part, by, where)} or 0 * {everything}) / {everything}"


def total(counter: str, by: str = "") -> str:
    return f"sum{f' by ({by}) ' if by else ''}({counter}{{$on}})"


def grown(counter: str, by: str, window: str) -> str:
    return f"sum by ({by}) (increase({counter}{{$on}}[{window}]))"


def most(counter: str, by: str, count: int = 10) -> str:
    """The series that grew most in the time that is shown."""
    return f"topk({count}, {grown(counter, by, '$__range')})"


# ---- panels ---------------------------------------------------------------------------------

def expand(expression: str) -> str:
    for short, long in SHORTHAND.items():
        expression = expression.replace(short, long)
    return expression


def panel(kind, title, queries, unit, width, height, options, custom=None, source=PROMETHEUS,
          description="", thresholds=None):
    queries = [queries] if isinstance(queries, (str, tuple)) else queries
    targets = []
    for letter, query in zip("ABCDEFGH", queries, strict=False):
        expression, legend = query if isinstance(query, tuple) else (query, "")
        targets.append({"refId": letter, "datasource": source, "expr": expand(expression),
                        "legendFormat": legend or "__auto"})
        if kind in ("bargauge", "table"):
            targets[-1] |= {"instant": True, "range": False}
        if kind == "table":
            targets[-1]["format"] = "table"
    defaults = {"unit": unit, "custom": custom or {}}
    if thresholds:
        colors = ("green", "orange", "red") if len(thresholds) > 1 else ("green", "red")
        steps = zip(colors, (None, *thresholds), strict=False)
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"color": color, "value": value} for color, value in steps]}
    return {"type": kind, "title": title, "description": description, "datasource": source,
            "targets": targets, "fieldConfig": {"defaults": defaults, "overrides": []},
            "options": options, "gridPos": {"w": width, "h": height}}


def graph(title, queries, unit="short", width=8, stacked=False, **more):
    """Lines over time."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stacked else 10,
              "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                          "calcs": ["mean", "max", "lastNotNull"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, queries, unit, width, 8, options, custom, **more)


def number(title, queries, unit="short", width=4, **more):
    """The value now."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "colorMode": "value", "graphMode": "area", "textMode": "auto",
               "justifyMode": "auto", "orientation": "auto"}
    return panel("stat", title, queries, unit, width, 4, options, **more)


def bars(title, queries, unit="short", width=8, **more):
    """One bar for each series: what is used most."""
    options = {"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True,
               "valueMode": "color",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return panel("bargauge", title, queries, unit, width, 8, options, **more)


def table(title, queries, unit="short", width=24, **more):
    options = {"showHeader": True, "cellHeight": "sm"}
    custom = {"align": "auto", "filterable": True}
    return panel("table", title, queries, unit, width, 8, options, custom, **more)


def logs(title, query, width=24):
    """Lines from Loki."""
    options = {"showTime": True, "wrapLogMessage": True, "enableLogDetails": True,
               "sortOrder": "Descending", "prettifyLogMessage": False, "dedupStrategy": "none"}
    return panel("logs", title, query, "short", width, 10, options, source=LOKI)


# ---- dashboards -----------------------------------------------------------------------------

def variable(name: str, label: str, query: str) -> dict:
    return {"name": name, "label": label, "type": "query", "datasource": PROMETHEUS,
            "definition": query, "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1,
            "includeAll": True, "multi": True, "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]}}


def lay_out(rows: list) -> list:
    """Panels from left to right, a new line where the next does not fit; ids from 1."""
    placed, top = [], 0
    for title, panels in rows:
        placed.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}})
        left, top, bottom = 0, top + 1, top + 1
        for one in panels:
            grid = one["gridPos"]
            if left + grid["w"] > WIDTH:
                left, top = 0, bottom
            placed.append(one | {"gridPos": grid | {"x": left, "y": top}})
            left += grid["w"]
            bottom = max(bottom, top + grid["h"])
        top = bottom
    return [one | {"id": number} for number, one in enumerate(placed, 1)]


def dashboard(uid: str, title: str, description: str, *rows) -> dict:
    panels = lay_out(rows)
    variables = [variable("instance", "Agent", 'label_values(up{job="sawlog"}, instance)')]
    if any("$node" in target["expr"] for one in panels for target in one.get("targets", ())):
        variables.append(variable("node", "Host", "label_values(node_load1, instance)"))
    return {
        "uid": f"sawlog-{uid}", "title": f"Sawlog: {title}", "description": description,
        "tags": ["sawlog"], "schemaVersion": 39, "version": 1, "editable": True,
        "graphTooltip": 1, "refresh": "30s", "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser", "templating": {"list": variables}, "annotations": {"list": []},
        "links": [{"type": "dashboards", "title": "Sawlog", "tags": ["sawlog"], "asDropdown": True,
                   "includeVars": True, "keepTime": True}],
        "panels": panels,
    }
