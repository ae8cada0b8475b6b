// Any bytes as a configuration file: settings within their ranges or an Error (kUsage), and what is
// written of them is read again as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "train/settings/config_file.h"
#include "train/settings/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  TrainingSettings settings, again;
  OptionTable table, table_again;
  settings.declare(table);
  again.declare(table_again);
  try {
    read_config_text({reinterpret_cast<const char*>(data), size}, "fuzz", table);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) std::abort();
    return 0;
  }
  read_config_text(config_text(table, ""), "again", table_again);
  if (setting_values(table) != setting_values(table_again)) std::abort();
  return 0;
}
