// Numbers for replies that are drawn, not computed with.
#pragma once

namespace charrnn {

// The number with six significant digits: enough to draw, a third of the bytes.
double json_number(double value);

}  // namespace charrnn
