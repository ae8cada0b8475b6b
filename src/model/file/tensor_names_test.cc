// Models whose classes call their modules otherwise.
#include "model/file/tensor_names.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "model/file/model_file.h"
#include "model/testing/foreign_file.h"

namespace charrnn {
namespace {

// A file in which each tensor has a value of its own, and the names that `rename` gives.
template <class Rename>
ForeignFile renamed(Rename rename) {
  ForeignFile file;
  std::map<std::string, std::vector<int64_t>> shapes;
  float value = 0;
  for (const TensorInfo& info : parameter_layout(kSmall)) {
    const std::string name = rename(info.name);
    shapes[name] = info.shape;
    file.fills[name] = ++value;
  }
  file.shapes = shapes;
  return file;
}

std::string with_module(const std::string& name, const std::string& from, const std::string& to) {
  return name.starts_with(from + ".") ? to + name.substr(from.size()) : name;
}

// Each tensor is where it belongs.
void expect_whole(const ForeignFile& file, const std::string& what) {
  const Model model = parse_model(file.bytes(), "m");
  EXPECT_EQ(model.config(), kSmall) << what;
  EXPECT_TRUE(model.notes.empty()) << what << ": " << model.notes.front();
  for (size_t i = 0; i < model.weights.layout().size(); ++i) {
    for (const float value : model.weights.tensor(static_cast<int>(i))) {
      ASSERT_EQ(value, static_cast<float>(i + 1)) << what << " " << model.weights.layout()[i].name;
    }
  }
}

std::string refusal_of(const ForeignFile& file) {
  try {
    parse_model(file.bytes(), "m");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    return error.what();
  }
  return "";
}

TEST(TensorNames, AreReadUnderAPrefixOfAll) {
  for (const std::string prefix :
       {"module.", "_orig_mod.", "model.", "module._orig_mod.", "m.0."}) {
    expect_whole(renamed([&](const std::string& name) { return prefix + name; }), prefix);
    expect_whole(
        renamed([&](const std::string& name) { return prefix + with_module(name, "rnn", "gru"); }),
        prefix);
  }
}

TEST(TensorNames, OfModulesAreTheUsualOnes) {
  for (const std::string recurrent : {"gru", "lstm", "encoder_rnn", "layers.0", "fc_rnn"}) {
    expect_whole(
        renamed([&](const std::string& name) { return with_module(name, "rnn", recurrent); }),
        recurrent);
  }
  for (const std::string embedding : {"encoder", "embed", "emb", "embeddings"}) {
    for (const std::string output : {"decoder", "linear", "out", "output", "head", "lm_head"}) {
      expect_whole(renamed([&](const std::string& name) {
                     return with_module(with_module(name, "fc", output), "embedding", embedding);
                   }),
                   embedding + " " + output);
    }
  }
}

TEST(TensorNames, OfTiedWeightsAreInTheMetadata) {
  for (const bool output_is_kept : {false, true}) {
    ForeignFile file = renamed([](const std::string& name) { return "module." + name; });
    file.shapes["module.embedding.weight"] = file.shapes["module.fc.weight"] = {4, 5};
    file.shapes["module.rnn.weight_ih_l0"] = {15, 5};
    const std::string kept = output_is_kept ? "module.fc.weight" : "module.embedding.weight";
    const std::string left = output_is_kept ? "module.embedding.weight" : "module.fc.weight";
    file.shapes.erase(left);
    EXPECT_NE(refusal_of(file).find("is missing"), std::string::npos);
    file.metadata[left] = kept;
    const Model model = parse_model(file.bytes(), "m");
    EXPECT_EQ(model.config().embedding_size, 5);
    EXPECT_TRUE(std::ranges::equal(model.weights.embedding(), model.weights.fc_weight()));
    EXPECT_EQ(model.weights.fc_weight()[0], file.fills[kept]);
    file.metadata[left] = left;  // leads nowhere
    EXPECT_NE(refusal_of(file).find("is missing"), std::string::npos);
  }
}

TEST(TensorNames, MayLackAllBiasesOfAModule) {
  ForeignFile file;
  file.shapes.erase("fc.bias");
  for (const std::string name : {"ih_l0", "hh_l0", "ih_l1", "hh_l1"}) {
    EXPECT_EQ(parse_model(file.bytes(), "m").weights.bias_ih(1)[2], 0.25f);
    file.shapes.erase("rnn.bias_" + name);
    if (name != "hh_l1") {
      EXPECT_NE(refusal_of(file).find("is missing"), std::string::npos) << name;
      file.shapes["rnn.bias_" + name] = {15};
    }
  }
  for (const std::string name : {"ih_l0", "hh_l0", "ih_l1"}) file.shapes.erase("rnn.bias_" + name);
  const Model model = parse_model(file.bytes(), "m");
  ASSERT_EQ(model.notes.size(), 1u);
  EXPECT_EQ(model.notes[0], "zeros stand for rnn.bias, fc.bias, which the file does without");
  EXPECT_EQ(model.weights.fc_bias()[1], 0);
  EXPECT_EQ(model.weights.bias_hh(0)[3], 0);
  EXPECT_EQ(model.weights.weight_hh(1)[3], 0.25f);
}

TEST(TensorNames, ThatNobodyKnowsAreNamed) {
  const std::string refusal = refusal_of(renamed(
      [](const std::string& name) { return "net." + with_module(name, "embedding", "lookup"); }));
  EXPECT_NE(refusal.find("'embedding.weight' is missing; outside the recurrent layers the file has "
                         "'net.fc.weight' [4, 5], 'net.lookup.weight' [4, 3]"),
            std::string::npos)
      << refusal;
}

TEST(TensorNames, OfTwoRecurrentModulesAreRefused) {
  ForeignFile file;
  file.shapes["decoder_rnn.weight_hh_l0"] = {15, 5};
  EXPECT_NE(refusal_of(file).find("two recurrent modules"), std::string::npos);
}

TEST(TensorNames, OfTheRecurrentModuleAloneAreNoModel) {
  for (const std::string prefix : {"", "rnn.", "lstm."}) {
    ForeignFile file;
    file.shapes.clear();
    file.shapes[prefix + "weight_ih_l0"] = {15, 3};
    file.shapes[prefix + "weight_hh_l0"] = {15, 5};
    EXPECT_NE(refusal_of(file).find("'embedding.weight' is missing"), std::string::npos) << prefix;
  }
}

}  // namespace
}  // namespace charrnn
