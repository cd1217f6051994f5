// <sawlog/c.h> over the C++ interface. No exception leaves a function: what has no memory is not
// made.
#include <array>
#include <chrono>
#include <exception>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sawlog/c.h>
#include <sawlog/context.h>
#include <sawlog/crash.h>
#include <sawlog/logger.h>
#include <sawlog/options.h>

struct sawlog_logger {
  sawlog::Logger logger;
};

struct sawlog_scope {
  sawlog::Scope scope;
};

namespace {

using sawlog::Field;
using sawlog::Key;
using sawlog::Level;
using sawlog::detail::OwnKey;

Level level_of(int level) {
  return level >= 0 && level <= SAWLOG_LEVEL_OFF ? static_cast<Level>(level) : Level::off;
}

std::string text_of(const char* text) {
  return text != nullptr ? text : "";
}

std::string_view text_of(const sawlog_field& field) {
  return field.text_bytes == SAWLOG_UNTIL_ZERO ? std::string_view(field.text)
                                               : std::string_view(field.text, field.text_bytes);
}

Field field_of(const sawlog_field& field) {
  const std::string_view key(field.key != nullptr ? field.key : "");
  switch (field.type) {
    case SAWLOG_TYPE_BOOL:
      return {key, field.value.integer != 0};
    case SAWLOG_TYPE_INT:
      return {key, field.value.integer};
    case SAWLOG_TYPE_UINT:
      return {key, field.value.unsigned_integer};
    case SAWLOG_TYPE_DOUBLE:
      return {key, field.value.number};
    case SAWLOG_TYPE_TEXT:
      if (field.text == nullptr) return {key, nullptr};
      return {key, text_of(field)};
    case SAWLOG_TYPE_TIME_NS:
      return {key, std::chrono::sys_time<std::chrono::nanoseconds>(
                       std::chrono::nanoseconds(field.value.integer))};
    case SAWLOG_TYPE_SECRET:
      return {key, sawlog::Secret()};
    default:
      return {key, nullptr};
  }
}

// Fields of C as ours, in place if they are few.
class Fields {
 public:
  Fields(const sawlog_field* fields, size_t count) : is_few_(count <= kFieldsInPlace) {
    if (!is_few_) many_.reserve(count + kPlaceFields);
    for (const sawlog_field& field : std::span(fields, fields != nullptr ? count : 0)) {
      add(field_of(field));
    }
  }

  // Last in the line, as the place of a call of C++.
  void add_place(const char* file, unsigned line, const char* function) {
    if (file == nullptr) return;
    const std::string_view path(file);
    add({Key(OwnKey(), "log.origin.file.name"), path.substr(path.rfind('/') + 1)});
    add({Key(OwnKey(), "log.origin.file.line"), line});
    add({Key(OwnKey(), "log.origin.function"), function});
  }

  [[nodiscard]] const Field* data() const { return is_few_ ? few_.data() : many_.data(); }
  [[nodiscard]] size_t size() const { return is_few_ ? few_count_ : many_.size(); }

 private:
  static constexpr size_t kFieldsInPlace = 24;
  static constexpr size_t kPlaceFields = 3;
  using Few = std::array<Field, kFieldsInPlace + kPlaceFields>;

  static Few no_fields() {
    return []<size_t... kIndex>(std::index_sequence<kIndex...>) {
      return Few{(static_cast<void>(kIndex), Field("none", nullptr))...};
    }(std::make_index_sequence<kFieldsInPlace + kPlaceFields>());
  }
  void add(const Field& field) {
    if (is_few_) {
      few_[few_count_++] = field;
    } else {
      many_.push_back(field);
    }
  }

  bool is_few_;
  size_t few_count_ = 0;
  Few few_ = no_fields();
  std::vector<Field> many_;
};

sawlog::WhenFull when_full_of(const sawlog_options& options) {
  switch (options.when_full) {
    case SAWLOG_WHEN_FULL_BLOCK:
      return sawlog::block;
    case SAWLOG_WHEN_FULL_DROP:
      return sawlog::drop;
    default:
      return sawlog::block_for(std::chrono::nanoseconds(options.block_for_ns));
  }
}

}  // namespace

extern "C" {

int sawlog_start(const sawlog_options* options) try {
  if (options == nullptr || options->struct_bytes != sizeof(sawlog_options)) return 0;
  const bool is_started = sawlog::start({.service = text_of(options->service),
                                         .service_version = text_of(options->service_version),
                                         .file = text_of(options->file),
                                         .error_file = text_of(options->error_file),
                                         .interactions_file = text_of(options->interactions_file),
                                         .level = level_of(options->level),
                                         .levels_file = text_of(options->levels_file),
                                         .debug_signal = options->debug_signal,
                                         .when_full = when_full_of(*options)});
  return is_started ? 1 : 0;
} catch (const std::exception&) {
  return 0;
}

int sawlog_flush(void) {
  return sawlog::flush() ? 1 : 0;
}

void sawlog_stop(void) {
  sawlog::stop();
}

void sawlog_reopen(void) {
  sawlog::reopen();
}

int sawlog_install_crash_handler(void) {
  return sawlog::install_crash_handler() ? 1 : 0;
}

sawlog_logger* sawlog_get(const char* name) try {
  return new sawlog_logger{sawlog::get(text_of(name))};
} catch (const std::exception&) {
  return nullptr;
}

sawlog_logger* sawlog_with(const sawlog_logger* logger, const sawlog_field* fields,
                           size_t count) try {
  if (logger == nullptr) return nullptr;
  const Fields all(fields, count);
  return new sawlog_logger{logger->logger.with(all.data(), all.size())};
} catch (const std::exception&) {
  return nullptr;
}

void sawlog_free_logger(sawlog_logger* logger) {
  delete logger;
}

int sawlog_is_enabled(const sawlog_logger* logger, int level) {
  const Level of_call = level_of(level);
  return logger != nullptr && of_call != Level::off && logger->logger.is_enabled(of_call) ? 1 : 0;
}

void sawlog_set_level(const char* name, int level) try {
  sawlog::set_level(text_of(name), level_of(level));
} catch (const std::exception&) {
  return;  // no memory for a new logger's name
}

void sawlog_log(const sawlog_logger* logger, int level, const char* message,
                const sawlog_field* fields, size_t count, const char* file, unsigned line,
                const char* function) try {
  if (sawlog_is_enabled(logger, level) == 0 || message == nullptr) return;
  Fields all(fields, count);
  all.add_place(file, line, function);
  logger->logger.log(level_of(level), message, all.data(), all.size(), std::source_location());
} catch (const std::exception&) {
  return;  // no memory for so many fields
}

sawlog_scope* sawlog_enter_scope(const sawlog_field* fields, size_t count) try {
  const Fields all(fields, count);
  return new sawlog_scope{sawlog::Scope(all.data(), all.size())};
} catch (const std::exception&) {
  return nullptr;
}

sawlog_scope* sawlog_enter_trace(const char* traceparent) try {
  return new sawlog_scope{sawlog::Scope(sawlog::traceparent(text_of(traceparent)))};
} catch (const std::exception&) {
  return nullptr;
}

void sawlog_leave_scope(sawlog_scope* scope) {
  delete scope;
}

}  // extern "C"
