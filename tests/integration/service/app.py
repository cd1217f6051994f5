"""The service of the monitoring guides: FastAPI, structlog writing JSON, uvicorn's own text logs.

usage: app.py PORT LOG_DIR

LOG_DIR/app.json       structlog: one JSON event a line, one of them for each request; exceptions
                       follow once more as text, because logging's exception() appends them
LOG_DIR/access.log     uvicorn's access log, plain text
LOG_DIR/error.log      uvicorn's own messages and the tracebacks of unhandled exceptions
"""
import logging
import logging.config
import sys
import time
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI, HTTPException, Request

ORDERS = 10


def logging_config(directory: Path) -> dict:
    """Files that are opened again when logrotate has moved them away."""
    def file(name: str, formatter: str) -> dict:
        return {"class": "logging.handlers.WatchedFileHandler", "filename": directory / name,
                "formatter": formatter, "encoding": "utf-8"}

    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "bare": {"format": "%(message)s"},
            "text": {"()": "uvicorn.logging.DefaultFormatter", "use_colors": False,
                     "fmt": "%(asctime)s %(levelprefix)s %(message)s"},
            "access": {"()": "uvicorn.logging.AccessFormatter", "use_colors": False,
                       "fmt": '%(asctime)s %(levelprefix)s %(client_addr)s - "%(request_line)s" '
                              "%(status_code)s"},
        },
        "handlers": {
            "events": file("app.json", "bare"),
            "access": file("access.log", "access"),
            "error": file("error.log", "text"),
        },
        "loggers": {
            "shop": {"handlers": ["events"], "level": "INFO", "propagate": False},
            "uvicorn": {"handlers": ["error"], "level": "INFO", "propagate": False},
            "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        },
    }


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        structlog.processors.JSONRenderer(),
    ],
    context_class=dict,
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
logger = structlog.get_logger("shop.orders")
app = FastAPI()


@app.middleware("http")
async def log_request(request: Request, call_next):
    began = time.perf_counter()
    status_code = 500
    try:
        response = await call_next(request)
        status_code = response.status_code
        return response
    finally:
        logger.info("request handled", method=request.method, endpoint=request.url.path,
                    status_code=status_code, duration=time.perf_counter() - began,
                    request_id=request.headers["x-request-id"])


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.get("/orders/{number}")
async def get_order(number: int, request: Request):
    if number >= ORDERS:
        logger.warning("order %d unknown", number,
                       request_id=request.headers["x-request-id"] + "-w")
        raise HTTPException(404)
    return {"order": number}


@app.post("/orders", status_code=201)
async def place_order(request: Request):
    body = await request.body()
    logger.info("order placed ✔ für %s", "Zürich", raw=body, note='say "hi",\n\tthen go \\ away',
                request_id=request.headers["x-request-id"] + "-o")
    return {"status": "placed"}


@app.get("/report")
async def report(request: Request):
    """Goes wrong, and says so in its own log."""
    try:
        return {"rate": 1 / 0}
    except ZeroDivisionError:
        logger.exception("report failed", request_id=request.headers["x-request-id"] + "-x")
        raise HTTPException(503) from None


@app.get("/broken")
async def broken():
    """Goes wrong, and leaves the traceback to uvicorn."""
    raise RuntimeError("the storage is gone")


if __name__ == "__main__":
    config = logging_config(Path(sys.argv[2]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=config)
