// charrnn bench: the speed of this build, beside the peak that the machine reaches.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "app/bench_work.h"
#include "app/command/command.h"
#include "app/process/signals.h"
#include "base/error.h"
#include "base/json/json.h"
#include "engine/cuda/cuda_engine.h"
#include "engine/factory/make_network.h"

namespace charrnn {
namespace {

struct Measured {
  std::string name;
  EngineInfo info;
  double median = 0;  // characters a second
  double best = 0;
  double flops_per_character = 0;
  double limit = 0;  // characters a second, by the peak of the same round; NaN: not known (a GPU)
};

double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The sizes that people compare by.
std::vector<WorkSettings> standard_works() {
  const auto model = [](CellKind cell, int layers, int hidden_size, int vocabulary_size = 96) {
    return ModelConfig{cell, layers, hidden_size, 64, vocabulary_size};
  };
  const ModelConfig notebook = model(CellKind::kRnn, 2, 256, 31);
  const ModelConfig large = model(CellKind::kLstm, 2, 512);
  return {
      {WorkKind::kTrain, notebook, Objective::kLast, 40, 64},
      {WorkKind::kTrain, large, Objective::kAll, 64, 64},
      {WorkKind::kTrain, model(CellKind::kGru, 2, 256), Objective::kAll, 64, 64},
      {WorkKind::kTrain, model(CellKind::kGru, 1, 512), Objective::kAll, 96, 32},
      {WorkKind::kTrain, model(CellKind::kRnn, 1, 256), Objective::kAll, 64, 64},
      {WorkKind::kTrain, model(CellKind::kLstm, 2, 128), Objective::kAll, 64, 64},
      {WorkKind::kTrain, model(CellKind::kRnn, 1, 128), Objective::kAll, 64, 32},
      {WorkKind::kSample, notebook, Objective::kAll, 1, 1},
      {WorkKind::kSample, large, Objective::kAll, 1, 1},
      {WorkKind::kSample, large, Objective::kAll, 1, 16},
      {WorkKind::kEvaluate, large, Objective::kAll, 1, 1},
  };
}

class BenchCommand : public Command {
 public:
  std::string_view name() const override { return "bench"; }
  std::string_view summary() const override { return "measure this machine and this build"; }
  std::string_view arguments() const override { return ""; }
  std::string_view examples() const override {
    return "charrnn bench                                      # the standard sizes\n"
           "charrnn bench --precision bf16 --threads 1\n"
           "charrnn bench --every-isa --rounds 1\n"
           "charrnn bench --work train --cell gru --layers 2 --hidden-size 384 --json";
  }
  std::vector<std::string_view> without_effect() const override { return {"verbose", "seed"}; }

  void declare(OptionTable& options) override {
    options.group("What to measure");
    options.add_choice("work", work_, "measure one size of your own instead of the standard ones",
                       {{"standard", Chosen::kStandard},
                        {"train", Chosen::kTrain},
                        {"sample", Chosen::kSample},
                        {"evaluate", Chosen::kEvaluate}});
    std::vector<std::pair<std::string, CellKind>> cells;
    for (const CellTraits& cell : kCells) cells.emplace_back(cell.name, cell.kind);
    options.add_choice("cell", own_.model.cell, "of that size", cells);
    options.add("layers", own_.model.layers, "", {1, 64});
    options.add("hidden-size", own_.model.hidden_size, "", {1, 65536});
    options.add("embedding-size", own_.model.embedding_size, "", {1, 65536});
    options.add("vocabulary-size", own_.model.vocabulary_size, "", {1, 1 << 20});
    options.add("batch-size,streams", own_.streams, "streams of a batch, or texts sampled at once",
                {1, 1 << 16});
    options.add("seq-length", own_.steps, "characters of a stream in a step", {1, 1 << 16});
    options.add_choice("objective", own_.objective, "",
                       {{"all", Objective::kAll}, {"last", Objective::kLast}});
    options.add_choice("precision", precision_, "of products",
                       {{"f32", Precision::kFloat32}, {"bf16", Precision::kBfloat16}});
    options.group("How");
    options.add("every-isa", every_isa_,
                "measure with every instruction set of this machine, the portable one included");
    options.add("rounds", rounds_, "measurements of each size; the median is shown", {1, 1000});
    options.add_duration("time", seconds_, "seconds of one measurement");
  }

  int run(Context& context) override {
    EngineOptions engine = context.common.engine;
    engine.precision = precision_;
    // A GPU has no peak to measure it by here: it has to be asked for.
    if (engine.device == Device::kAuto) engine.device = Device::kCpu;
    if (!every_isa_) return run(context, engine);
    const bool on_gpu = engine.device == Device::kCuda;
    if (on_gpu || !engine.isa.empty()) {
      throw Error(
          ErrorKind::kUsage, "bad_value",
          fmt::format("--every-isa and {} exclude each other", on_gpu ? "--device cuda" : "--isa"),
          "leave one of them out");
    }
    for (const std::string& isa : cpu_instruction_sets(precision_)) {
      engine.isa = isa;
      if (const int code = run(context, engine); code != 0) return code;
      if (!context.common.json) context.out.line("");
    }
    return 0;
  }

 private:
  enum class Chosen { kStandard, kTrain, kSample, kEvaluate };

  int run(Context& context, const EngineOptions& engine) {
    std::vector<WorkSettings> works = standard_works();
    if (work_ != Chosen::kStandard) {
      own_.kind = work_ == Chosen::kTrain    ? WorkKind::kTrain
                  : work_ == Chosen::kSample ? WorkKind::kSample
                                             : WorkKind::kEvaluate;
      works = {own_};
    }
    const bool on_gpu = engine.device == Device::kCuda;
    const Peak peak = on_gpu ? Peak() : measure_peak(engine, true);
    if (!context.common.json && !on_gpu) print_peak(context, peak);
    std::vector<Measured> all;
    for (const WorkSettings& settings : works) {
      if (requested_signal() != 0) return signal_exit_code(requested_signal());
      all.push_back(on_gpu ? measure(settings, engine) : measure(settings, engine, peak));
      if (requested_signal() != 0) return signal_exit_code(requested_signal());
      if (context.common.json) continue;
      if (on_gpu && all.size() == 1) print_gpu(context, all[0].info);
      print_row(context, all.back());
    }
    if (context.common.json) print_json(context, peak, all);
    return 0;
  }

  // The arithmetic peak is probed beside every round: on a shared machine it varies by the minute.
  Measured measure(const WorkSettings& settings, const EngineOptions& engine, const Peak& machine) {
    Work work(settings, engine);
    std::vector<double> speeds, limits;
    for (int round = 0; round < rounds_ && requested_signal() == 0; ++round) {
      Peak peak = machine;
      peak.flops = measure_peak(engine, false).flops;
      limits.push_back(work.limit(peak));
      speeds.push_back(work.run(seconds_));
    }
    return measured(work, speeds, limits.empty() ? NAN : median_of(limits));
  }

  // On a GPU, whose peak is not measured.
  Measured measure(const WorkSettings& settings, const EngineOptions& engine) {
    Work work(settings, engine);
    std::vector<double> speeds;
    for (int round = 0; round < rounds_ && requested_signal() == 0; ++round) {
      speeds.push_back(work.run(seconds_));
    }
    return measured(work, speeds, NAN);
  }

  static Measured measured(const Work& work, const std::vector<double>& speeds, double limit) {
    if (speeds.empty()) return {};
    return {work.settings().name(),     work.info(),
            median_of(speeds),          *std::max_element(speeds.begin(), speeds.end()),
            work.flops_per_character(), limit};
  }

  static void print_columns(const Context& context, std::string_view last) {
    context.out.line(
        context.out.dim(fmt::format("{:<42}{:>14}{:>12}{}", "", "characters/s", "GFLOP/s", last)));
  }

  static void print_gpu(const Context& context, const EngineInfo& info) {
    context.out.line(fmt::format("{}\n", context.out.bold(info.isa)));
    print_columns(context, "");
  }

  static void print_peak(const Context& context, const Peak& peak) {
    const Terminal& out = context.out;
    out.line(fmt::format("{}  {} thread{}, peak {:.0f} GFLOP/s", out.bold(peak.isa), peak.threads,
                         peak.threads == 1 ? "" : "s", peak.flops / 1e9));
    std::string levels;
    for (const auto& level : peak.bandwidths) {
      levels += fmt::format("{}{} {:.0f}", levels.empty() ? "" : ", ", level.level,
                            level.bytes_per_second / 1e9);
    }
    out.line(fmt::format("Memory bandwidth of one thread, GB/s: {}", levels));
    const std::string why_no_gpu = why_no_cuda();
    out.line(fmt::format("{}\n", why_no_gpu.empty() ? "There is a GPU: --device cuda measures it"
                                                    : "No GPU: " + why_no_gpu));
    print_columns(context, "    of limit");
  }

  static void print_row(const Context& context, const Measured& measured) {
    const double share = measured.median / measured.limit;
    context.out.line(fmt::format("{:<42}{:>14.0f}{:>12.1f}{}", measured.name, measured.median,
                                 measured.median * measured.flops_per_character / 1e9,
                                 std::isnan(share) ? "" : fmt::format("{:>11.0f}%", 100 * share)));
    context.out.flush();
  }

  static JsonOutput share_json(const Measured& measured) {
    if (std::isnan(measured.limit)) return nullptr;
    return measured.median / measured.limit;
  }

  static void print_json(const Context& context, const Peak& peak,
                         const std::vector<Measured>& all) {
    JsonOutput json;
    const bool known = peak.flops > 0;
    const EngineInfo info = all.empty() ? EngineInfo() : all[0].info;
    json["isa"] = known ? peak.isa : info.isa;
    json["threads"] = known ? peak.threads : info.threads;
    json["peak_flops_per_second"] = known ? JsonOutput(peak.flops) : nullptr;
    json["bandwidths"] = JsonOutput::array();
    for (const auto& level : peak.bandwidths) {
      json["bandwidths"].push_back({{"level", level.level},
                                    {"bytes", level.bytes},
                                    {"bytes_per_second", level.bytes_per_second}});
    }
    for (const Measured& measured : all) {
      json["works"].push_back({{"name", measured.name},
                               {"device", measured.info.device},
                               {"isa", measured.info.isa},
                               {"precision", measured.info.precision},
                               {"threads", measured.info.threads},
                               {"characters_per_second", measured.median},
                               {"best_characters_per_second", measured.best},
                               {"flops_per_second", measured.median * measured.flops_per_character},
                               {"share_of_limit", share_json(measured)}});
    }
    context.out.line(dump_json(json));
  }

  Chosen work_ = Chosen::kStandard;
  WorkSettings own_ = {
      WorkKind::kTrain, {CellKind::kLstm, 2, 512, 64, 96}, Objective::kAll, 64, 64};
  Precision precision_ = Precision::kFloat32;
  int rounds_ = 5;
  double seconds_ = 0.5;
  bool every_isa_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bench_command() { return std::make_unique<BenchCommand>(); }

}  // namespace charrnn
