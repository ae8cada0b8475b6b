// The sampling fields of a request, the same in all APIs, and others that several share.
#pragma once

#include <cstdint>
#include <span>

#include "generate/sampler.h"
#include "serve/http/fields.h"
#include "serve/models/served_model.h"

namespace charrnn {

extern const std::span<const Field> kSamplingFields;

SamplingSettings sampling_settings(const Fields& fields, const ServedModel& model);
// The field `unknown` of charrnn's own endpoints: whether unknown characters are left out ("skip")
// or refused ("error", the default). Anything else throws ApiError (400).
bool skips_unknown(const Fields& fields);
uint64_t drawn_seed();  // 32 bits: short enough to type

}  // namespace charrnn
