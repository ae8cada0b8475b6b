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
        run("timeout -k 1 20 '" CHARRNN_PROGRAM "' " + command + " >/dev/full");
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

// Too few open files or threads: an error or fewer threads, never "a bug".
TEST_F(Output, SaysWhichLimitOfTheSystemIsReached) {
  const std::string model = in_folder("m.safetensors"), text = in_folder("text");
  const std::string train = "train" + text + "--hidden-size 4 --embedding-size 3 --steps 2 -q -o";
  const auto limited = [&](const std::string& limit, const std::string& command) {
    // Whoever runs the tests may leave files open.
    // timeout starts a process of its own, so the limit begins behind it.
    return run("( exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec timeout 2 sh -c 'ulimit " + limit +
               R"(; exec "$0" "$@"' ')" CHARRNN_PROGRAM "' " + command + " )");
  };
  for (const char* limit : {"-n 4", "-n 5"}) {
    for (const std::string& command :
         {train + in_folder("run"), "serve --port 0" + model, "show" + model, "data" + text}) {
      const ProgramResult result = limited(limit, command);
      // Sanitizers need files of their own: to look at objects, and at the end.
      const bool works = result.code == 0 || result.code == 124;
      const bool is_sanitizers = result.err.find("Sanitizer") != std::string::npos ||
                                 result.err.find("runtime error:") != std::string::npos;
      if (works || is_sanitizers) continue;
      EXPECT_TRUE(result.code == 5 || result.code == 7 || result.code == 8)
          << limit << " " << command << ": " << result.code << "\n"
          << result.err;
      EXPECT_NE(result.err.find("open files"), std::string::npos) << result.err;
    }
  }
  for (const char* limit : {"-u 1", "-u 3"}) {  // a superuser has none
    for (const std::string& command :
         {"serve --port 0" + model, "sample -n 3 --threads 8" + model}) {
      const ProgramResult result = limited(limit, command);
      EXPECT_TRUE(result.code == 0 || result.code == 7 || result.code == 124 || result.code == 143)
          << limit << " " << command << ": " << result.code << "\n"
          << result.err;
    }
  }
  const ProgramResult many = run("charrnn sample --threads 100000" + model);
  EXPECT_EQ(many.code, 2);
  EXPECT_NE(many.err.find("from 0 to 1024"), std::string::npos) << many.err;
}

}  // namespace
}  // namespace charrnn
