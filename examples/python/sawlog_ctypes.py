"""Sawlog from Python, through ctypes and the C interface: the whole of the binding.

    python3 examples/python/sawlog_ctypes.py libsawlog.so FILE

Every line goes through the library's own threads: a call copies its values and returns.
"""
import ctypes
import sys

LEVELS = {"trace": 0, "debug": 1, "info": 2, "warn": 3, "error": 4, "fatal": 5, "off": 6}
NULL, BOOL, INT, UINT, DOUBLE, TEXT = range(6)


class Options(ctypes.Structure):
    _fields_ = [
        ("struct_bytes", ctypes.c_size_t),
        ("service", ctypes.c_char_p),
        ("service_version", ctypes.c_char_p),
        ("file", ctypes.c_char_p),
        ("error_file", ctypes.c_char_p),
        ("interactions_file", ctypes.c_char_p),
        ("levels_file", ctypes.c_char_p),
        ("level", ctypes.c_int),
        ("debug_signal", ctypes.c_int),
        ("when_full", ctypes.c_int),
        ("block_for_ns", ctypes.c_int64),
    ]


class Value(ctypes.Union):
    _fields_ = [("integer", ctypes.c_int64), ("unsigned_integer", ctypes.c_uint64),
                ("number", ctypes.c_double)]


class Field(ctypes.Structure):
    _fields_ = [("key", ctypes.c_char_p), ("text", ctypes.c_char_p),
                ("text_bytes", ctypes.c_size_t), ("value", Value), ("type", ctypes.c_int)]

    @classmethod
    def of(cls, key: str, value):
        field = cls(key=key.encode(errors="surrogatepass"))
        if value is None:
            field.type = NULL
        elif isinstance(value, bool):
            field.type, field.value.integer = BOOL, value
        elif isinstance(value, int) and value < 2**63:
            field.type, field.value.integer = INT, value
        elif isinstance(value, int):
            field.type, field.value.unsigned_integer = UINT, value
        elif isinstance(value, float):
            field.type, field.value.number = DOUBLE, value
        else:
            text = value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")
            field.type, field.text, field.text_bytes = TEXT, text, len(text)
        return field


class Sawlog:
    """The library, started. close() writes everything."""

    def __init__(self, path: str, *, service: str, file: str, level: str = "info"):
        self.library = ctypes.CDLL(path)
        self.library.sawlog_get.restype = ctypes.c_void_p
        self.library.sawlog_log.argtypes = [
            ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(Field),
            ctypes.c_size_t, ctypes.c_char_p, ctypes.c_uint, ctypes.c_char_p]
        options = Options(struct_bytes=ctypes.sizeof(Options), service=service.encode(),
                          file=file.encode(), level=LEVELS[level], when_full=1)
        if not self.library.sawlog_start(ctypes.byref(options)):
            raise OSError(f"cannot log to {file}")

    def logger(self, name: str):
        return Logger(self.library, self.library.sawlog_get(name.encode()))

    def close(self):
        self.library.sawlog_stop()


class Logger:
    def __init__(self, library, handle: int):
        self.library, self.handle = library, handle

    def log(self, level: str, message: str, /, **fields):
        array = (Field * len(fields))(*(Field.of(key, value) for key, value in fields.items()))
        caller = sys._getframe(2)
        self.library.sawlog_log(
            self.handle, LEVELS[level], message.encode(errors="surrogatepass"), array,
            len(fields), caller.f_code.co_filename.encode(), caller.f_lineno,
            caller.f_code.co_name.encode())

    def info(self, message: str, /, **fields):
        self.log("info", message, **fields)

    def error(self, message: str, /, **fields):
        self.log("error", message, **fields)


def main():
    sawlog = Sawlog(sys.argv[1], service="checkout", file=sys.argv[2])
    log = sawlog.logger("checkout.python")
    log.info("order placed", order_id=4711, total=12.5, paid=True, coupon=None)
    sawlog.close()


if __name__ == "__main__":
    main()
