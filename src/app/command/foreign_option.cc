#include "app/command/foreign_option.h"

#include <algorithm>
#include <array>
#include <string>

namespace charrnn {
namespace {

constexpr std::string_view kCharRnn = "char-rnn";
constexpr std::string_view kTorchRnn = "torch-rnn";
constexpr std::string_view kDevice = "--device cpu or --device cuda chooses; auto is the default";
constexpr std::string_view kRun = "-o RUN names the folder that a run is saved in";
constexpr std::string_view kText = "leave it out: the text itself is an argument";
constexpr std::string_view kBench = "leave it out; charrnn bench measures speed";

constexpr std::array kForeignOptions = {
    ForeignOption{"gpuid", kCharRnn, kDevice},
    ForeignOption{"opencl", kCharRnn, kDevice},
    ForeignOption{"gpu", kTorchRnn, kDevice},
    ForeignOption{"gpu-backend", kTorchRnn, kDevice},
    ForeignOption{"savefile", kCharRnn, kRun},
    ForeignOption{"checkpoint-name", kTorchRnn, kRun},
    ForeignOption{"reset-iterations", kTorchRnn,
                  "--init-from MODEL begins anew with a model's weights, --resume goes on"},
    ForeignOption{"input-h5", kTorchRnn, kText},
    ForeignOption{"input-json", kTorchRnn, kText},
    ForeignOption{"batchnorm", kTorchRnn, "leave it out: there is no batch normalization here"},
    ForeignOption{"accurate-gpu-timing", kCharRnn, kBench},
    ForeignOption{"speed-benchmark", kTorchRnn, kBench},
    ForeignOption{"memory-benchmark", kTorchRnn, kBench},
    ForeignOption{"sample", kCharRnn, "--temp 0 takes the likeliest character each time"},
};

}  // namespace

std::optional<ForeignOption> foreign_option(std::string_view name) {
  std::string dashed(name);
  std::ranges::replace(dashed, '_', '-');
  const auto found = std::ranges::find(kForeignOptions, dashed, &ForeignOption::name);
  if (found == kForeignOptions.end()) return std::nullopt;
  return *found;
}

}  // namespace charrnn
