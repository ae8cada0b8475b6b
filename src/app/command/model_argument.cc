#include "app/command/model_argument.h"

#include "app/command/usage.h"
#include "base/error.h"
#include "model/file/vocabulary_file.h"

namespace charrnn {

void ModelOptions::declare(OptionTable& table) {
  table.group("Model");
  table.add("model,m", model, "instead of the argument MODEL", "MODEL")
      .called("checkpoint", "torch-rnn");
  declare_vocabulary_file(table, reading.vocabulary);
}

std::string model_argument(Context& context, const std::string& option) {
  if (!option.empty()) return option;
  if (context.arguments.empty()) {
    throw missing_argument(context.command, "a model");
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
