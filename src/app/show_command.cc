// charrnn show: what is in a model or a run.
#include <optional>

#include "app/command.h"
#include "app/model_argument.h"
#include "app/model_page.h"
#include "app/run_report.h"

namespace charrnn {
namespace {

class ShowCommand : public Command {
 public:
  std::string_view name() const override { return "show"; }
  std::string_view summary() const override { return "what is in a model or a run"; }
  std::string_view arguments() const override { return "MODEL"; }
  std::string_view examples() const override {
    return "charrnn show runs/shakespeare\n"
           "charrnn show model.safetensors --tensors   # each tensor's shape and values";
  }
  int max_arguments() const override { return 1; }

  void declare(OptionTable& table) override {
    table.group("Page");
    table.add("tensors", page_.tensors, "list the tensors, with statistics of their values");
    table.add("vocabulary", page_.vocabulary, "the whole vocabulary, however long");
    table.group("Model");
    table.add("model,m", model_, "instead of the argument MODEL", "MODEL");
    table.add("no-check-tensors", no_check_, "show a model with NaN or Inf in its values too");
  }

  int run(Context& context) override {
    const std::string path = model_argument(context, model_);
    const std::optional<RunReport> run = make_run_report(path);
    std::optional<ModelReport> model;
    if (!run || run->has_model) model = make_model_report(path, {.check_values = !no_check_});
    if (context.common.json) {
      JsonOutput json = model ? model_json(*model, page_) : JsonOutput::object();
      if (run) json["run"] = run_json(*run);
      context.out.line(dump_json(json));
    } else {
      if (run) context.out.write(run_page(*run, context.out) + (model ? "\n" : ""));
      if (model) context.out.write(model_page(*model, page_, context.out));
    }
    return 0;
  }

 private:
  std::string model_;
  ModelPageOptions page_;
  bool no_check_ = false;
};

}  // namespace

std::unique_ptr<Command> make_show_command() { return std::make_unique<ShowCommand>(); }

}  // namespace charrnn
