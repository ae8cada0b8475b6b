// Writes what a run keeps also as events for TensorBoard: its reports, and the weights of the
// models that it saves. The file is a new one in a folder that the person names; like the run's
// metrics it is no reason to stop a training.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/files/held_folder.h"
#include "train/checkpoint/run_saver.h"
#include "train/tensorboard/event_file.h"

namespace charrnn {

class TensorBoardStore : public TrainingStore {
 public:
  struct Where {
    std::string folder;             // made where it is missing
    std::function<int64_t()> step;  // those taken so far, in earlier sittings too
    bool with_weights = false;
  };
  // store: the run's own, which must outlive this one. Throws Error (kIo).
  TensorBoardStore(TrainingStore& store, const Where& where);

  void save(const CheckpointSource& source) override;
  void save_model(const Model& model) override;
  std::string append(const Report& report) override;
  // Returns the message of the first failure; else empty.
  std::string append_sample(int64_t step, std::string_view text);

 private:
  TrainingStore& store_;
  HeldFolder folder_;
  EventFile events_;
  std::function<int64_t()> step_;
  bool with_weights_;
  std::string problem_;  // of the histograms, to be told with the next report
};

}  // namespace charrnn
