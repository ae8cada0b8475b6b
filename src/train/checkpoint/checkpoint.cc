// Tensors: weights.*, first_moment.*, second_moment.*, average.*, the same with good_ before it,
// best.* (each a model's tensors; groups that are empty are left out), carried_state, generator,
// vocabulary. Metadata: what is not an array, as JSON. docs/training.md has the table.
#include "train/checkpoint/checkpoint.h"

#include <fmt/core.h>

#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "model/file/model_tensors.h"
#include "model/file/safetensors.h"
#include "train/checkpoint/checkpoint_check.h"
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

// The places of the arrays in the file, all checked before any of them is read.
class Arrays {
 public:
  explicit Arrays(const SafetensorsFile& file)
      : file_(file), config_(find_model_tensors(file, "weights.").config) {
    const auto& metadata = file.metadata();
    config_.one_hot = read_one_hot(metadata.at("config"), config_);
    if (config_.one_hot && config_.embedding_size != config_.vocabulary_size) {
      refuse_checkpoint("its input is one-hot, but its embedding is no identity matrix",
                        file_.path());
    }
    layout_ = parameter_layout(config_);
    const std::string& groups = metadata.at("groups");
    size_t known = 3;  // carried_state, generator, vocabulary
    for (const CheckpointGroup& group : kGroups) {
      if (groups.find(fmt::format(" {} ", group.name)) == std::string::npos) continue;
      present_.push_back(&group);
      for (const TensorInfo& info : layout_) must_have(name_in(group, info), info.shape);
      known += layout_.size();
    }
    if (present_.empty() || present_[0] != &kGroups[0]) {
      refuse_checkpoint("it has no weights", file_.path());
    }
    if (file_.entries().size() != known) {
      refuse_checkpoint("it has tensors that belong to none of its parts", file_.path());
    }
    const std::vector<int64_t>& carried = file_.at("carried_state").shape;
    streams_ = carried.size() == 4 ? carried[2] : 0;
    must_have("carried_state", {config_.layers, config_.states(), streams_, config_.hidden_size});
  }

  const ModelConfig& config() const { return config_; }
  int64_t streams() const { return streams_; }

  void read(Checkpoint& checkpoint) const {
    for (const CheckpointGroup* group : present_) {
      Parameters& values = group->in(checkpoint) = Parameters(config_);
      for (int i = 0; i < static_cast<int>(layout_.size()); ++i) {
        file_.read<float>(name_in(*group, layout_[i]), values.tensor(i));
      }
    }
    checkpoint.carried = file_.values<float>("carried_state");
  }

 private:
  static std::string name_in(const CheckpointGroup& group, const TensorInfo& info) {
    return fmt::format("{}.{}", group.name, info.name);
  }
  void must_have(const std::string& name, const std::vector<int64_t>& shape) const {
    const SafetensorsEntry& entry = file_.at(name);
    if (entry.shape == shape && entry.dtype == Dtype::kF32) return;
    refuse_checkpoint(fmt::format("the tensor {} has another shape or type", name), file_.path());
  }

  const SafetensorsFile& file_;
  ModelConfig config_;
  std::vector<TensorInfo> layout_;
  std::vector<const CheckpointGroup*> present_;
  int64_t streams_ = 0;
};

Vocabulary read_vocabulary(const SafetensorsFile& file) {
  const std::vector<uint32_t> numbers = file.values<uint32_t>("vocabulary");
  const std::string& encoding = file.metadata().at("encoding");
  const std::string& lowercase = file.metadata().at("lowercase");
  if ((encoding != "bytes" && encoding != "utf-8") ||
      (lowercase != "true" && lowercase != "false")) {
    refuse_checkpoint("its encoding is unknown", file.path());
  }
  const bool bytes = encoding == "bytes";
  std::unordered_set<uint32_t> seen;
  for (const uint32_t number : numbers) {
    const bool is_surrogate = number >= 0xD800 && number < 0xE000;
    if (number >= (bytes ? 0x100u : 0x110000u) || is_surrogate) {
      refuse_checkpoint("its vocabulary holds what is not a character", file.path());
    }
    if (!seen.insert(number).second) {
      refuse_checkpoint("its vocabulary has a character twice", file.path());
    }
  }
  return Vocabulary(std::vector<char32_t>(numbers.begin(), numbers.end()),
                    bytes ? Encoding::kBytes : Encoding::kUtf8, lowercase == "true");
}

// One-hot input is stored as the identity matrix.
bool is_identity(std::span<const float> matrix, size_t size) {
  for (size_t i = 0; i < matrix.size(); ++i) {
    if (matrix[i] != (i / size == i % size ? 1.0f : 0.0f)) return false;
  }
  return true;
}

Checkpoint read_parts(const SafetensorsFile& file) {
  const auto& metadata = file.metadata();
  const Arrays arrays(file);
  Checkpoint checkpoint;
  read_progress(metadata.at("progress"), checkpoint);
  checkpoint.settings = read_settings(metadata.at("settings"));
  checkpoint.corpus_hash = json_unsigned(parse_json(metadata.at("corpus_hash")), "corpus_hash");
  checkpoint.vocabulary = read_vocabulary(file);
  check_facts(checkpoint, arrays.config(), arrays.streams(), file.path());
  file.read<uint32_t>("generator", checkpoint.generator);
  if (checkpoint.generator.back() > MersenneTwister::kWords) {
    refuse_checkpoint("the state of its random generator is impossible", file.path());
  }
  arrays.read(checkpoint);
  if (arrays.config().one_hot &&
      !is_identity(checkpoint.snapshot.weights.embedding(), arrays.config().vocabulary_size)) {
    refuse_checkpoint("its input is one-hot, but its embedding is no identity matrix", file.path());
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

void write_checkpoint(const std::string& path, const CheckpointSource& source, FileSystem& files) {
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
  metadata["metadata_crc32"] = metadata_crc32(metadata);
  write_safetensors(path, std::move(tensors), std::move(metadata), files);
}

Checkpoint read_checkpoint(const std::string& path) {
  return parse_checkpoint(read_file(path), path);
}

Checkpoint parse_checkpoint(std::string content, const std::string& path) {
  const SafetensorsFile file(std::move(content), path);
  const auto format = file.metadata().find("charrnn_checkpoint");
  if (format == file.metadata().end()) refuse_checkpoint("it is not a checkpoint of charrnn", path);
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
    if (file.metadata().at("metadata_crc32") != metadata_crc32(file.metadata())) {
      refuse_checkpoint("its metadata has been changed", path);
    }
    return read_parts(file);
  } catch (const JsonError& error) {
    refuse_checkpoint(error.what(), path);
  } catch (const std::out_of_range&) {
    refuse_checkpoint("a part of its metadata is missing", path);
  }
}

}  // namespace charrnn
