// charrnn show: what is in a model or a run, and what its units track in a text.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "app/command/command.h"
#include "app/command/model_argument.h"
#include "app/inspect/model_page.h"
#include "app/inspect/run_report.h"
#include "app/inspect/units_page.h"
#include "app/process/signals.h"
#include "app/terminal/number_text.h"
#include "app/terminal/word_wrap.h"
#include "base/error.h"
#include "evaluate/known_text.h"
#include "model/file/reading_rules.h"
#include "text/corpus/corpus_options.h"
#include "train/checkpoint/metrics_csv.h"

namespace charrnn {
namespace {

constexpr size_t kMaxInspected = 16384;  // characters: as many as the page takes

class ShowCommand : public Command {
 public:
  std::string_view name() const override { return "show"; }
  std::string_view summary() const override { return "what is in a model or a run"; }
  std::string_view arguments() const override { return "MODEL"; }
  std::string_view examples() const override {
    return "charrnn show runs/shakespeare\n"
           "charrnn show model.safetensors --tensors   # each tensor's shape and values\n"
           "charrnn show runs/shakespeare --units play.txt  # which unit watches for what\n"
           "charrnn show runs/shakespeare --csv > metrics.csv  # for a spreadsheet";
  }
  int max_arguments() const override { return 1; }
  std::vector<std::string_view> without_effect() const override { return {"verbose", "seed"}; }

  void declare(OptionTable& table) override {
    table.group("Page");
    table.add("tensors", page_.tensors, "list the tensors, with statistics of their values");
    table.add("vocabulary", page_.vocabulary, "the whole vocabulary, however long");
    table.add("csv", csv_, "a run's metrics, one row for each report");
    table.group("Units");
    table.add("units", units_of_, "rank the units by what they track in this text; -: stdin",
              "FILE");
    table.add("limit", limit_, "units shown for each thing they track", {1, 100});
    table.add_choice(
        "values", values_, "a unit's output, or tanh(c) of an LSTM's cell",
        {{"auto", Values::kAuto}, {"hidden", Values::kHidden}, {"cell", Values::kCell}});
    declare_model_corpus_options(table, reading_);
    table.group("Model");
    table.add("model,m", model_, "instead of the argument MODEL", "MODEL");
    table.add("no-check-tensors", no_check_, "show a model even if it has NaN or Inf values");
  }

  int run(Context& context) override {
    const std::string path = only_model_argument(context, model_);
    if (csv_) return show_metrics(context, path);
    if (!units_of_.empty()) return show_units(context, path);
    const std::optional<RunReport> run = make_run_report(path);
    std::optional<ModelReport> model;
    if (!run || run->has_model) model = make_model_report(path, {.check_values = !no_check_});
    if (context.common.json) {
      JsonOutput json = model ? model_json(*model, page_) : JsonOutput::object();
      if (run) json["run"] = run_json(*run);
      context.out.line(dump_json(json));
    } else {
      std::string page;
      if (run) page += run_page(*run, context.program, context.out) + (model ? "\n" : "");
      if (model) page += model_page(*model, page_, context.out);
      context.out.write(fitted_page(
          context.out, page, kPageIndent,
          {context.program, "import load_file", "model = CharRNN", "model.load_state_dict"}));
    }
    return 0;
  }

 private:
  enum class Values { kAuto, kHidden, kCell };

  UnitValueKind value_kind(CellKind cell) const {
    if (values_ == Values::kAuto) return usual_unit_values(cell);
    if (values_ == Values::kCell && !cell_traits(cell).has_cell_state()) {
      throw Error(
          ErrorKind::kUsage, "no_cell_values",
          fmt::format("--values cell: a network of {} has no cells", cell_traits(cell).name),
          "--values hidden is there for every network");
    }
    return values_ == Values::kCell ? UnitValueKind::kCell : UnitValueKind::kHidden;
  }

  // The beginning of the text, in the characters that the model knows.
  std::vector<int32_t> read_ids(const Context& context, const Model& model) {
    follow_model(model, reading_, context.options.given(reading_.newline_lf));
    reading_.should_stop = [] { return requested_signal() != 0; };
    const KnownText text = in_ids_of(model.vocabulary, read_corpus({units_of_}, reading_));
    std::vector<int32_t> ids(std::min(text.ids.size(), kMaxInspected));
    if (ids.empty()) {
      throw Error(ErrorKind::kData, "no_known_characters",
                  fmt::format("the text has no character that the model knows ({})", units_of_),
                  "give a text like the one it has learned");
    }
    text.ids.copy(0, ids);
    if (text.unknown_count() > 0) {
      context.say(fmt::format("left out: {} that the model doesn't know",
                              counted(text.unknown_count(), "character")));
    }
    if (ids.size() < text.ids.size()) {
      context.say(fmt::format("looking at the first {}", counted(ids.size(), "character")));
    }
    return ids;
  }

  int show_units(const Context& context, const std::string& path) {
    const Model model = read_model(path);
    const UnitValueKind kind = value_kind(model.config().cell);
    const std::vector<int32_t> ids = read_ids(context, model);
    EngineOptions computing = context.common.engine;
    computing.workload = reading_workload(model.config(), static_cast<int64_t>(ids.size()));
    const auto engine = make_network(model.config(), computing);
    engine->load_weights(model.weights);
    const UnitReport report = make_unit_report(model.config(), model.vocabulary, ids, kind,
                                               unit_values(*engine, ids, model.border(), kind));
    const auto limit = static_cast<size_t>(limit_);
    context.out.write(context.common.json ? dump_json(unit_report_json(report, limit)) + "\n"
                                          : units_page(report, limit, context.out));
    return 0;
  }

  int show_metrics(const Context& context, const std::string& path) const {
    if (context.common.json || !units_of_.empty()) {
      throw Error(
          ErrorKind::kUsage, "two_results",
          fmt::format("--csv and {} are two results", context.common.json ? "--json" : "--units"),
          "leave one of them out");
    }
    const std::string metrics = path + "/metrics.jsonl";
    std::error_code none;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(metrics, none))) {
      throw Error(ErrorKind::kIo, "no_metrics", fmt::format("there are no metrics ({})", metrics),
                  "name the folder of a run");
    }
    write_metrics_csv(metrics, [&context](std::string_view row) { context.out.write(row); });
    return 0;
  }

  bool csv_ = false;
  std::string model_;
  std::string units_of_;
  int limit_ = 3;
  Values values_ = Values::kAuto;
  CorpusOptions reading_;
  ModelPageOptions page_;
  bool no_check_ = false;
};

}  // namespace

std::unique_ptr<Command> make_show_command() { return std::make_unique<ShowCommand>(); }

}  // namespace charrnn
