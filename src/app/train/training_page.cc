#include "app/train/training_page.h"

#include <fmt/core.h>

#include <cctype>
#include <filesystem>
#include <thread>

#include "app/process/signals.h"
#include "base/error.h"
#include "base/files/file.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

constexpr auto kLookForInterrupt = std::chrono::milliseconds(50);

// For the part of an address after '#'.
std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 128 && (std::isalnum(byte) || byte == '-' || byte == '_' || byte == '.');
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return result;
}

// The folder that holds all runs, so that they can be laid over each other; else the run alone, as
// where it is a symbolic link: a server follows only the one that is named.
fs::path what_to_serve(const fs::path& run) {
  const fs::path parent = run.parent_path();
  std::error_code ignored;
  return parent.filename() == "runs" && !fs::is_symlink(run, ignored) ? parent : run;
}

}  // namespace

TrainingPage::TrainingPage(const Context& context, const std::string& run_path, int port)
    : context_(context), run_path_(run_path) {
  fs::path run = fs::absolute(run_path).lexically_normal();
  if (run.filename().empty()) run = run.parent_path();
  const fs::path served = what_to_serve(run);
  std::error_code error;
  const bool made = fs::create_directories(served, error);
  if (error) throw_io_error(error.value(), "create the folder", served.string());
  // One thread: several would wait for each other at every character while training occupies the
  // cores.
  // It ends with this training, so it starts none of its own.
  std::vector<std::string> options = {served.string(), "--no-train",        "--threads", "1",
                                      "--port",        std::to_string(port)};
  const EngineOptions& engine = context.common.engine;
  for (const Option* option :
       {&context.options.of(engine.device), &context.options.of(engine.isa)}) {
    if (option->is_given()) {
      options.push_back(fmt::format("--{}={}", option->name(), option->show()));
    }
  }
  try {
    server_ = std::make_unique<ServerProcess>(options);
  } catch (...) {
    if (made) fs::remove(served, error);
    throw;
  }
  address_ = fmt::format("{}/#view=train&model={}", server_->url(),
                         percent_encoded(run.filename().string()));
  context.say(fmt::format("page          {}", context.err.accent(address_)));
}

std::string TrainingPage::lost() {
  if (lost_ || requested_signal() != 0 || !server_->ended()) return {};
  lost_ = true;
  return fmt::format("the page's server has ended; training goes on; to see it: {} serve {}",
                     context_.program, shell_argument(run_path_));
}

void TrainingPage::stay() {
  const bool is_watched = context_.err.is_terminal() && !context_.common.quiet;
  if (is_watched && requested_signal() == 0 && !server_->ended()) {
    context_.say(fmt::format("the page stays at {} until Ctrl-C", context_.err.accent(address_)));
    while (requested_signal() == 0 && !server_->ended()) {
      std::this_thread::sleep_for(kLookForInterrupt);
    }
  }
  server_->stop();
  context_.say(
      context_.err.dim(fmt::format("the page has ended; it is there again with: {} serve {}",
                                   context_.program, shell_argument(run_path_))));
}

}  // namespace charrnn
