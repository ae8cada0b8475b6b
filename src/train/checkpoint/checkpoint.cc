// Tensors: weights.*, first_moment.*, second_moment.*, average.*, the same with good_ before it,
// best.* (each a model's tensors; groups that are empty are left out), carried_state, generator,
// vocabulary. Metadata: what is not an array, as JSON. docs/training.md has the table.
#include "train/checkpoint/checkpoint.h"

#include <fmt/core.h>

#include <utility>

#include "base/crc32.h"
#include "base/error.h"
#include "base/json/json.h"
#include "model/file/safetensors.h"
#include "train/checkpoint/checkpoint_json.h"

namespace charrnn {
namespace {

constexpr std::string_view kFormat = "1";
using Of = CheckpointGroup::Of;
constexpr CheckpointGroup kGroups[] = {
    {"weights", Of::kNow, SnapshotPart::kWeights},
    {"first_moment", Of::kNow, SnapshotPart::kFirstMoment},
    {"second_moment", Of::kNow, SnapshotPart::kSecondMoment},
    {"average", Of::kNow, SnapshotPart::kEma},
    {"good_weights", Of::kGood, SnapshotPart::kWeights},
    {"good_first_moment", Of::kGood, SnapshotPart::kFirstMoment},
    {"good_second_moment", Of::kGood, SnapshotPart::kSecondMoment},
    {"good_average", Of::kGood, SnapshotPart::kEma},
    {"best", Of::kBest, SnapshotPart::kWeights}};

[[noreturn]] void refuse_checkpoint(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::kModel, "bad_checkpoint",
              fmt::format("not a usable checkpoint: {} ({})", why, path),
              "begin a new run, or go on from a copy of the run's folder");
}

// The file's checksum covers the tensors; this one covers the metadata.
std::string metadata_sum(const std::map<std::string, std::string>& metadata) {
  std::string all;
  for (const char* name : {"charrnn_version", "groups", "config", "progress", "settings",
                           "corpus_hash", "encoding", "lowercase"}) {
    all += metadata.at(name);
    all += '\n';
  }
  return fmt::format("{:08x}", crc32(all));
}

// The groups of a source, each requested once while its tensors are written in succession.
class Groups {
 public:
  explicit Groups(const CheckpointSource& source) : source_(source) {}

  const Parameters& operator()(const CheckpointGroup& group) {
    if (values_ == nullptr || group_ != &group) values_ = &source_.group(group);
    group_ = &group;
    return *values_;
  }

 private:
  const CheckpointSource& source_;
  const CheckpointGroup* group_ = nullptr;
  const Parameters* values_ = nullptr;
};

void add_group(const CheckpointGroup& group, Groups& groups, std::vector<TensorView>& tensors) {
  const std::vector<TensorInfo> layout = groups(group).layout();
  for (int i = 0; i < static_cast<int>(layout.size()); ++i) {
    tensors.emplace_back(fmt::format("{}.{}", group.name, layout[i].name), layout[i].shape,
                         std::function([&group, &groups, i] { return groups(group).tensor(i); }));
  }
}

// Empty if the file does not list the group. Sizes are checked against the file's before anything
// is allocated.
Parameters read_group(const char* group, const ModelConfig& config, const SafetensorsFile& file) {
  const std::vector<TensorInfo> layout = parameter_layout(config);
  if (file.metadata().at("groups").find(fmt::format(" {} ", group)) == std::string::npos) return {};
  for (const TensorInfo& info : layout) {
    const SafetensorsEntry& entry = file.at(fmt::format("{}.{}", group, info.name));
    if (entry.shape != info.shape) {
      refuse_checkpoint(file.path(),
                        fmt::format("the tensor {}.{} has another shape", group, info.name));
    }
  }
  Parameters values(config);
  for (int i = 0; i < static_cast<int>(layout.size()); ++i) {
    file.read<float>(fmt::format("{}.{}", group, layout[i].name), values.tensor(i));
  }
  return values;
}

Vocabulary read_vocabulary(const SafetensorsFile& file) {
  const std::vector<uint32_t> numbers = file.values<uint32_t>("vocabulary");
  const auto& metadata = file.metadata();
  const Encoding encoding = metadata.at("encoding") == "bytes" ? Encoding::kBytes : Encoding::kUtf8;
  const uint32_t end = encoding == Encoding::kBytes ? 0x100 : 0x110000;
  for (const uint32_t number : numbers) {
    if (number >= end)
      refuse_checkpoint(file.path(), "its vocabulary holds what is not a character");
  }
  return Vocabulary(std::vector<char32_t>(numbers.begin(), numbers.end()), encoding,
                    metadata.at("lowercase") == "true");
}

Checkpoint read_parts(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const ModelConfig config = read_config(metadata.at("config"));
  Checkpoint checkpoint;
  read_progress(metadata.at("progress"), checkpoint);
  checkpoint.settings = read_settings(metadata.at("settings"));
  checkpoint.corpus_hash = json_unsigned(parse_json(metadata.at("corpus_hash")), "corpus_hash");
  checkpoint.vocabulary = read_vocabulary(file);
  if (checkpoint.vocabulary.size() != config.vocabulary_size) {
    refuse_checkpoint(file.path(), "its vocabulary has another size than its network");
  }
  for (const CheckpointGroup& group : kGroups) {
    group.in(checkpoint) = read_group(group.name, config, file);
  }
  if (checkpoint.snapshot.weights.empty()) refuse_checkpoint(file.path(), "it has no weights");
  checkpoint.carried = file.values<float>("carried_state");
  file.read<uint32_t>("generator", checkpoint.generator);
  if (checkpoint.generator.back() > MersenneTwister::kWords) {
    refuse_checkpoint(file.path(), "the state of its random generator is impossible");
  }
  return checkpoint;
}

}  // namespace

Parameters& CheckpointGroup::in(Checkpoint& checkpoint) const {
  if (of == Of::kBest) return checkpoint.best;
  return (of == Of::kGood ? checkpoint.good : checkpoint.snapshot)[part];
}
const Parameters& CheckpointGroup::in(const Checkpoint& checkpoint) const {
  return in(const_cast<Checkpoint&>(checkpoint));
}

Checkpoint CheckpointSource::collect() const {
  Checkpoint checkpoint;
  static_cast<CheckpointFacts&>(checkpoint) = facts;
  for (const CheckpointGroup& each : kGroups) each.in(checkpoint) = group(each);
  return checkpoint;
}

void write_checkpoint(const std::string& path, const CheckpointSource& source) {
  const CheckpointFacts& facts = source.facts;
  const std::vector<uint32_t> symbols(facts.vocabulary.symbols().begin(),
                                      facts.vocabulary.symbols().end());
  Groups groups(source);
  const ModelConfig config = groups(kGroups[0]).config();
  std::vector<TensorView> tensors;
  std::string group_names = " ";
  for (const CheckpointGroup& group : kGroups) {
    if (groups(group).empty()) continue;
    add_group(group, groups, tensors);
    group_names += fmt::format("{} ", group.name);
  }
  const int64_t per_stream = int64_t{1} * config.layers * config.states() * config.hidden_size;
  const int64_t streams = static_cast<int64_t>(facts.carried.size()) / per_stream;
  tensors.emplace_back(
      "carried_state",
      std::vector<int64_t>{config.layers, config.states(), streams, config.hidden_size},
      std::span<const float>(facts.carried));
  tensors.emplace_back("generator",
                       std::vector<int64_t>{static_cast<int64_t>(facts.generator.size())},
                       std::span<const uint32_t>(facts.generator));
  tensors.emplace_back("vocabulary", std::vector<int64_t>{static_cast<int64_t>(symbols.size())},
                       std::span<const uint32_t>(symbols));
  const Vocabulary& vocabulary = facts.vocabulary;
  std::map<std::string, std::string> metadata = {
      {"charrnn_checkpoint", std::string(kFormat)},
      {"charrnn_version", CHARRNN_VERSION},
      {"groups", group_names},
      {"config", config_json(config)},
      {"progress", progress_json(facts)},
      {"settings", settings_json(facts.settings)},
      {"corpus_hash", std::to_string(facts.corpus_hash)},
      {"encoding", vocabulary.encoding() == Encoding::kBytes ? "bytes" : "utf-8"},
      {"lowercase", vocabulary.lowercase() ? "true" : "false"}};
  metadata["metadata_crc32"] = metadata_sum(metadata);
  write_safetensors(path, std::move(tensors), std::move(metadata));
}

Checkpoint read_checkpoint(const std::string& path) {
  const SafetensorsFile file = SafetensorsFile::read(path);
  const auto format = file.metadata().find("charrnn_checkpoint");
  if (format == file.metadata().end()) refuse_checkpoint(path, "it is not a checkpoint of charrnn");
  if (format->second != kFormat) {
    throw Error(ErrorKind::kModel, "newer_format",
                fmt::format("the checkpoint has format {}, made by charrnn {} ({})", format->second,
                            file.metadata().contains("charrnn_version")
                                ? file.metadata().at("charrnn_version")
                                : "?",
                            path),
                "go on with that version of charrnn");
  }
  try {
    if (file.metadata().at("metadata_crc32") != metadata_sum(file.metadata())) {
      refuse_checkpoint(path, "its metadata has been changed");
    }
    return read_parts(file);
  } catch (const JsonError& error) {
    refuse_checkpoint(path, error.what());
  } catch (const std::out_of_range&) {
    refuse_checkpoint(path, "a part of its metadata is missing");
  }
}

}  // namespace charrnn
