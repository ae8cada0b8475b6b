// stdin, stdout and stderr, which a program may be started without.
#pragma once

namespace charrnn {

// Opens /dev/null for those that are closed: else the first file that is opened would be one of
// them, and what is printed would be written into it.
void open_standard_streams();

}  // namespace charrnn
