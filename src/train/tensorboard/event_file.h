// A file of events that TensorBoard shows: records (length, checksum, Event, checksum) as
// TensorFlow writes them, each in one piece at the end of the file. The messages' fields are those
// of tensorflow/core/util/event.proto and framework/summary.proto.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files/file_system.h"
#include "base/protobuf/protobuf.h"

namespace charrnn {

class EventFile {
 public:
  // Makes the file, where nothing has its name yet. What other files of the folder show from
  // first_step on, TensorBoard forgets: a run that goes on shows no step twice. Throws Error (kIo).
  EventFile(std::string path, int64_t first_step, FileSystem& files = real_file_system());
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  // Each returns the message of the first failure, after which nothing is written; else empty.
  // Values that are not finite are left out.
  std::string add_scalars(int64_t step, const std::vector<std::pair<std::string, double>>& scalars);
  std::string add_text(int64_t step, std::string_view tag, std::string_view text);
  // tensors: tags and values.
  std::string add_histograms(
      int64_t step, const std::vector<std::pair<std::string, std::span<const float>>>& tensors);
  void sync();

 private:
  std::string append(int64_t step, int field, const ProtobufMessage& content);
  std::string write_event(const ProtobufMessage& event);

  std::string path_;
  FileSystem& files_;
  int file_ = -1;
};

}  // namespace charrnn
