#include <algorithm>
#include <array>
#include <optional>

#include <re2/re2.h>

#include "parsers/expression_tokens.h"
#include "parsers/figure_condition.h"
#include "parsers/figure_part.h"
#include "parsers/figure_program.h"

namespace sawlog::parsers {

namespace {

using Kind = ExpressionToken::Kind;
using Step = FigureStep;
using Function = FigureSelection::Function;
using Part = FigurePart;

constexpr int64_t kWindowDefaultNs = 300'000'000'000;
constexpr double kNsPerSecond = 1e9;

std::optional<Step::Kind> sign_among(
    const ExpressionToken& token, std::span<const std::pair<std::string_view, Step::Kind>> signs) {
  for (const auto& [sign, kind] : signs) {
    if (token.is_sign(sign)) return kind;
  }
  return std::nullopt;
}

constexpr auto kComparisons =
    std::to_array<std::pair<std::string_view, Step::Kind>>({{"==", Step::Kind::kEqual},
                                                            {"!=", Step::Kind::kUnequal},
                                                            {"<", Step::Kind::kLess},
                                                            {"<=", Step::Kind::kLessOrEqual},
                                                            {">", Step::Kind::kGreater},
                                                            {">=", Step::Kind::kGreaterOrEqual}});
constexpr auto kSums = std::to_array<std::pair<std::string_view, Step::Kind>>(
    {{"+", Step::Kind::kAdd}, {"-", Step::Kind::kSubtract}});
constexpr auto kProducts = std::to_array<std::pair<std::string_view, Step::Kind>>(
    {{"*", Step::Kind::kMultiply}, {"/", Step::Kind::kDivide}});
constexpr auto kReductions =
    std::to_array<std::pair<std::string_view, Step::Kind>>({{"sum", Step::Kind::kSum},
                                                            {"min", Step::Kind::kMin},
                                                            {"max", Step::Kind::kMax},
                                                            {"avg", Step::Kind::kAverage}});
constexpr auto kWindowFunctions = std::to_array<std::pair<std::string_view, Function>>(
    {{"rate", Function::kRate}, {"increase", Function::kIncrease}, {"delta", Function::kDelta}});

// "p95": 0.95, "p999": 0.999.
std::optional<double> quantile_of(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (name.size() < 3 || name.size() > 6 || name[0] != 'p') return std::nullopt;
  if (!std::ranges::all_of(name.substr(1), is_digit)) return std::nullopt;
  double quantile = 0;
  double weight = 0.1;
  for (const char digit : name.substr(1)) {
    quantile += weight * (digit - '0');
    weight /= 10;
  }
  return quantile;
}

}  // namespace

// Writes the steps while it reads the tokens; operands first, then what joins them.
class FigureConditionParser : private ExpressionTokenReader {
 public:
  using Program = FigureCondition::Program;
  using Read = base::Expected<Part>;

  FigureConditionParser(std::vector<ExpressionToken> tokens, Program& program)
      : ExpressionTokenReader(std::move(tokens)), program_(program) {}

  static base::Expected<FigureCondition> run(std::vector<ExpressionToken> tokens) {
    auto program = std::make_unique<Program>();
    FigureConditionParser parser(std::move(tokens), *program);
    if (auto read = parser.read_condition(); !read) return tl::unexpected(read.error());
    return FigureCondition(std::move(program));
  }

 private:
  using Done = base::Expected<void>;

  Done want_sign(std::string_view sign) {
    return take_sign(sign) ? Done() : unexpected_token(in_quotes(sign));
  }
  void add(Step::Kind kind) { program_.steps.push_back({.kind = kind}); }

  Done read_condition() {
    const size_t column = now().column;
    const Read read = read_disjunction(0);
    if (!read) return tl::unexpected(read.error());
    if (!read->is_truth && now().kind == Kind::kEnd) {
      return mistake_at(column, "a comparison is missing: is this too much, or too little?");
    }
    if (take_word("by")) {
      if (auto labels = read_by(); !labels) return labels;
    }
    if (now().kind != Kind::kEnd) return unexpected_token("'and', 'or', 'by' or the end");
    return {};
  }

  Done read_by() {
    const bool has_parenthesis = take_sign("(");
    do {
      if (now().kind != Kind::kName) return unexpected_token("a label");
      program_.by.push_back(take().text);
    } while (take_sign(","));
    std::ranges::sort(program_.by);
    return has_parenthesis ? want_sign(")") : Done();
  }

  Read read_disjunction(size_t depth) {
    return read_chain("or", Step::Kind::kOr, [&] { return read_conjunction(depth); });
  }
  Read read_conjunction(size_t depth) {
    return read_chain("and", Step::Kind::kAnd, [&] { return read_comparison(depth); });
  }
  template <class ReadPart>
  Read read_chain(std::string_view word, Step::Kind kind, const ReadPart& read_part) {
    size_t column = now().column;
    Read left = read_part();
    while (left && now().is_word(word)) {
      if (!left->is_truth) return mistake_at(column, "a comparison is missing");
      ++next_;
      column = now().column;
      left = read_part();
      if (left && !left->is_truth) return mistake_at(column, "a comparison is missing");
      add(kind);
    }
    return left;
  }

  Read read_comparison(size_t depth) {
    if (depth == FigureCondition::kDepthMax) return mistake_at(now().column, "nested too deeply");
    if (now().is_word("absent")) return read_absent();
    Read left = read_sum(depth);
    if (!left) return left;
    const auto kind = sign_among(now(), kComparisons);
    if (!kind) return left;
    if (left->is_truth) return unexpected_token("'and', 'or' or the end");
    const size_t column = take().column;
    const size_t right_column = now().column;
    const Read right = read_sum(depth);
    if (!right) return right;
    if (right->is_truth) return mistake_at(right_column, "a number is wanted here");
    const std::string_view wrong = unlike(joined(*left, *right));
    if (!wrong.empty()) return mistake_at(column, wrong);
    add(*kind);
    return Part{.is_truth = true};
  }

  Read read_absent() {
    take();
    if (auto opened = want_sign("("); !opened) return tl::unexpected(opened.error());
    const Read selected = read_selection({.metric = {}, .matchers = {}, .keeps_series = true});
    if (!selected) return selected;
    if (auto closed = want_sign(")"); !closed) return tl::unexpected(closed.error());
    add(Step::Kind::kAbsent);
    return Part{.is_truth = true};
  }

  Read read_sum(size_t depth) {
    return read_operators(kSums, [&] { return read_product(depth); });
  }
  Read read_product(size_t depth) {
    return read_operators(kProducts, [&] { return read_factor(depth); });
  }
  template <class ReadPart>
  Read read_operators(std::span<const std::pair<std::string_view, Step::Kind>> signs,
                      const ReadPart& read_part) {
    Read left = read_part();
    while (left) {
      const auto kind = sign_among(now(), signs);
      if (!kind) break;
      const size_t column = take().column;
      const Read right = read_part();
      if (!right) return right;
      if (left->is_truth || right->is_truth) {
        return mistake_at(column, "a comparison is no number");
      }
      add(*kind);
      left = joined(*left, *right);
    }
    return left;
  }

  Read read_factor(size_t depth) {
    if (depth == FigureCondition::kDepthMax) return mistake_at(now().column, "nested too deeply");
    if (now().kind == Kind::kNumber) return read_number();
    if (take_sign("-")) {
      program_.steps.push_back({.kind = Step::Kind::kNumber});
      Read read = read_factor(depth + 1);
      add(Step::Kind::kSubtract);
      return read;
    }
    if (take_sign("(")) {
      Read read = read_disjunction(depth + 1);
      if (!read) return read;
      if (auto closed = want_sign(")"); !closed) return tl::unexpected(closed.error());
      return read;
    }
    if (now().kind != Kind::kName) return unexpected_token("a number or a metric");
    return read_figure(depth);
  }

  Read read_number() {
    const ExpressionToken& token = take();
    const double factor = token.unit == NumberUnit::kTime ? 1 / kNsPerSecond : 1;
    program_.steps.push_back({.kind = Step::Kind::kNumber, .number = token.number * factor});
    return Part{.unit = token.unit};
  }

  Read read_figure(size_t depth) {
    const ExpressionToken& name = now();
    const bool is_call = tokens_[next_ + 1].is_sign("(");
    if (!is_call) {
      const std::string_view stands_for = figure_named(name.text);
      if (!stands_for.empty()) return read_named(stands_for);
      return read_selection({.metric = {}, .matchers = {}, .keeps_series = keeps_series_});
    }
    for (const auto& [word, kind] : kReductions) {
      if (name.text == word) return read_reduction(kind, depth);
    }
    if (name.text == "histogram_quantile") return read_histogram_quantile();
    if (const auto quantile = quantile_of(name.text)) {
      next_ += 2;
      return read_call(
          {.metric = {}, .matchers = {}, .function = Function::kQuantile, .quantile = *quantile});
    }
    for (const auto& [word, function] : kWindowFunctions) {
      if (name.text != word) continue;
      next_ += 2;
      return read_call({.metric = {}, .matchers = {}, .function = function});
    }
    return mistake_at(name.column, in_quotes(name.text) +
                                       " is no function: rate, increase, delta, p50 … p99, sum, "
                                       "min, max, avg, absent");
  }

  Read read_named(std::string_view text) {
    const size_t column = take().column;
    auto tokens = tokens_of(text, ExpressionDialect::kFigures);
    if (!tokens) return tl::unexpected(tokens.error());
    for (ExpressionToken& token : *tokens) token.column = column;
    Read read = FigureConditionParser(std::move(*tokens), program_).read_sum(0);
    if (read) read->is_percent = true;
    return read;
  }

  Read read_reduction(Step::Kind kind, size_t depth) {
    next_ += 2;
    const bool outer = std::exchange(keeps_series_, true);
    const size_t column = now().column;
    Read read = read_sum(depth + 1);
    keeps_series_ = outer;
    if (!read) return read;
    if (read->is_truth) return mistake_at(column, "a comparison is no number");
    if (auto closed = want_sign(")"); !closed) return tl::unexpected(closed.error());
    add(kind);
    return read;
  }

  // Behind "name(": the selector with its window, and the parenthesis.
  Read read_call(FigureSelection selection) {
    const bool is_quantile = selection.function == Function::kQuantile;
    Read read = read_selection(std::move(selection));
    if (!read) return read;
    FigureSelection& made = program_.selections.back();
    if (now().is_sign("[") || !is_quantile) {
      if (auto window = read_window(made); !window) return tl::unexpected(window.error());
    } else {
      made.window_ns = kWindowDefaultNs;
    }
    if (auto closed = want_sign(")"); !closed) return tl::unexpected(closed.error());
    return read;
  }

  // histogram_quantile(0.95, rate(NAME_bucket{…}[5m]))
  Read read_histogram_quantile() {
    next_ += 2;
    const ExpressionToken& share = now();
    if (share.kind != Kind::kNumber || !(share.number >= 0 && share.number <= 1)) {
      return unexpected_token("a number from 0 to 1");
    }
    take();
    if (auto comma = want_sign(","); !comma) return tl::unexpected(comma.error());
    if (!take_word("rate")) return unexpected_token("'rate'");
    if (auto opened = want_sign("("); !opened) return tl::unexpected(opened.error());
    Read read = read_call(
        {.metric = {}, .matchers = {}, .function = Function::kQuantile, .quantile = share.number});
    if (!read) return read;
    std::string& metric = program_.selections.back().metric;
    constexpr std::string_view kBucket = "_bucket";
    if (metric.ends_with(kBucket)) metric.resize(metric.size() - kBucket.size());
    if (auto closed = want_sign(")"); !closed) return tl::unexpected(closed.error());
    return read;
  }

  Read read_selection(FigureSelection selection) {
    if (now().kind != Kind::kName) return unexpected_token("a metric");
    if (program_.selections.size() == FigureCondition::kSelectionsMax) {
      return mistake_at(now().column, "more than 32 metrics in one condition");
    }
    selection.metric = take().text;
    const auto says = [&](std::string_view unit) {
      return selection.metric.find(unit) != std::string::npos;
    };
    const Part part{.has_seconds = says("_seconds"), .has_bytes = says("_bytes")};
    if (take_sign("{") && !take_sign("}")) {
      do {
        if (auto read = read_matcher(selection); !read) return tl::unexpected(read.error());
      } while (take_sign(","));
      if (auto closed = want_sign("}"); !closed) return tl::unexpected(closed.error());
    }
    program_.steps.push_back(
        {.kind = Step::Kind::kSelection, .selection = program_.selections.size()});
    program_.selections.push_back(std::move(selection));
    return part;
  }

  Done read_matcher(FigureSelection& selection) {
    if (now().kind != Kind::kName) return unexpected_token("a label");
    FigureMatcher matcher;
    matcher.label = take().text;
    const ExpressionToken& sign = now();
    const bool is_pattern = sign.is_sign("=~") || sign.is_sign("!~");
    if (!is_pattern && !sign.is_sign("=") && !sign.is_sign("!=")) {
      return unexpected_token("= != =~ or !~");
    }
    matcher.is_negated = take().text[0] == '!';
    if (now().kind != Kind::kText) return unexpected_token("a text in quotes");
    const ExpressionToken& text = take();
    matcher.text = text.text;
    if (is_pattern) {
      re2::RE2::Options options;
      options.set_log_errors(false);
      matcher.pattern = std::make_shared<const re2::RE2>(text.raw_text, options);
      if (!matcher.pattern->ok()) {
        return mistake_at(text.column, "is no regular expression: " + matcher.pattern->error());
      }
    }
    selection.matchers.push_back(std::move(matcher));
    return {};
  }

  Done read_window(FigureSelection& selection) {
    if (auto opened = want_sign("["); !opened) return opened;
    const ExpressionToken& time = now();
    const bool is_time = time.kind == Kind::kNumber && time.unit == NumberUnit::kTime;
    if (!is_time || time.number < kNsPerSecond ||
        time.number > static_cast<double>(FigureCondition::kWindowNsMax)) {
      return unexpected_token("a time from 1s to 1d");
    }
    selection.window_ns = static_cast<int64_t>(take().number);
    return want_sign("]");
  }

  bool keeps_series_ = false;  // inside sum(), min(), …
  Program& program_;
};

base::Expected<FigureCondition> FigureCondition::compile(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return base::unexpected(base::ErrorCode::kInvalid, "longer than 16 KiB");
  }
  auto tokens = tokens_of(text, ExpressionDialect::kFigures);
  if (!tokens) return tl::unexpected(tokens.error());
  return FigureConditionParser::run(std::move(*tokens));
}

}  // namespace sawlog::parsers
