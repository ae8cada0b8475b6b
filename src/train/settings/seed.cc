#include "train/settings/seed.h"

#include <sys/random.h>

#include <string>

#include "base/error.h"

namespace charrnn {

Seed draw_seed() {
  uint64_t value = 0;
  if (getrandom(&value, sizeof(value), 0) != static_cast<ssize_t>(sizeof(value))) {
    throw Error(ErrorKind::kIo, "no_entropy", "the system gives no random numbers",
                "choose a seed with --seed N");
  }
  return {.value = value >> 32, .is_chosen = true, .is_drawn = true};
}

Option& declare_seed(OptionTable& options, Seed& seed) {
  return options
      .add_value<Seed>(
          "seed,s", seed, "makes runs repeatable; -1 draws one", "N",
          [](std::string_view text) -> Seed {
            if (text == "-1") return draw_seed();
            return Seed{.value = parse_unsigned(text, "--seed"), .is_chosen = true};
          },
          [](const Seed& value) { return value.is_chosen ? std::to_string(value.value) : ""; })
      .on_resuming(OnResume::kFixed);
}

}  // namespace charrnn
