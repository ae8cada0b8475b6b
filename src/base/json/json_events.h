// Strict JSON (RFC 8259), read as a row of events: for readers that keep no tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace charrnn {

// Each returns whether to go on. Texts may be moved from.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual bool null() = 0;
  virtual bool boolean(bool value) = 0;
  virtual bool number_integer(int64_t value) = 0;  // with a minus
  virtual bool number_unsigned(uint64_t value) = 0;
  virtual bool number_real(double value) = 0;
  virtual bool string(std::string& value) = 0;
  virtual bool start_object() = 0;
  virtual bool key(std::string& name) = 0;
  virtual bool end_object() = 0;
  virtual bool start_array() = 0;
  virtual bool end_array() = 0;
  // The text is not JSON; offset: bytes before the one at which that shows.
  virtual void not_json(size_t offset) = 0;
};

// Returns whether it came to the text's end. It does not recurse, and nesting costs a byte a level;
// a byte order mark at the beginning is passed over. Integers beyond 64 bits are real numbers, real
// numbers beyond a double are not JSON.
bool read_json_events(std::string_view text, JsonEvents& events);

}  // namespace charrnn
