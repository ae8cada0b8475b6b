#include <string>
#include <vector>

#include "app/command_line.h"

int main(int count, char** words) {
  return charrnn::run_program(std::vector<std::string>(words + (count > 0), words + count));
}
