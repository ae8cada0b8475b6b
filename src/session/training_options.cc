#include "session/training_options.h"

namespace charrnn {

void TrainingOptions::declare_run(OptionTable& table) {
  table.group("Run");
  table.add("out,o", out, "folder of the run [runs/NAME OF THE TEXT]", "RUN")
      .called("checkpoint-dir", "char-rnn")
      .outside_config();
  table
      .add_choice("preset", preset, "defaults for what is not given",
                  {{"auto", Preset::kAuto},
                   {"notebook", Preset::kNotebook},
                   {"char-rnn", Preset::kCharRnn}})
      .outside_config()
      .on_resuming(OnResume::kNoEffect);
  table.add("config", config, "read options from a file, such as a run's config.toml", "FILE.toml")
      .outside_config()
      .on_resuming(OnResume::kNoEffect);
  table
      .add("tensorboard", tensorboard,
           "also write the run's figures for TensorBoard into this folder", "DIR")
      .outside_config();
  table
      .add("tensorboard-weights", tensorboard_weights,
           "TensorBoard: histograms of the weights of each model that is saved")
      .with_needs({{&tensorboard, [this] { return !tensorboard.empty(); }, "DIR"}})
      .outside_config();
  table.add("resume", resume, "continue a run exactly where it was saved").outside_config();
  table.add("force", force, "move an old run aside; try what may not fit into memory")
      .outside_config();
  table.add("strict", strict, "refuse to shrink the batch for a short text").outside_config();
}

}  // namespace charrnn
