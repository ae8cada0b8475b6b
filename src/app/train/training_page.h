// train --serve: the page that shows a run during training, and its end.
#pragma once

#include <memory>
#include <string>

#include "app/command/command.h"
#include "app/process/server_process.h"

namespace charrnn {

class TrainingPage {
 public:
  // Serves the run at run_path, which may not exist yet (with its siblings if it lies in runs/),
  // and prints the address. Throws Error (kServer) if it cannot.
  TrainingPage(const Context& context, const std::string& run_path, int port);

  // A warning, once, if the server has ended before the training; else empty.
  std::string lost();
  // After the training: on a terminal waits for Ctrl-C, else ends the server.
  void stay();

 private:
  const Context& context_;
  std::string run_path_;
  std::unique_ptr<ServerProcess> server_;
  std::string address_;
  bool lost_ = false;
};

}  // namespace charrnn
