#include <sawlog/context.h>

#include "lib/src/runtime.h"

namespace sawlog {

namespace {

using detail::EncodedFields;

std::shared_ptr<EncodedFields> copy_of(const EncodedFields* fields) {
  return fields != nullptr ? std::make_shared<EncodedFields>(*fields)
                           : std::make_shared<EncodedFields>();
}

template <size_t kSize>
std::string_view view(const std::array<char, kSize>& text) {
  return {text.data(), text.size()};
}

std::shared_ptr<const EncodedFields> trace_fields(const TraceContext& trace) {
  auto fields = copy_of(t_thread.scope);
  const Field of_trace[] = {{"trace_id", view(trace.trace_id)},
                            {"span_id", view(trace.span_id)},
                            {"trace_flags", view(trace.trace_flags)}};
  if (trace) encode_fields(of_trace, *fields);
  return fields;
}

std::shared_ptr<const EncodedFields> with_outer(std::span<const Field> added) {
  auto fields = copy_of(t_thread.scope);
  encode_fields(added, *fields);
  return fields;
}

}  // namespace

Context::Context(Fields fields) {
  auto encoded = std::make_shared<EncodedFields>();
  encode_fields({fields.begin(), fields.size()}, *encoded);
  fields_ = std::move(encoded);
}

Context Context::current() {
  Context context;
  if (t_thread.scope != nullptr) context.fields_ = copy_of(t_thread.scope);
  return context;
}

Scope::Scope(const Field* fields, size_t field_count) : fields_(with_outer({fields, field_count})) {
  enter();
}

Scope::Scope(const TraceContext& trace) : fields_(trace_fields(trace)) {
  enter();
}

Scope::Scope(const Context& context) : fields_(context.fields_) {
  enter();
}

void Scope::enter() noexcept {
  if (is_entered_) return;
  outer_ = std::exchange(t_thread.scope, fields_.get());
  is_entered_ = true;
}

void Scope::leave() noexcept {
  if (!is_entered_) return;
  t_thread.scope = outer_;
  is_entered_ = false;
}

}  // namespace sawlog
