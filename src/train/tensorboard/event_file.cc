#include "train/tensorboard/event_file.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>

#include "base/crc32.h"
#include "base/files/file.h"

namespace charrnn {
namespace {

// Fields of Event, Summary, Summary.Value and what they hold.
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
constexpr int kValue = 1, kTag = 1, kSimpleValue = 2, kHistogram = 5, kTensor = 8, kMetadata = 9;
constexpr int kStatus = 1, kStart = 1;                                     // SessionLog
constexpr int kPluginData = 1, kPluginName = 1;                            // SummaryMetadata
constexpr int kDtype = 1, kShape = 2, kStringValue = 8, kDtypeString = 7;  // TensorProto
constexpr int kDimension = 2, kSize = 1;                                   // TensorShapeProto
constexpr int kMin = 1, kMax = 2, kCount = 3, kSum = 4, kSumOfSquares = 5, kLimits = 6,
              kBuckets = 7;  // HistogramProto

constexpr size_t kBucketCount = 30;  // as many as TensorBoard draws

std::string number_bytes(auto number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// A checksum as the records have it: rotated, so that one of data that holds checksums is safe.
std::string masked_checksum(std::string_view data) {
  const uint32_t crc = crc32c(data);
  return number_bytes(static_cast<uint32_t>((crc >> 15 | crc << 17) + 0xA282EAD8u));
}

std::string record_of(std::string_view event) {
  const std::string length = number_bytes(static_cast<uint64_t>(event.size()));
  std::string record = length + masked_checksum(length);
  record.append(event).append(masked_checksum(event));
  return record;
}

ProtobufMessage event_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  ProtobufMessage event;
  event.real(kWallTime, std::chrono::duration<double>(now).count());
  return event;
}

// Buckets of the same width from the least to the largest value.
ProtobufMessage histogram_of(std::span<const float> values) {
  const auto [least, largest] = std::ranges::minmax(values);
  const double low = least, width = (double{largest} - low) / kBucketCount;
  std::array<double, kBucketCount> limits, counts = {};
  for (size_t i = 0; i < kBucketCount; ++i) limits[i] = low + width * static_cast<double>(i + 1);
  limits.back() = largest;
  double sum = 0, squares = 0;
  for (const float value : values) {
    const double place = width > 0 ? (value - low) / width : 0;
    counts[std::min(static_cast<size_t>(place), kBucketCount - 1)] += 1;
    sum += value;
    squares += double{value} * value;
  }
  ProtobufMessage histogram;
  histogram.real(kMin, low).real(kMax, largest).real(kCount, static_cast<double>(values.size()));
  histogram.real(kSum, sum).real(kSumOfSquares, squares);
  if (width > 0) return histogram.packed(kLimits, limits).packed(kBuckets, counts), histogram;
  // All values are the same.
  histogram.packed(kLimits, std::span(limits).last(1));
  return histogram.packed(kBuckets, std::span(counts).first(1)), histogram;
}

// The text as a block of code in Markdown, which TensorBoard shows as it is.
std::string as_code(std::string_view text) {
  std::string code = "    ";
  for (const char c : text) {
    code += c;
    if (c == '\n') code += "    ";
  }
  return code;
}

}  // namespace

EventFile::EventFile(std::string path, int64_t first_step, FileSystem& files)
    : path_(std::move(path)), files_(files) {
  constexpr std::string_view kDoing = "write the events";
  file_ = files_.open(path_, O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_NOFOLLOW, 0666);
  if (file_ < 0) throw_io_error(-file_, kDoing, path_);
  write_event(event_now().bytes(kFileVersion, "brain.Event:2"));
  append(first_step, kSessionLog, ProtobufMessage().integer(kStatus, kStart));
  if (file_ < 0) throw_io_error(ENOSPC, kDoing, path_);
}

EventFile::~EventFile() {
  if (file_ >= 0) files_.close(file_);
}

std::string EventFile::write_event(const ProtobufMessage& event) {
  if (file_ < 0) return {};
  const std::string record = record_of(event.content());
  ssize_t written = 0;
  do {
    written = files_.write(file_, record.data(), record.size());
  } while (written == -EINTR);
  if (written == static_cast<ssize_t>(record.size())) return {};
  const std::string why =
      written < 0 ? std::strerror(static_cast<int>(-written)) : "the disk is full";
  files_.close(file_);
  file_ = -1;
  return fmt::format("no more events in {}: {}", path_, why);
}

std::string EventFile::append(int64_t step, int field, const ProtobufMessage& content) {
  return write_event(event_now().integer(kStep, step).message(field, content));
}

std::string EventFile::add_scalars(int64_t step,
                                   const std::vector<std::pair<std::string, double>>& scalars) {
  ProtobufMessage summary;
  for (const auto& [tag, number] : scalars) {
    const auto single = static_cast<float>(number);
    if (!std::isfinite(single)) continue;
    summary.message(kValue, ProtobufMessage().bytes(kTag, tag).single(kSimpleValue, single));
  }
  return append(step, kSummary, summary);
}

std::string EventFile::add_text(int64_t step, std::string_view tag, std::string_view text) {
  const auto plugin = ProtobufMessage().bytes(kPluginName, "text");
  const auto shape = ProtobufMessage().message(kDimension, ProtobufMessage().integer(kSize, 1));
  ProtobufMessage tensor;
  tensor.integer(kDtype, kDtypeString).message(kShape, shape).bytes(kStringValue, as_code(text));
  ProtobufMessage value;
  value.bytes(kTag, tag).message(kTensor, tensor);
  value.message(kMetadata, ProtobufMessage().message(kPluginData, plugin));
  return append(step, kSummary, ProtobufMessage().message(kValue, value));
}

std::string EventFile::add_histograms(
    int64_t step, const std::vector<std::pair<std::string, std::span<const float>>>& tensors) {
  ProtobufMessage summary;
  for (const auto& [tag, values] : tensors) {
    if (values.empty() || !std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
      continue;
    }
    summary.message(kValue,
                    ProtobufMessage().bytes(kTag, tag).message(kHistogram, histogram_of(values)));
  }
  return append(step, kSummary, summary);
}

void EventFile::sync() {
  if (file_ >= 0) files_.fsync(file_);
}

}  // namespace charrnn
