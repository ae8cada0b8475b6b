#include "library/arrays.h"

#include <algorithm>

#include "base/error.h"
#include "library/guard.h"
#include "library/model_handle.h"

using namespace charrnn;           // NOLINT(google-build-using-namespace): the interface is C
using namespace charrnn::library;  // NOLINT(google-build-using-namespace)

void charrnn_arrays::add(std::string name, std::vector<size_t> shape, std::vector<float> values) {
  owned.push_back(std::move(values));
  add_borrowed(std::move(name), std::move(shape), owned.back());
}

void charrnn_arrays::add_borrowed(std::string name, std::vector<size_t> shape,
                                  std::span<const float> values) {
  arrays.push_back({std::move(name), std::move(shape), values});
}

size_t charrnn_arrays_count(const charrnn_arrays* arrays) {
  return arrays == nullptr ? 0 : arrays->arrays.size();
}

int charrnn_arrays_get(const charrnn_arrays* arrays, size_t index, charrnn_array* array) {
  return guarded([&] {
    need(arrays, "the arrays");
    need(array, "the place for the array");
    if (index >= arrays->arrays.size()) {
      throw Error(ErrorKind::kUsage, "no_such_index", "there is no array of this index",
                  "charrnn_arrays_count() says how many there are");
    }
    const charrnn_arrays::Array& found = arrays->arrays[index];
    *array = {found.name.c_str(), found.values.data(), found.shape.size(), {}};
    std::ranges::copy(found.shape, array->shape);
  });
}

void charrnn_arrays_free(charrnn_arrays* arrays) { delete arrays; }

int charrnn_weights(const charrnn_model* model, charrnn_arrays** weights) {
  return making(weights, [&] {
    need(model, "the model");
    auto result = std::make_unique<charrnn_arrays>();
    result->model = model->model;
    const Parameters& parameters = result->model->weights;
    for (size_t i = 0; i < parameters.layout().size(); ++i) {
      const TensorInfo& tensor = parameters.layout()[i];
      result->add_borrowed(tensor.name, {tensor.shape.begin(), tensor.shape.end()},
                           parameters.tensor(static_cast<int>(i)));
    }
    return result.release();
  });
}
