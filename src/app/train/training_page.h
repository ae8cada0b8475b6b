// train --serve: the page that shows a run while it is trained, and what becomes of it when the
// training ends.
#pragma once

#include <memory>
#include <string>

#include "app/command/command.h"
#include "app/process/server_process.h"

namespace charrnn {

class TrainingPage {
 public:
  // Serves the run that is, or is about to be, at run_path (and its neighbours where that is a
  // folder of runs/), and says where. Throws Error (kServer) where it cannot.
  TrainingPage(const Context& context, const std::string& run_path, int port);

  // A warning, once, where the server has ended before the training; else empty.
  std::string lost();
  // After the training: stays until Ctrl-C where a person sits at the terminal, else ends with it.
  void stay();

 private:
  const Context& context_;
  std::string run_path_;
  std::unique_ptr<ServerProcess> server_;
  std::string address_;
  bool lost_ = false;
};

}  // namespace charrnn
