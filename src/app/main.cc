#include <malloc.h>

#include <string>
#include <vector>

#include "app/command_line.h"

int main(int count, char** words) {
#ifdef M_MMAP_THRESHOLD
  // Arrays of a network's size go back to the system as soon as they are freed. Left alone, glibc
  // raises the size from which it does so to that of the largest array freed so far.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  return charrnn::run_program(std::vector<std::string>(words + (count > 0), words + count));
}
