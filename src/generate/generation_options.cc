#include "generate/generation_options.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace charrnn {
namespace {

constexpr int kMaxTogether = 64;  // texts in one pass over the weights

}  // namespace

void GenerationOptions::declare_text(OptionTable& table) {
  table.add("predict,n-predict,length,n", characters, "characters to write; -1: until Ctrl-C",
            {-1, int64_t{1} << 50});
  table.add("count", count, "number of texts", {1, 1 << 20});
  table.add("stop", stop, "the text ends before this; may be given several times", "STRING");
  table.add("escape,e", escape, "\\n, \\t, \\x41, \\u00e9 in prompt and stop strings");
  declare_unknown_rule(table, unknown);
}

void GenerationOptions::declare_choice(OptionTable& table) {
  table.add("temp,temperature", sampling.temperature,
            "below 1 safer, above 1 bolder; 0: always the likeliest", {0});
  table.add("top-k", sampling.top_k, "among the K likeliest; 0: off", {0});
  table.add("top-p", sampling.top_p, "among the likeliest that have this share together; 1: off",
            {0, 1});
  table.add("min-p", sampling.min_p, "none below this share of the likeliest's probability; 0: off",
            {0, 1});
  table.add("presence-penalty", sampling.presence_penalty,
            "subtracted from the score of what has been written", {-1000, 1000});
  table.add("frequency-penalty", sampling.frequency_penalty,
            "subtracted from the score each time it has been written", {-1000, 1000});
}

void GenerationOptions::check_together() const {
  if (characters < 0 && count > 1) {
    throw Error(ErrorKind::kUsage, "options_together",
                "endless texts come one at a time: --predict -1 with --count", "leave --count out");
  }
  if (std::ranges::any_of(stop, &std::string::empty)) {
    throw Error(ErrorKind::kUsage, "options_together", "--stop: a stop string is empty",
                "give at least one character");
  }
}

std::vector<std::string> GenerationOptions::stop_strings() const {
  std::vector<std::string> result;
  for (const std::string& string : stop) result.push_back(escape ? unescape(string) : string);
  return result;
}

int GenerationOptions::together() const { return std::min(count, kMaxTogether); }

Workload GenerationOptions::workload(const ModelConfig& config, size_t prompt) const {
  const double rounds = std::ceil(1.0 * count / together());
  const double each =
      characters < 0 ? kEndless : static_cast<double>(characters) + static_cast<double>(prompt);
  return sampling_workload(config, together()) * (rounds * each);
}

void GenerationOptions::add_texts(Generator& generator, const std::vector<int32_t>& prompt,
                                  uint64_t seed,
                                  const std::function<Generator::Sink(int)>& sink) const {
  TextRequest request;
  request.prompt = prompt;
  request.sampling = sampling;
  request.seed = seed;
  request.max_characters = characters;
  request.stop = stop_strings();
  for (int i = 0; i < count; ++i) {
    request.index = i;
    generator.add(request, sink(i));
  }
}

}  // namespace charrnn
