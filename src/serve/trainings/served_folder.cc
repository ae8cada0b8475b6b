#include "serve/trainings/served_folder.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/files/file.h"
#include "serve/http/api_error.h"
#include "serve/models/run_files.h"
#include "serve/trainings/trainer_process.h"
#include "serve/trainings/training_record.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr std::string_view kTrash = ".trash";
constexpr size_t kLongestName = 100;  // bytes
constexpr int kMaxNumber = 1000;      // of names that are chosen

std::string made(std::string path, bool create) {
  std::error_code error;
  if (create) std::filesystem::create_directories(path, error);
  if (error) throw_io_error(error.value(), "create the folder", path);
  return path;
}

ApiError name_taken(const std::string& name) {
  return {409, fmt::format("there is something called {} already; choose another name", name),
          "name", "name_taken"};
}

ApiError not_in_trash() { return {404, "there is no such run in the trash", "id", "not_in_trash"}; }

ApiError no_such_run() { return {404, "there is no such run", "run", "model_not_found"}; }

// What is in .trash is called MILLISECONDS-NAME, the time at which it was deleted.
struct Trashed {
  int64_t milliseconds = 0;
  std::string name;
};

std::optional<Trashed> parse_trashed(const std::string& id) {
  const size_t dash = id.find('-');
  if (dash == std::string::npos || dash == 0 || dash > 15) return std::nullopt;
  if (id.find_first_not_of("0123456789") != dash) return std::nullopt;
  Trashed trashed{std::stoll(id.substr(0, dash)), id.substr(dash + 1)};
  // Such a name was no run's, and would not be listed again.
  if (trashed.name.empty() || trashed.name.front() == '.') return std::nullopt;
  if (trashed.name.find('/') != std::string::npos) return std::nullopt;
  return trashed;
}

int64_t milliseconds_now() {
  using std::chrono::system_clock;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

bool is_run_name(std::string_view name) {
  constexpr std::string_view kNotFirst = ".- ";
  if (name.empty() || name.size() > kLongestName || name == "built-in") return false;
  if (kNotFirst.find(name.front()) != kNotFirst.npos || name.back() == ' ') return false;
  // A backslash would be escaped, too.
  return name.find('/') == name.npos && escaped(name) == name;
}

void check_run_name(std::string_view name) {
  if (is_run_name(name)) return;
  throw ApiError(
      400,
      "a name has 1 to 100 bytes, begins with no dot, dash or space, ends with no space, "
      "and has neither slashes nor characters that do not show",
      "name", "bad_name");
}

ServedFolder::ServedFolder(const std::string& path, bool create) : folder_(made(path, create)) {}

std::unique_ptr<HeldFolder> ServedFolder::run(const std::string& id) {
  if (id.empty() || id.starts_with('.') || id.find('/') != std::string::npos) throw no_such_run();
  std::unique_ptr<HeldFolder> run;
  try {
    run = std::make_unique<HeldFolder>(folder_, id);
  } catch (const Error&) {
    throw no_such_run();
  }
  for (const std::string_view name :
       {"config.toml", "model.safetensors", "checkpoint.safetensors", "training.json"}) {
    const int mode = run->mode(run->path(name));
    if (mode >= 0 && S_ISREG(mode)) return run;
  }
  throw no_such_run();
}

std::vector<std::string> ServedFolder::folders() {
  std::vector<std::string> folders;
  for (std::string& name : folder_.names()) {
    if (name.starts_with('.')) continue;
    struct stat status = {};
    if (::lstat(folder_.path(name).c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
      folders.push_back(std::move(name));
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::unique_ptr<HeldFolder> ServedFolder::make_run(std::string& name) {
  const bool is_given = !name.empty();
  if (is_given) check_run_name(name);
  for (int number = 1; number <= kMaxNumber; ++number) {
    const std::string wanted = is_given      ? name
                               : number == 1 ? "text"
                                             : fmt::format("text-{}", number);
    const int result = folder_.make_folder(folder_.path(wanted));
    if (result == -EEXIST && !is_given) continue;
    if (result == -EEXIST) break;
    if (result < 0) throw_io_error(-result, "create the folder", folder_.path(wanted));
    name = wanted;
    return std::make_unique<HeldFolder>(folder_, wanted);
  }
  throw name_taken(is_given ? name : "text");
}

void ServedFolder::unmake_run(HeldFolder& run, const std::string& name) {
  run.remove_temporaries();
  for (const std::string_view file : {std::string_view("training.json"), kTrainLog}) {
    run.unlink(run.path(file));
  }
  folder_.remove_folder(folder_.path(name));
}

std::string ServedFolder::trash(const std::string& id) {
  const int result = folder_.make_folder(folder_.path(kTrash));
  if (result < 0 && result != -EEXIST) {
    throw_io_error(-result, "create the folder", folder_.path(kTrash));
  }
  HeldFolder trash(folder_, kTrash);
  while (true) {
    std::string trashed = fmt::format("{}-{}", milliseconds_now(), id);
    const int moved = folder_.move(id, trash, trashed);
    if (moved == 0) return trashed;
    if (moved != -EEXIST) throw_io_error(-moved, "move the run to the trash", folder_.path(id));
  }
}

bool ServedFolder::has_trash() {
  const int mode = folder_.mode(folder_.path(kTrash));
  return mode >= 0 && S_ISDIR(mode);
}

std::string ServedFolder::restore(const std::string& trashed) {
  const auto parsed = parse_trashed(trashed);
  if (!parsed || !has_trash()) throw not_in_trash();
  HeldFolder trash(folder_, kTrash);
  const int moved = trash.move(trashed, folder_, parsed->name);
  if (moved == -ENOENT) throw not_in_trash();
  if (moved == -EEXIST) throw name_taken(parsed->name);
  if (moved < 0) throw_io_error(-moved, "take the run from the trash", trash.path(trashed));
  return parsed->name;
}

Json ServedFolder::trashed() {
  Json list = Json::array();
  if (!has_trash()) return list;
  const HeldFolder trash(folder_, kTrash);
  std::vector<std::string> names = trash.names();
  std::sort(names.rbegin(), names.rend());
  for (const std::string& id : names) {
    const auto parsed = parse_trashed(id);
    if (!parsed) continue;
    list.push_back({{"id", id},
                    {"run", parsed->name},
                    {"deleted", static_cast<double>(parsed->milliseconds) / 1e3}});
  }
  return list;
}

}  // namespace charrnn
