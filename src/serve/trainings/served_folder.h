// The folder of the runs as requests may change it: new runs by names that are safe anywhere, and
// runs that are deleted, which move to .trash and may come back. No symbolic link below it is
// followed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files/held_folder.h"
#include "serve/http/json.h"

namespace charrnn {

// Whether a request may give a run this name: characters that show, none of them a slash or a
// backslash, no dot, dash or space at the beginning and no space at the end.
bool is_run_name(std::string_view name);
// Throws ApiError (400) where it may not.
void check_run_name(std::string_view name);

class ServedFolder {
 public:
  // create: where it is not there yet. Throws Error (kIo).
  ServedFolder(const std::string& path, bool create);

  // A run, or a folder in which one was to begin. Throws ApiError (404) for anything else.
  std::unique_ptr<HeldFolder> run(const std::string& id);
  // Folders that a run may be in.
  std::vector<std::string> folders();
  // Makes the folder of a new run. name empty: one is chosen, and put into it. Throws ApiError: 400
  // (check_run_name), 409 where something has the name.
  std::unique_ptr<HeldFolder> make_run(std::string& name);
  // Takes back make_run(): removes what the server itself has put there.
  void unmake_run(HeldFolder& run, const std::string& name);

  // Moves the run to .trash; returns what it is called there. The caller holds the run's lock.
  std::string trash(const std::string& id);
  // Gives it its name again and returns that. Throws ApiError: 404, 409 where the name is taken.
  std::string restore(const std::string& trashed);
  // [{"id", "run", "deleted"}], the latest first.
  Json trashed();

 private:
  bool has_trash();

  HeldFolder folder_;
};

}  // namespace charrnn
