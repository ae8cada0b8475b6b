// charrnn notebook: the notebook's printed output on stdout, as it comes about.
#include <fmt/core.h>

#include <cmath>

#include "app/command/as_called.h"
#include "app/command/command.h"
#include "app/notebook_run.h"
#include "app/process/signals.h"
#include "base/error.h"
#include "base/json/json.h"
#include "notebook/explanations.h"
#include "notebook/notebook.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

class NotebookCommand : public Command {
 public:
  std::string_view name() const override { return "notebook"; }
  std::string_view summary() const override {
    return "the notebook, end to end: prepare, train, generate";
  }
  std::string_view arguments() const override { return ""; }
  std::string_view examples() const override {
    return "charrnn notebook                                   # its own output, to the last "
           "character\n"
           "charrnn notebook --explain                         # and what its numbers mean\n"
           "charrnn notebook --out runs/notebook               # and keep it, for charrnn serve\n"
           "charrnn notebook --cell lstm                       # the same with another cell\n"
           "charrnn notebook --text poem.txt --epochs 30 --start \"the sea\" --temp 0.7";
  }

  void declare(OptionTable& options) override {
    options.group("The notebook's settings");
    std::vector<std::pair<std::string, CellKind>> cells;
    for (const CellTraits& cell : kCells) cells.emplace_back(cell.name, cell.kind);
    options.add_choice("cell", settings_.training.cell,
                       "kind of recurrent cell; the notebook's is rnn", cells);
    options.add("seq-length", settings_.training.sequence_length, "steps to unroll", {1, 1 << 20});
    options.add("embedding-size", settings_.training.embedding_size, "size of a character's vector",
                {1, 65536});
    options.add("hidden-size", settings_.training.hidden_size, "units in each layer", {1, 65536});
    options.add("layers", settings_.training.layers, "stacked layers", {1, 64});
    options.add("batch-size", settings_.training.batch_size, "windows in a batch", {1, 1 << 20});
    options.add("learning-rate,lr", settings_.training.learning_rate, "of Adam",
                {.min = 0, .open_min = true});
    options.add("epochs", settings_.training.epochs, "passes over all windows", {0, 1000000});
    options.add("grad-clip", settings_.training.grad_clip, "limit of the gradient's norm",
                {.min = 0, .open_min = true});
    options.group("Text");
    options.add("text", text_, "a text of your own instead of the notebook's", "FILE");
    options.add("start", starts_, "start phrase; repeatable");
    options.add("temp,temperature", temperatures_, "one for all start phrases, or one for each",
                "X");
    options.add("length,n", settings_.generation_length, "characters to generate", {0, 1 << 30});
    options.group("Output");
    options.add("explain", settings_.explain,
                "say what each section does, what its numbers mean, and what to try");
    options.add("out,o", out_, "keep the model: NAME.safetensors, or a folder for a run", "PATH");
  }

  int run(Context& context) override {
    settings_.seed = context.common.seed.value_or(settings_.seed);
    if (context.common.seed.is_drawn) context.say(fmt::format("seed {}", settings_.seed));
    if (settings_.explain && context.common.json) {
      throw Error(ErrorKind::kUsage, "bad_combination",
                  "--explain explains what is printed, and with --json nothing of it is",
                  "leave one of them out");
    }
    read_starts();
    if (!out_.empty()) {
      is_model_file_name(out_) ? check_new_model_file(out_) : check_new_notebook_run(out_);
    }
    Corpus corpus = read_text();
    const auto print = [&context](std::string_view text) {
      if (context.common.json) return;
      const bool is_explanation = text.starts_with(kExplanationMark.front());
      context.out.write(is_explanation ? as_called(text, context.program) : std::string(text));
      context.out.flush();
    };
    Notebook notebook(settings_, std::move(corpus), context.common.engine, print,
                      [] { return requested_signal() != 0; });
    notebook.train();
    notebook.generate();
    if (requested_signal() != 0) return signal_exit_code(requested_signal());
    if (!out_.empty()) {
      keep(context, notebook);
    }
    if (context.common.json) print_json(context, notebook.result());
    return 0;
  }

 private:
  // Start phrases and temperatures pair up; a missing temperature is the notebook's own, 0.8.
  void read_starts() {
    std::vector<double> temperatures;
    for (const std::string& text : temperatures_) {
      temperatures.push_back(parse_real(text, "--temp", {.min = 0, .open_min = true}));
    }
    if (!starts_.empty()) {
      settings_.starts.clear();
      for (const std::string& phrase : starts_) settings_.starts.push_back({phrase});
    }
    const size_t count = settings_.starts.size();
    if (temperatures.size() > 1 && temperatures.size() != count) {
      throw Error(
          ErrorKind::kUsage, "bad_value",
          fmt::format("--temp is given {} times for {} start phrases", temperatures.size(), count),
          "give one for all, or one for each --start");
    }
    for (size_t i = 0; i < count; ++i) {
      if (!temperatures.empty()) {
        settings_.starts[i].temperature = temperatures[temperatures.size() == 1 ? 0 : i];
      }
      if (settings_.starts[i].phrase.empty()) {
        throw Error(ErrorKind::kUsage, "bad_value", "--start: the start phrase is empty",
                    "give at least one character to go on from");
      }
    }
  }

  void keep(const Context& context, const Notebook& notebook) const {
    if (is_model_file_name(out_)) {
      check_new_model_file(out_);  // again: training takes a while
      write_model(out_, notebook.model());
    } else {
      write_notebook_run(out_, notebook);
    }
    const std::string path = shell_argument(out_);
    context.say(
        fmt::format("Saved {}\n  {} serve {}    # look inside, in the browser\n"
                    "  {} sample {}   # let it write",
                    printable(out_), context.program, path, context.program, path));
  }

  Corpus read_text() {
    settings_.text = text_;
    CorpusOptions options;
    options.lowercase = true;
    options.should_stop = [] { return requested_signal() != 0; };
    return text_.empty() ? corpus_of_text(notebook_text(), options, "notebook")
                         : read_corpus({text_}, options);
  }

  static void print_json(const Context& context, const NotebookResult& result) {
    JsonOutput json;
    json["corpus_length"] = result.corpus_length;
    json["vocabulary_size"] = result.vocabulary_size;
    json["sequences"] = result.sequences;
    json["batches"] = result.batches;
    json["parameters"] = result.parameters;
    json["device"] = result.device;
    json["epochs"] = JsonOutput::array();
    for (size_t i = 0; i < result.epochs.size(); ++i) {
      json["epochs"].push_back({{"epoch", i + 1},
                                {"average_loss", result.epochs[i].average_loss},
                                {"seconds", result.epochs[i].seconds}});
    }
    json["seconds"] = result.seconds;
    json["generated"] = JsonOutput::array();
    for (const auto& text : result.generated) {
      json["generated"].push_back(
          {{"start", text.start}, {"temperature", text.temperature}, {"text", text.text}});
    }
    context.out.line(dump_json(json));
  }

  NotebookSettings settings_;
  std::string text_;
  std::string out_;
  std::vector<std::string> starts_;
  std::vector<std::string> temperatures_;
};

}  // namespace

std::unique_ptr<Command> make_notebook_command() { return std::make_unique<NotebookCommand>(); }

}  // namespace charrnn
