// What a charrnn_arrays points to.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "library/charrnn.h"
#include "model/file/model_file.h"

struct charrnn_arrays {
  struct Array {
    std::string name;
    std::vector<size_t> shape;
    std::span<const float> values;
  };

  void add(std::string name, std::vector<size_t> shape, std::vector<float> values);
  void add_borrowed(std::string name, std::vector<size_t> shape, std::span<const float> values);

  std::vector<Array> arrays;
  std::vector<std::vector<float>> owned;
  std::shared_ptr<const charrnn::Model> model;  // whose values are borrowed
};
