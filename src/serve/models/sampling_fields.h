// The sampling fields of a request, the same in all APIs.
#pragma once

#include <cstdint>
#include <span>

#include "generate/sampler.h"
#include "serve/http/fields.h"
#include "serve/models/served_model.h"

namespace charrnn {

extern const std::span<const Field> kSamplingFields;

SamplingSettings sampling_settings(const Fields& fields, const ServedModel& model);
uint64_t drawn_seed();  // 32 bits: short enough to type

}  // namespace charrnn
