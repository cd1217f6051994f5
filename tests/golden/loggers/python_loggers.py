"""Writes what the loggers of Python write: python_loggers.py DIRECTORY."""
import logging
import sys
from pathlib import Path

import ecs_logging
import structlog
from pythonjsonlogger.json import JsonFormatter

ECS = ecs_logging.StdlibFormatter()
DICT_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
CLASSIC = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
BRACKETS = "%(asctime)s [%(levelname)s] %(name)s: %(message)s"
WORDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
FORMATTERS = {
    "python_json_logger": JsonFormatter(WORDS),
    "python_json_logger_renamed": JsonFormatter(
        WORDS, rename_fields={"levelname": "severity", "asctime": "timestamp"}),
    "ecs_logging_python": ECS,
    "python_basic_config": logging.Formatter(logging.BASIC_FORMAT),
    "python_logging": logging.Formatter(CLASSIC),
    "python_logging_brackets": logging.Formatter(BRACKETS),
}


def fail() -> None:
    try:
        {}["order"]
    except KeyError as error:
        raise ValueError("cannot ship") from error


def use(logger: logging.Logger) -> None:
    logger.debug("cache warm", extra={"entries": 12})
    logger.info("order placed", extra={"order_id": 4711, "http.route": "/orders"})
    logger.warning("slow \"query\"\n  in two lines", extra={"duration_ms": 750.5})
    try:
        fail()
    except ValueError:
        logger.exception("order failed", extra={"trace_id": "0af7651916cd43dd8448eb211c80319c"})
    logger.critical("no disk space")


def write_stdlib(directory: Path) -> None:
    for name, formatter in FORMATTERS.items():
        handler = logging.FileHandler(directory / f"{name}.log", mode="w")
        handler.setFormatter(formatter)
        logger = logging.getLogger("shop.orders")
        logger.handlers = [handler]
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        use(logger)


def write_structlog(directory: Path, name: str, renderer) -> None:
    with open(directory / f"{name}.log", "w", encoding="utf-8") as file:
        structlog.configure(
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                DICT_TRACEBACKS if name == "structlog_dict"
                else structlog.processors.format_exc_info,
                renderer,
            ],
            logger_factory=structlog.WriteLoggerFactory(file=file),
            cache_logger_on_first_use=False)
        logger = structlog.get_logger().bind(service="shop")
        logger.info("order placed", order_id=4711, total=12.5)
        logger.warning("slow query", duration_ms=750.5, table="orders")
        try:
            fail()
        except ValueError:
            logger.exception("order failed")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write_stdlib(target)
    write_structlog(target, "structlog", structlog.processors.JSONRenderer())
    write_structlog(target, "structlog_dict", structlog.processors.JSONRenderer())
    write_structlog(target, "structlog_logfmt", structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"]))
