#include "app/command/model_argument.h"

#include "base/error.h"

namespace charrnn {

void ModelOptions::declare(OptionTable& table) {
  table.group("Model");
  table.add("model,m", model, "instead of the argument MODEL", "MODEL")
      .called("checkpoint", "torch-rnn");
  table.add("vocabulary", reading.vocabulary,
            "the characters in the order of their ids, for a model that lacks them", "FILE.json");
}

std::string model_argument(Context& context, const std::string& option) {
  if (!option.empty()) return option;
  if (context.arguments.empty()) {
    throw Error(ErrorKind::kUsage, "no_model", "no model is given",
                "name a model file or a run folder, such as runs/shakespeare");
  }
  std::string model = context.arguments.front();
  context.arguments.erase(context.arguments.begin());
  return model;
}

std::string only_model_argument(Context& context, const std::string& option) {
  std::string model = model_argument(context, option);
  if (context.arguments.empty()) return model;
  throw Error(ErrorKind::kUsage, "two_models",
              "a model is given twice: as --model and as the argument", "leave one of them out");
}

}  // namespace charrnn
