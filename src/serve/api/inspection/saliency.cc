// Saliency: the norm of the gradient of a prediction with respect to every earlier character.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/top_k.h"
#include "evaluate/document_trace.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

constexpr Field kSaliencyFields[] = {
    {"position", FieldKind::kInteger, 1, kMaxInspected},
    {"target", FieldKind::kText, 1, 8},
};

constexpr int64_t kMostPredictions = 128;  // of a matrix

constexpr Field kMatrixFields[] = {
    {"begin", FieldKind::kInteger, 0, kMaxInspected},
    {"end", FieldKind::kInteger, 1, kMaxInspected},
};

constexpr Field kAverageFields[] = {
    {"positions", FieldKind::kInteger, 1, 64},
    {"distances", FieldKind::kInteger, 1, 2000},
};

// The gradient needs the trace of all that was read.
void check_gradient_size(const InspectionInput& text, int64_t position) {
  check_work_size({position, traced_values(text.model->config())}, "text", "send a shorter text");
}

std::vector<float> sensitivity_of(const Api& api, const ExchangePtr& exchange, ServedModel& model,
                                  std::span<const int32_t> ids, int32_t target) {
  std::vector<float> sizes = model.inspect([&](Network& engine) {
    check_wanted(api, exchange);  // others may have kept the engine for long
    return sensitivity_in_document(engine, ids, target, model.border(),
                                   [&] { return !is_wanted(api, exchange); });
  });
  check_wanted(api, exchange);
  return sizes;
}

// The saliencies of several predictions, one after another. Each may take seconds, so each queues
// behind other waiting work.
class SaliencySeries : public std::enable_shared_from_this<SaliencySeries> {
 public:
  SaliencySeries(Api& api, ExchangePtr exchange, InspectionInput text,
                 std::vector<int64_t> positions)
      : api_(api),
        exchange_(std::move(exchange)),
        text_(std::move(text)),
        positions_(std::move(positions)) {}
  virtual ~SaliencySeries() = default;

  void resume() {
    while (done_ < positions_.size()) {
      check_wanted(api_, exchange_);
      const int64_t position = positions_[done_++];
      // Characters further back than the requested distances still shape the state: all are read.
      const auto read = std::span<const int32_t>(text_.ids).first(static_cast<size_t>(position));
      add(position, sensitivity_of(api_, exchange_, *text_.model, read, text_.ids[position]));
      if (done_ == positions_.size()) break;
      if (api_.compute(exchange_, [self = shared_from_this()] { self->resume(); })) return;
      // If the queue is full, it continues immediately.
    }
    reply_json(exchange_, reply());
  }

 protected:
  const InspectionInput& text() const { return text_; }
  const std::vector<int64_t>& positions() const { return positions_; }

 private:
  // sizes: of all characters before the position.
  virtual void add(int64_t position, std::span<const float> sizes) = 0;
  virtual Json reply() const = 0;

  Api& api_;
  const ExchangePtr exchange_;
  const InspectionInput text_;
  const std::vector<int64_t> positions_;
  size_t done_ = 0;
};

// The mean over them.
class SaliencyAverage : public SaliencySeries {
 public:
  SaliencyAverage(Api& api, ExchangePtr exchange, InspectionInput text,
                  std::vector<int64_t> positions, int64_t distances)
      : SaliencySeries(api, std::move(exchange), std::move(text), std::move(positions)),
        sums_(distances),
        logs_(distances),
        seen_(distances) {}

 private:
  void add(int64_t position, std::span<const float> sizes) override {
    const auto far = std::min(sums_.size(), static_cast<size_t>(position));
    for (size_t d = 0; d < far; ++d) {
      const double size = sizes[static_cast<size_t>(position) - 1 - d];
      sums_[d] += size;
      logs_[d] += std::log(size);
      ++seen_[d];
    }
  }

  Json reply() const override {
    Json distance = Json::array(), mean = Json::array(), geometric = Json::array();
    for (size_t d = 0; d < sums_.size(); ++d) {
      distance.push_back(d + 1);
      mean.push_back(json_number(sums_[d] / static_cast<double>(seen_[d])));
      geometric.push_back(json_number(std::exp(logs_[d] / static_cast<double>(seen_[d]))));
    }
    return {{"positions", positions()},
            {"distance", std::move(distance)},
            {"mean", std::move(mean)},
            {"geometric_mean", std::move(geometric)},
            {"count", seen_}};
  }

  std::vector<double> sums_, logs_;  // over the positions so far, by distance
  std::vector<int64_t> seen_;
};

// One row for each.
class SaliencyMatrix : public SaliencySeries {
 public:
  SaliencyMatrix(Api& api, ExchangePtr exchange, InspectionInput text,
                 std::vector<int64_t> positions, int64_t first)
      : SaliencySeries(api, std::move(exchange), std::move(text), std::move(positions)),
        first_(first) {}

 private:
  void add(int64_t, std::span<const float> sizes) override {
    rows_.push_back(short_numbers(sizes.subspan(static_cast<size_t>(first_))));
  }

  Json reply() const override {
    return {{"text", text().text},
            {"first", first_},
            {"positions", positions()},
            {"sensitivity", rows_}};
  }

  const int64_t first_;  // the first character of a row
  Json rows_ = Json::array();
};

}  // namespace

void post_saliency(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kSaliencyFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const int64_t length = static_cast<int64_t>(text.ids.size());
  const int64_t position = fields.integer("position", length);
  if (position > length) {
    throw ApiError(400, "position is after the end of the text", "position", "out_of_range");
  }
  const auto read = std::span<const int32_t>(text.ids).first(static_cast<size_t>(position));
  check_gradient_size(text, position);
  const std::vector<float> next = next_log_probabilities(api, exchange, *text.model, read);
  const int32_t target = fields.has("target")
                             ? one_character(*text.model, fields.text("target"), "target")
                         : position < length ? text.ids[static_cast<size_t>(position)]
                                             : top_k_ids(next, 1)[0];
  const std::vector<float> sizes = sensitivity_of(api, exchange, *text.model, read, target);
  reply_json(exchange, {{"text", text.text},
                        {"position", position},
                        {"target", text.model->vocabulary().text(target)},
                        {"log_probability", json_number(next[target])},
                        {"sensitivity", short_numbers(sizes)}});
}

void post_average_saliency(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kAverageFields});
  InspectionInput text = read_inspection_input(api, fields);
  const auto length = static_cast<int64_t>(text.ids.size());
  if (length < 2) throw ApiError(400, "the text needs two characters", "text", "out_of_range");
  const int64_t distances = std::min(fields.integer("distances", 200), length - 1);
  // Evenly over the part that is preceded by as many characters as requested distances.
  const int64_t first = distances, last = length - 1;
  const int64_t count = std::min(fields.integer("positions", 16), last - first + 1);
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < count; ++i) {
    positions.push_back(count == 1 ? last : first + i * (last - first) / (count - 1));
  }
  check_gradient_size(text, positions.back());
  std::make_shared<SaliencyAverage>(api, exchange, std::move(text), std::move(positions), distances)
      ->resume();
}

void post_saliency_matrix(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kMatrixFields});
  InspectionInput text = read_inspection_input(api, fields);
  const auto length = static_cast<int64_t>(text.ids.size());
  if (length < 2) throw ApiError(400, "the text needs two characters", "text", "out_of_range");
  const int64_t end = fields.integer("end", length);
  const int64_t begin = fields.integer("begin", std::max<int64_t>(0, end - kMostPredictions));
  if (end > length) {
    throw ApiError(400, "end is after the end of the text", "end", "out_of_range");
  }
  if (end - begin < 2 || end - begin > kMostPredictions) {
    throw ApiError(400, "a passage has 2 to 128 characters", "begin", "out_of_range");
  }
  check_gradient_size(text, end);
  ReplySize()
      .add(ReplyPart::kNumber, {end - begin, end - begin})
      .check("begin", "ask for a shorter passage");
  std::vector<int64_t> positions;  // the first character of a passage has none before it
  for (int64_t position = begin + 1; position < end; ++position) positions.push_back(position);
  std::make_shared<SaliencyMatrix>(api, exchange, std::move(text), std::move(positions), begin)
      ->resume();
}

}  // namespace charrnn
