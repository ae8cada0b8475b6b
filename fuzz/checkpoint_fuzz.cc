// Reads any header and any tensors as a checkpoint. The input is the header's text, a NUL and the
// tensors: their sizes and the checksums are made right, so that what lies behind them is reached.
// The result is an Error (kModel), or a checkpoint that a run goes on from or refuses.
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

#include "base/crc32.h"
#include "base/error.h"
#include "base/json/json.h"
#include "train/checkpoint/checkpoint.h"
#include "train/checkpoint/checkpoint_json.h"
#include "train/settings/seed.h"
#include "train/testing/trainer_fixture.h"

namespace {

using namespace charrnn;

constexpr double kMaxData = 64 << 10;    // bytes of tensors
constexpr int64_t kMaxValues = 1 << 12;  // of what a run would allocate

// The end of the last tensor, as the header has it, within limits.
size_t data_size(const JsonValue& header) {
  double size = 0;
  for (const auto& [name, tensor] : header.items()) {
    const JsonValue* offsets = tensor.is_object() ? tensor.find("data_offsets") : nullptr;
    if (offsets == nullptr || !offsets->is_array() || offsets->size() != 2) continue;
    const JsonValue& end = *(offsets->begin() + 1);
    if (end.is_number()) size = std::max(size, end.get<double>());
  }
  return static_cast<size_t>(std::min(size, kMaxData));
}

std::map<std::string, std::string> metadata_of(const JsonValue& header) {
  std::map<std::string, std::string> metadata;
  const JsonValue* object = header.find("__metadata__");
  if (object == nullptr || !object->is_object()) return metadata;
  for (const auto& [name, value] : object->items()) {
    if (value.is_string()) metadata[name] = value.get<std::string>();
  }
  return metadata;
}

// Puts a checksum in the place of the one that is there.
void replace_sum(std::string& header, const std::string& name, const std::string& sum) {
  const std::string before = "\"" + name + "\":\"";
  const size_t at = header.find(before);
  if (at != header.npos) header.replace(at + before.size(), sum.size(), sum);
}

std::string checkpoint_of(std::string header, std::string data) {
  try {
    const JsonValue json = parse_json(header);
    if (json.is_object()) {
      data.resize(data_size(json));
      replace_sum(header, "metadata_crc32", metadata_crc32(metadata_of(json)));
    }
  } catch (const JsonError&) {
  } catch (const std::out_of_range&) {  // a part of the metadata is missing
  }
  replace_sum(header, "data_crc32", fmt::format("{:08x}", crc32(data)));
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string file;
  for (int byte = 0; byte < 8; ++byte) file += static_cast<char>(header.size() >> (8 * byte));
  return file + header + data;
}

// As a session does, with the settings of the checkpoint and the text of the seeds.
void go_on(const Checkpoint& checkpoint) {
  TrainingSettings wanted;
  OptionTable table;
  Seed seed;
  wanted.declare(table);
  declare_seed(table, seed);
  apply_settings(checkpoint.settings, table);
  const auto values = static_cast<int64_t>(checkpoint.snapshot.weights.values().size());
  if (values > kMaxValues || wanted.batch_size > 64 || wanted.sequence_length > 64) return;
  std::string text;
  for (int i = 0; i < 20; ++i) text += "abba cab deed bead ace ";
  SmallRun run(wanted, Device::kReference, text);
  run.observer.stop_at = checkpoint.progress.step + 2;
  run.resume(checkpoint);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\0'), size);
  Checkpoint checkpoint;
  try {
    checkpoint = parse_checkpoint(
        checkpoint_of(input.substr(0, end), input.substr(std::min(end + 1, size))), "fuzz");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kModel) std::abort();
    return 0;
  }
  try {
    go_on(checkpoint);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) std::abort();
  }
  return 0;
}
