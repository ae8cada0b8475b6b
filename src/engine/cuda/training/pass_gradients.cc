// The products of a pass that find gradients of weights and of layers' inputs.
#include "engine/cuda/kernels/resets.h"
#include "engine/cuda/training/pass.h"

namespace charrnn::cuda {

// d_outputs = d_logits · W_fc      dW_fc = d_logits^T · outputs      db_fc = sum of d_logits
template <class Stored>
void Pass<Stored>::output_gradient(const Text& text, float* gradient) {
  const WeightsLayout& sizes = layout();
  products_.multiply(Factor<Stored>{d_logits_.data(), sizes.vocabulary},
                     Factor<Stored>{weights_.operand(sizes.output), sizes.hidden},
                     Product<Stored>{d_outputs_.data(), sizes.hidden}, text.scored(), sizes.hidden,
                     sizes.vocabulary);
  if (!gradient) return;
  fork_background();
  const int64_t first = text.last_only ? (text.steps - 1) * plane() : 0;
  background_products().multiply(
      Factor<Stored>{d_logits_.data(), sizes.vocabulary, true},
      Factor<Stored>{output(sizes.config.layers - 1) + first, sizes.hidden},
      Product<float>{gradient + sizes.output.begin, sizes.hidden}, sizes.vocabulary, sizes.hidden,
      text.scored());
  sum_columns_in_parts(d_logits_.data(), text.scored(), sizes.vocabulary, output_parts_.data(),
                       background_stream());
  add_parts(output_parts_.data(), kColumnParts, sizes.vocabulary, sizes.vocabulary,
            gradient + sizes.output_bias.begin, background_stream());
}

//   dW_hh = d_sums^T · h before      dW_ih = d_sums^T · x
// The first layer's x is a row of the embedding, picked by the character, so its sums' gradient is
// added up by characters first:  dW_ih = d_table^T · embedding    d embedding = d_table · W_ih
template <class Stored>
void Pass<Stored>::layer_gradient(int layer, const Text& text, float* gradient) {
  const WeightsLayout& sizes = layout();
  const int gates = sizes.gates * sizes.hidden;
  const int64_t row = int64_t{sizes.sums} * sizes.hidden;
  Layer& arrays = layers_[layer];
  const Stored* d_sums = arrays.d_sums.data();
  const Stored* before = arrays.hidden_states.data();
  if (text.resets) {
    if (arrays.before.empty()) arrays.before = DeviceArray<Stored>(int64_t{steps_} * plane());
    clear_resets(before, text.resets, text.rows(), sizes.hidden, arrays.before.data(),
                 background_stream());
    before = arrays.before.data();
  }
  background_products().multiply(
      Factor<Stored>{d_sums + row - gates, row, true}, Factor<Stored>{before, sizes.hidden},
      Product<float>{gradient + sizes.recurrent[layer].begin, sizes.hidden}, gates, sizes.hidden,
      text.rows());
  bias_gradient(layer, gradient);
  float* d_input = gradient + sizes.input[layer].begin;
  if (layer > 0) {
    background_products().multiply(
        Factor<Stored>{d_sums, row, true}, Factor<Stored>{output(layer - 1), sizes.hidden},
        Product<float>{d_input, sizes.hidden}, gates, sizes.hidden, text.rows());
    return;
  }
  table_gradient_.add_up(text.rows(), d_sums, row, d_table_.data(), background_stream());
  background_products().multiply(
      Factor<Stored>{d_table_.data(), gates, true},
      Factor<Stored>{weights_.operand(sizes.embeddings), sizes.embedding},
      Product<float>{d_input, sizes.embedding}, gates, sizes.embedding, sizes.vocabulary);
  if (sizes.config.one_hot) return;
  background_products().multiply(Factor<Stored>{d_table_.data(), gates},
                                 Factor<Stored>{weights_.operand(sizes.input[0]), sizes.embedding},
                                 Product<float>{gradient + sizes.embeddings.begin, sizes.embedding},
                                 sizes.vocabulary, sizes.embedding, gates);
}

template <class Stored>
void Pass<Stored>::bias_gradient(int layer, float* gradient) {
  const WeightsLayout& sizes = layout();
  const int gates = sizes.gates * sizes.hidden, row = sizes.sums * sizes.hidden;
  const float* parts = layers_[layer].bias_parts.data();
  const int count = backward_plan_ ? backward_plan_->groups : kColumnParts;
  add_parts(parts, count, row, gates, gradient + sizes.input_bias[layer].begin,
            background_stream());
  add_parts(parts + row - gates, count, row, gates, gradient + sizes.recurrent_bias[layer].begin,
            background_stream());
}

// The gradient of the layer's input: d_sums · W_ih.
template <class Stored>
void Pass<Stored>::input_gradient(int layer, const Text& text) {
  const WeightsLayout& sizes = layout();
  products_.multiply(
      Factor<Stored>{layers_[layer].d_sums.data(), int64_t{sizes.sums} * sizes.hidden},
      Factor<Stored>{weights_.operand(sizes.input[layer]), sizes.hidden},
      Product<Stored>{d_outputs_.data(), sizes.hidden}, text.rows(), sizes.hidden,
      sizes.gates * sizes.hidden);
}

template void Pass<float>::output_gradient(const Text&, float*);
template void Pass<float>::layer_gradient(int, const Text&, float*);
template void Pass<float>::input_gradient(int, const Text&);
template void Pass<__nv_bfloat16>::output_gradient(const Text&, float*);
template void Pass<__nv_bfloat16>::layer_gradient(int, const Text&, float*);
template void Pass<__nv_bfloat16>::input_gradient(int, const Text&);

}  // namespace charrnn::cuda
