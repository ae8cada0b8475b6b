#include "engine/cpu/training/training.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/batch_check.h"
#include "engine/cpu/isa/flush_denormals.h"
#include "model/optimizer.h"

namespace charrnn::cpu {
namespace {

constexpr int kTableRowsInItem = 16;

}  // namespace

template <class S>
Training<S>::Training(Weights<S>& weights, Moments& moments, ThreadPool& pool, int parts)
    : weights_(weights),
      moments_(moments),
      pool_(pool),
      parts_(parts),
      gradients_(weights, pool.threads()),
      slices_(pool.threads()),
      products_(pool.threads()),
      sums_(pool.threads()),
      updates_(pool.threads()),
      rows_(pool.threads()),
      drops_(pool.threads()),
      dropped_rows_(pool.threads()) {
  const Layout& layout = weights.layout();
  for (int i = 0; i < static_cast<int>(layout.matrices.size()); ++i) {
    for (int panel = 0; panel < layout.matrices[i].panels(); ++panel) {
      update_items_.push_back({i, panel});
      if (i % 2 == 1) recurrent_items_.push_back({i, panel});
    }
  }
  if (!layout.config.one_hot) update_items_.push_back({-1, 0});
}

// Parts don't depend on the threads, slices do: as many as give each thread the same work. A
// segment has whole parts, however many: passes are as fast as with one of them.
template <class S>
void Training<S>::lay_out(const Batch& batch, const Dropout& dropout) {
  const int group = weights_.kernels().group, threads = pool_.threads();
  const int parts = parts_ == 0 ? default_parts(batch.streams) : parts_;
  const std::vector<BatchPart> cut = cut_batch(ceil_div(batch.streams, group), parts);
  const int halves = std::min(default_parts(batch.streams), parts);
  slices_of_batch_.clear();
  segments_.clear();
  std::vector<typename Gradients<S>::Part> rows_of_parts;
  int begin = 0;
  for (const BatchPart& part : cut) {
    const int half = halves == 1 ? 0 : part.index / (parts / 2);
    if (half == 1 && begin == 0) begin = part.first * group;
    rows_of_parts.push_back({half, part.first * group - begin, part.groups * group});
  }
  const int first_half = halves == 1 ? batch.streams : begin;
  const int slices = threads % halves == 0 ? threads / halves : threads;
  add_segment(batch, dropout, 0, first_half, slices);
  if (halves == 2) add_segment(batch, dropout, begin, batch.streams - begin, slices);
  slices_left_ = std::vector<std::atomic<int>>(segments_.size());
  gradients_.set_parts(std::move(rows_of_parts), tree_additions(cut, parts));
}

// slices: at most as many.
template <class S>
void Training<S>::add_segment(const Batch& batch, const Dropout& dropout, int first, int count,
                              int slices) {
  const int group = weights_.kernels().group;
  segments_.push_back(std::make_unique<SavedActivations<S>>(weights_.layout(), group, batch, first,
                                                            count, dropout));
  SavedActivations<S>& saved = *segments_.back();
  const int groups = saved.rows / group;
  slices = std::min(groups, slices);
  for (int i = 0; i < slices; ++i) {
    slices_of_batch_.push_back(
        {static_cast<int>(segments_.size()) - 1,
         std::make_unique<BpttPass<S>>(
             weights_, saved, static_cast<int>(int64_t{groups} * i / slices) * group,
             static_cast<int>(int64_t{groups} * (i + 1) / slices) * group)});
  }
}

template <class S>
template <class Action>
void Training<S>::for_each_carried(CpuState& state, const Action& action) {
  const Layout& layout = weights_.layout();
  for (const auto& saved : segments_) {
    const int64_t width = state.width(), plane = saved->rows * width;
    for (int i = 0; i < layout.config.layers * layout.cell.states; ++i) {
      action(state.plane(0, i) + saved->first_stream * width, &saved->state[i * plane],
             saved->streams * width);
    }
  }
}

template <class S>
void Training<S>::prepare(const Batch& batch, CpuState& state, const Dropout& dropout) {
  const Layout& layout = weights_.layout();
  check_batch(batch, state, layout.config);
  if (segments_.empty() || batch.streams != streams_ || !segments_[0]->fits(batch, dropout)) {
    streams_ = 0;  // where memory does not suffice, nothing is laid out
    lay_out(batch, dropout);
    streams_ = batch.streams;
  }
  for (const auto& saved : segments_) {
    for (int time = 0; time < batch.steps; ++time) {
      std::copy_n(batch.inputs.data() + int64_t{time} * batch.streams + saved->first_stream,
                  saved->streams, &saved->inputs[int64_t{time} * saved->rows]);
    }
  }
  for_each_carried(
      state, [](const float* from, float* to, int64_t count) { std::copy_n(from, count, to); });
  for (const Slice& slice : slices_of_batch_) ++slices_left_[slice.segment];
  slices_.assign(static_cast<int>(slices_of_batch_.size()));
  products_.assign(gradients_.product_items());
  sums_.assign(gradients_.sum_items());
  updates_.assign(static_cast<int>(update_items_.size()));
  rows_.assign(table_items());
  if (!dropout.on_weights()) return;
  weights_.begin_dropout(dropout);
  drops_.assign(static_cast<int>(recurrent_items_.size()));
  dropped_rows_.assign(table_items());
}

template <class S>
int Training<S>::table_items() const {
  return ceil_div(weights_.layout().config.vocabulary_size, kTableRowsInItem);
}

template <class S>
void Training<S>::fill_table_rows(int item, const float* embedding) {
  const int first = item * kTableRowsInItem;
  weights_.fill_table(first,
                      std::min(first + kTableRowsInItem, weights_.layout().config.vocabulary_size),
                      embedding);
}

// Every form that the passes read, from the masked weights.
template <class S>
void Training<S>::drop_weights(int thread) {
  const WeightMasks& masks = weights_.masks();
  if (!masks.any()) return;
  const Layout& layout = weights_.layout();
  drops_.run(thread, [&](int item) {
    const auto [index, panel] = recurrent_items_[item];
    if (masks.on(layout.matrices[index])) weights_.drop(layout.matrices[index], panel);
  });
  if (masks.on_embedding()) {
    dropped_rows_.run(thread, [&](int item) {
      const int first = item * kTableRowsInItem;
      weights_.drop_embedding_rows(
          first, std::min(first + kTableRowsInItem, layout.config.vocabulary_size));
      fill_table_rows(item, weights_.embedding());
    });
  }
  pool_.barrier();
}

template <class S>
void Training<S>::finish(CpuState& state) {
  for_each_carried(
      state, [](float* to, const float* from, int64_t count) { std::copy_n(from, count, to); });
  state.changed();
}

template <class S>
double Training<S>::mean_loss() const {
  double sum = 0;
  for (const auto& saved : segments_) {
    for (int64_t i = 0; i < saved->loss.size(); ++i) {
      sum += static_cast<double>(saved->loss[i]);
    }
  }
  return sum / static_cast<double>(int64_t{segments_[0]->loss_times} * streams_);
}

template <class S>
void Training<S>::gradient_phases(int thread, const Batch& batch, const Dropout& dropout) {
  drop_weights(thread);
  slices_.run(thread, [&](int item) {
    Slice& slice = slices_of_batch_[item];
    slice.pass->run(batch, dropout);
    --slices_left_[slice.segment];
  });
  // All slices are taken by now, and their threads wait for nobody: no deadlock.
  products_.run(thread, [&](int item) {
    const int segment = gradients_.segment_of(item);
    ThreadPool::wait_until([&] { return slices_left_[segment] == 0; });
    gradients_.product(*segments_[segment], item);
  });
  pool_.barrier();
  sums_.run(thread, [&](int item) { gradients_.sum(item); });
}

template <class S>
double Training<S>::gradient(const Batch& batch, CpuState& state, float* values) {
  const Dropout& dropout = batch.dropout;
  prepare(batch, state, dropout);
  pool_.run([&](int thread) {
    const FlushDenormals flush;
    gradient_phases(thread, batch, dropout);
  });
  finish(state);
  if (dropout.on_weights()) {
    weights_.end_dropout();
    weights_.pack_all();
  }
  std::copy_n(gradients_.values(), weights_.layout().size, values);
  return mean_loss();
}

template <class S>
StepResult Training<S>::step(const Batch& batch, CpuState& state, const Update& update) {
  prepare(batch, state, batch.dropout);
  if (update.ema_decay > 0 && moments_.ema.size() == 0) {
    moments_.ema = HugeArray<float>(weights_.layout().size);
    std::copy_n(weights_.master(), weights_.layout().size, moments_.ema.data());
  }
  StepResult result;
  pool_.run([&](int thread) {
    const FlushDenormals flush;
    gradient_phases(thread, batch, batch.dropout);
    pool_.barrier();
    // Every thread comes to the same conclusion by itself.
    const double norm = std::sqrt(gradients_.squared_norm()), loss = mean_loss();
    const bool applied = std::isfinite(norm) && std::isfinite(loss);
    if (thread == 0) result = {.loss = loss, .gradient_norm = norm, .applied = applied};
    if (!applied) return;
    const UpdateFactors factors = this->factors(update, norm);
    updates_.run(thread, [&](int item) { update_item(item, factors); });
    pool_.barrier();
    if (thread == 0) weights_.fill_starts();
    const float* embedding = weights_.master() + weights_.layout().embedding;
    rows_.run(thread, [&](int item) { fill_table_rows(item, embedding); });
  });
  weights_.end_dropout();
  if (!result.applied && batch.dropout.on_weights()) weights_.pack_all();
  if (result.applied) finish(state);
  return result;
}

template <class S>
UpdateFactors Training<S>::factors(const Update& update, double norm) const {
  const AdamBiasCorrection correction = adam_bias_correction(
      static_cast<double>(update.learning_rate), static_cast<double>(update.beta1),
      static_cast<double>(update.beta2), update.step);
  UpdateFactors factors;
  factors.optimizer = update.optimizer;
  factors.learning_rate = update.learning_rate;
  factors.step_size = static_cast<float>(correction.step_size);
  factors.root_scale = static_cast<float>(correction.root_scale);
  factors.beta1 = update.beta1;
  factors.beta2 = update.beta2;
  factors.epsilon = update.epsilon;
  factors.decay = 1 - update.learning_rate * update.weight_decay;
  if (update.clip == Clip::kNorm) {
    factors.gradient_scale =
        static_cast<float>(clip_scale(norm, static_cast<double>(update.clip_limit)));
  }
  if (update.clip == Clip::kElement) factors.element_limit = update.clip_limit;
  factors.average_decay = update.ema_decay;
  return factors;
}

template <class S>
void Training<S>::update_range(int64_t offset, int64_t count, bool decays,
                               const UpdateFactors& factors) {
  UpdateRange range{.weights = weights_.master() + offset,
                    .first_moment = &moments_.first[offset],
                    .second_moment = &moments_.second[offset],
                    .average = nullptr,
                    .gradient = gradients_.values() + offset,
                    .count = count,
                    .decays = decays};
  if (factors.average_decay > 0) range.average = &moments_.ema[offset];
  weights_.isa().floats->update(range, factors);
}

template <class S>
void Training<S>::update_item(int item, const UpdateFactors& factors) {
  const Layout& layout = weights_.layout();
  const auto [index, panel] = update_items_[item];
  if (index < 0) {
    update_range(layout.embedding,
                 int64_t{layout.embedding_blocks} * layout.config.vocabulary_size * layout.lanes,
                 true, factors);
    return;
  }
  const MatrixLayout& linear = layout.matrices[index];
  const int vectors = linear.vectors_of(panel);
  const int64_t block = int64_t{layout.lanes} * vectors * layout.lanes;
  for (int i = 0; i < linear.in_blocks; ++i) {
    update_range(linear.weights + panel * linear.panel_stride() + i * block, block, true, factors);
    weights_.pack(linear, panel, i, i + 1);
  }
  update_range(linear.biases + panel * linear.panel_vectors() * layout.lanes,
               vectors * layout.lanes, false, factors);
}

template class Training<float>;
template class Training<Bf16>;

}  // namespace charrnn::cpu
