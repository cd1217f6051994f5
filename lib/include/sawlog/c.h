/* Sawlog from C and from every language that can call C (docs/library.md, examples/c).
 *
 *   sawlog_options options = SAWLOG_OPTIONS;
 *   options.service = "checkout";
 *   options.file = "logs/application.log";
 *   sawlog_start(&options);
 *   sawlog_logger* log = sawlog_get("checkout.cart");
 *   sawlog_field fields[] = {SAWLOG_INT("order_id", 4711), SAWLOG_TEXT("currency", "EUR")};
 *   SAWLOG_INFO(log, "order placed", fields);
 *
 * All functions may be called from all threads. Texts end with a zero unless a size is said, are
 * UTF-8 (what is not becomes U+FFFD) and are copied before a function returns. A null logger or
 * message is allowed and does nothing. Keys are copied; one of Sawlog's own becomes labels.<key>.
 * What <sawlog/logger.h> and <sawlog/options.h> say of calls, full rings, fork and the end of the
 * program holds here, too. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SAWLOG_LEVEL_TRACE,
  SAWLOG_LEVEL_DEBUG,
  SAWLOG_LEVEL_INFO,
  SAWLOG_LEVEL_WARN,
  SAWLOG_LEVEL_ERROR,
  SAWLOG_LEVEL_FATAL,
  SAWLOG_LEVEL_OFF
};

enum { SAWLOG_WHEN_FULL_BLOCK_FOR, SAWLOG_WHEN_FULL_BLOCK, SAWLOG_WHEN_FULL_DROP };

typedef struct sawlog_options {
  size_t struct_bytes;           /* sizeof(sawlog_options): SAWLOG_OPTIONS sets it */
  const char* service;           /* null: the program's name, as for all that is null below */
  const char* service_version;   /* null: none */
  const char* file;              /* null: none; "-": the standard output */
  const char* error_file;        /* null: none */
  const char* interactions_file; /* null: none */
  const char* levels_file;       /* null: none */
  int level;                     /* SAWLOG_LEVEL_… of the root logger */
  int debug_signal;              /* 0: none */
  int when_full;                 /* SAWLOG_WHEN_FULL_… */
  int64_t block_for_ns;
} sawlog_options;

#define SAWLOG_OPTIONS                                                                       \
  {sizeof(sawlog_options),     NULL,     NULL, NULL, NULL, NULL, NULL, SAWLOG_LEVEL_INFO, 0, \
   SAWLOG_WHEN_FULL_BLOCK_FOR, 100000000}

enum {
  SAWLOG_TYPE_NULL,
  SAWLOG_TYPE_BOOL,    /* integer */
  SAWLOG_TYPE_INT,     /* integer */
  SAWLOG_TYPE_UINT,    /* unsigned_integer */
  SAWLOG_TYPE_DOUBLE,  /* number */
  SAWLOG_TYPE_TEXT,    /* text, text_bytes */
  SAWLOG_TYPE_TIME_NS, /* integer: ns since 1970, UTC */
  SAWLOG_TYPE_SECRET   /* written as "[redacted]" */
};

typedef struct sawlog_field {
  const char* key;
  const char* text;  /* null: the value is null */
  size_t text_bytes; /* SAWLOG_UNTIL_ZERO: the text ends with a zero */
  union {
    int64_t integer;
    uint64_t unsigned_integer;
    double number;
  } value;
  int type; /* SAWLOG_TYPE_… */
} sawlog_field;

#define SAWLOG_UNTIL_ZERO SIZE_MAX
#define SAWLOG_TEXT(key, text) {key, text, SAWLOG_UNTIL_ZERO, {0}, SAWLOG_TYPE_TEXT}
#define SAWLOG_INT(key, integer) {key, NULL, 0, {integer}, SAWLOG_TYPE_INT}
#define SAWLOG_BOOL(key, truth) {key, NULL, 0, {(truth) ? 1 : 0}, SAWLOG_TYPE_BOOL}

typedef struct sawlog_logger sawlog_logger;
typedef struct sawlog_scope sawlog_scope;

/* 1, or 0 if a file could not be opened (said on stderr, tried again) or the options are not ones
 * of this version. */
int sawlog_start(const sawlog_options* options);
/* 1 if everything logged before is with the operating system. */
int sawlog_flush(void);
void sawlog_stop(void);
void sawlog_reopen(void); /* the only one that is safe in a signal handler */
int sawlog_install_crash_handler(void);

/* Null if there is no memory. To be freed by sawlog_free_logger. */
sawlog_logger* sawlog_get(const char* name);
sawlog_logger* sawlog_with(const sawlog_logger* logger, const sawlog_field* fields, size_t count);
void sawlog_free_logger(sawlog_logger* logger);

int sawlog_is_enabled(const sawlog_logger* logger, int level);
void sawlog_set_level(const char* name, int level);

/* file: null if the place is not known. */
void sawlog_log(const sawlog_logger* logger, int level, const char* message,
                const sawlog_field* fields, size_t count, const char* file, unsigned line,
                const char* function);

/* Fields for each record of this thread, until the scope is left: on the same thread, the last one
 * first. Null if there is no memory. */
sawlog_scope* sawlog_enter_scope(const sawlog_field* fields, size_t count);
/* That of a W3C traceparent header. */
sawlog_scope* sawlog_enter_trace(const char* traceparent);
void sawlog_leave_scope(sawlog_scope* scope);

/* `fields`: an array, not a pointer. */
#define SAWLOG_LOG(logger, level, message, fields)                                         \
  sawlog_log(logger, level, message, fields, sizeof(fields) / sizeof(*(fields)), __FILE__, \
             __LINE__, __func__)
#define SAWLOG_DEBUG(logger, message, fields) \
  SAWLOG_LOG(logger, SAWLOG_LEVEL_DEBUG, message, fields)
#define SAWLOG_INFO(logger, message, fields) SAWLOG_LOG(logger, SAWLOG_LEVEL_INFO, message, fields)
#define SAWLOG_WARN(logger, message, fields) SAWLOG_LOG(logger, SAWLOG_LEVEL_WARN, message, fields)
#define SAWLOG_ERROR(logger, message, fields) \
  SAWLOG_LOG(logger, SAWLOG_LEVEL_ERROR, message, fields)

#ifdef __cplusplus
}
#endif
