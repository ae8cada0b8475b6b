#include <string>
#include <vector>

#include "app/command/command_line.h"
#include "app/process/freed_memory.h"

int main(int count, char** words) {
  charrnn::return_freed_memory_at_once();
  return charrnn::run_program(std::vector<std::string>(words + (count > 0), words + count),
                              count > 0 ? words[0] : "charrnn");
}
