// What is printed arrives, or the program says that it did not.
#include <gtest/gtest.h>

#include "app/testing/run_charrnn.h"
#include "model/file/model_file.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

class Output : public testing::Test {
 protected:
  Output() {
    write_model(folder_.path("m.safetensors"), random_model({CellKind::kGru, 1, 5, 3, 4, false}));
    std::string text;
    for (int i = 0; i < 40; ++i) text += "abcd dcba\n";
    folder_.write("text", text);
    folder_.write("known", "\a\x0e\a\x15\a");  // to the model
  }
  ProgramResult run(const std::string& command) { return run_shell(folder_, command); }
  std::string in_folder(const std::string& name) const { return " " + folder_.path(name) + " "; }

  TestFolder folder_;
};

TEST_F(Output, ThatADeviceDoesNotTakeIsAnErrorOfEveryCommand) {
  const std::string model = in_folder("m.safetensors"), text = in_folder("text"),
                    known = in_folder("known");
  const std::string tiny = " --hidden-size 4 --embedding-size 3 --steps 2 --threads 1 -q ";
  for (const std::string& command :
       {std::string("--help"), std::string("--version"), std::string("help train"),
        std::string("train --help"), "show" + model, "show --json" + model, "data" + text,
        "data --json" + text, "eval" + model + known, "eval --json" + model + known,
        "sample -n 9" + model, "sample --json -n 9" + model,
        "train --json" + tiny + text + "-o" + in_folder("run"),
        "notebook --epochs 1 --hidden-size 4 --threads 1 --text" + text,
        "notebook --json --epochs 1 --hidden-size 4 --threads 1 --text" + text,
        std::string("bench --work train --hidden-size 4 --layers 1 --rounds 1 --time 0.01s"),
        std::string("bench --json --work train --hidden-size 4 --layers 1 --rounds 1 --time 0.01s"),
        "serve --json --port 0" + model}) {
    const ProgramResult result =
        run("timeout -k 1 20 " CHARRNN_PROGRAM " " + command + " >/dev/full");
    EXPECT_EQ(result.code, 5) << command << "\n" << result.err;
    EXPECT_NE(result.err.find("cannot write the result: No space left"), std::string::npos)
        << command << "\n"
        << result.err;
  }
}

TEST_F(Output, OfAProgramWithClosedStreamsIsInNoFile) {
  const std::string run_folder = in_folder("run");
  const std::string train = "charrnn train" + in_folder("text") + "-o" + run_folder +
                            "--hidden-size 4 --embedding-size 3 --steps 3 --threads 1 --json ";
  const ProgramResult result = run(train + "<&- >&- 2>&-");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(folder_.read("run/.lock").find('{'), std::string::npos);
  EXPECT_EQ(run("charrnn show" + run_folder).code, 0);
  EXPECT_EQ(run("charrnn train --resume" + run_folder + "--steps 5 -q").code, 0);
}

}  // namespace
}  // namespace charrnn
