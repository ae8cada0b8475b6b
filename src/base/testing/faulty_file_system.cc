#include "base/testing/faulty_file_system.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "base/files/file.h"

namespace charrnn {

bool FaultyFileSystem::fails() {
  ++calls_;
  return calls_ == failing_call_ || (sticky_ && calls_ > failing_call_);
}

int FaultyFileSystem::open(const std::string& path, int flags, mode_t mode) {
  return fails() ? -error_number_ : below_.open(path, flags, mode);
}

ssize_t FaultyFileSystem::write(int descriptor, const void* data, size_t size) {
  if (!fails()) return below_.write(descriptor, data, size);
  if (calls_ == failing_call_) below_.write(descriptor, data, size / 2);
  return -error_number_;
}

int FaultyFileSystem::fsync(int descriptor) {
  if (fails()) return -error_number_;
  return leaves_out_syncs_ ? 0 : below_.fsync(descriptor);
}

int FaultyFileSystem::close(int descriptor) {
  // The descriptor is gone even where close reports an error.
  const int result = below_.close(descriptor);
  return fails() ? -error_number_ : result;
}

int FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  return fails() ? -error_number_ : below_.rename(from, to);
}

int FaultyFileSystem::link(const std::string& from, const std::string& to) {
  return fails() ? -error_number_ : below_.link(from, to);
}

int FaultyFileSystem::mode(const std::string& path) {
  return fails() ? -error_number_ : below_.mode(path);
}

int FaultyFileSystem::unlink(const std::string& path) {
  return fails() ? -error_number_ : below_.unlink(path);
}

int FaultyFileSystem::sync_folder(const std::string& folder) {
  if (fails()) return -error_number_;
  return leaves_out_syncs_ ? 0 : below_.sync_folder(folder);
}

void PowerLossFileSystem::bind(const std::string& path, FilePointer file) {
  std::vector<FilePointer>& bindings = bindings_[path];
  if (bindings.empty()) bindings.push_back(names_.count(path) > 0 ? names_[path] : nullptr);
  bindings.push_back(file);
  if (file == nullptr) {
    names_.erase(path);
  } else {
    names_[path] = std::move(file);
  }
}

int PowerLossFileSystem::open(const std::string& path, int flags, mode_t) {
  const bool exists = names_.count(path) > 0;
  if (exists && (flags & O_EXCL) != 0) return -EEXIST;
  if (!exists && (flags & O_CREAT) == 0) return -ENOENT;
  if (!exists) bind(path, std::make_shared<File>());
  const int descriptor = open_.empty() ? 100 : open_.rbegin()->first + 1;
  open_[descriptor] = names_[path];
  return descriptor;
}

ssize_t PowerLossFileSystem::write(int descriptor, const void* data, size_t size) {
  const auto file = open_.find(descriptor);
  if (file == open_.end()) return -EBADF;
  file->second->content.append(static_cast<const char*>(data), size);
  return static_cast<ssize_t>(size);
}

int PowerLossFileSystem::fsync(int descriptor) {
  const auto file = open_.find(descriptor);
  if (file == open_.end()) return -EBADF;
  file->second->synced = file->second->content;
  return 0;
}

int PowerLossFileSystem::close(int descriptor) { return open_.erase(descriptor) == 1 ? 0 : -EBADF; }

int PowerLossFileSystem::rename(const std::string& from, const std::string& to) {
  const auto file = names_.find(from);
  if (file == names_.end()) return -ENOENT;
  bind(to, file->second);
  bind(from, nullptr);
  return 0;
}

int PowerLossFileSystem::link(const std::string& from, const std::string& to) {
  const auto file = names_.find(from);
  if (file == names_.end()) return -ENOENT;
  if (names_.count(to) > 0) return -EEXIST;
  bind(to, file->second);
  return 0;
}

int PowerLossFileSystem::mode(const std::string& path) {
  return names_.count(path) > 0 ? S_IFREG | 0666 : -ENOENT;
}

int PowerLossFileSystem::unlink(const std::string& path) {
  if (names_.count(path) == 0) return -ENOENT;
  bind(path, nullptr);
  return 0;
}

int PowerLossFileSystem::sync_folder(const std::string& folder) {
  std::erase_if(bindings_, [&](const auto& entry) { return folder_of(entry.first) == folder; });
  return 0;
}

std::map<std::string, std::string> PowerLossFileSystem::after_power_loss(uint32_t seed) const {
  std::mt19937 random(seed);
  const auto below = [&](size_t end) { return static_cast<size_t>(random() % end); };
  // The synced part holds; of what was written after it, some pages may be there, zero, or not at
  // all.
  const auto survivor = [&](const File& file) {
    std::string content = file.synced;
    const std::string rest = file.content.substr(std::min(content.size(), file.content.size()));
    const std::string kept = rest.substr(0, below(rest.size() + 1));
    switch (below(4)) {
      case 0:
        return content;
      case 1:
        return content + kept;
      case 2:
        return content + kept + std::string(rest.size() - kept.size(), '\0');
      default:
        return content + std::string(kept.size(), '\xA5') + rest.substr(kept.size());
    }
  };
  std::map<std::string, FilePointer> names = names_;
  for (const auto& [path, bindings] : bindings_) names[path] = bindings[below(bindings.size())];
  std::map<std::string, std::string> files;
  for (const auto& [path, file] : names) {
    if (file != nullptr) files[path] = survivor(*file);
  }
  return files;
}

}  // namespace charrnn
