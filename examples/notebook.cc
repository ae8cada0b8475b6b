// The notebook "Simple RNN for Character-Level Text Generation" in one file, with nothing but the
// standard library: it prints the notebook's output to the last character, but for the times. Also
// with clang++ in place of g++, or with -march=native added; not with -ffast-math.
//
//   g++ -O3 -std=c++20 examples/notebook.cc -o simple-rnn && ./simple-rnn
//
// Sections and their words are the notebook's, in its order. Equations stand above the code that
// computes them, a matrix's [rows][columns] beside it. docs/notebook.md walks through the file.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

// ## 1. Setup: Imports and Configuration
constexpr int kSeqLength = 40;           // How many steps to unroll the RNN for backpropagation
constexpr int kEmbeddingDim = 64;        // Dimension of character embeddings
constexpr int kHiddenDim = 256;          // Size of the RNN's hidden state 'memory'
constexpr int kNumLayers = 2;            // Number of stacked RNN layers
constexpr int kBatchSize = 64;           // Number of sequences per batch
constexpr double kLearningRate = 0.003;  // Learning rate
constexpr int kEpochs = 15;              // Number of training epochs (keep low for speed)
constexpr int kGenerationLength = 200;   // How many characters to generate
constexpr double kGradClip = 1.0;        // Gradient clipping value to prevent exploding gradients

// For reproducibility: PyTorch's generator on a CPU is the Mersenne twister, which C++ has as well.
// Every draw comes from this one, in a fixed order: first values, orders of the epochs, texts.
std::mt19937 generator(42);
// Uniform in [low, high): 24 random bits are a float in [0, 1), which is stretched and moved.
float draw_uniform(float low, float high) {
  return float(generator() & 0xffffff) / 0x1000000 * (high - low) + low;
}

// What torch.Tensor is here: a matrix [rows][columns], row after row, at first all zeros.
struct Matrix {
  int rows, columns;
  std::vector<float> values;
  Matrix(int r = 0, int c = 0) : rows(r), columns(c), values(r * c) {}
  float* operator[](int row) { return &values[row * columns]; }
  const float* operator[](int row) const { return &values[row * columns]; }
};

// sum [m][n] += A [m][k] B [k][n]. Nearly all of the time is spent here: four rows of B at once, so
// that a number of the sum is read and written once for four products.
void add_product(Matrix& sum, const Matrix& a, const Matrix& b) {
  for (int i = 0; i < a.rows; ++i) {
    const float* w = a[i];
    float* s = sum[i];
    int k = 0;
    for (; k + 4 <= a.columns; k += 4) {
      const float *b0 = b[k], *b1 = b[k + 1], *b2 = b[k + 2], *b3 = b[k + 3];
      for (int j = 0; j < b.columns; ++j)
        s[j] += w[k] * b0[j] + w[k + 1] * b1[j] + w[k + 2] * b2[j] + w[k + 3] * b3[j];
    }
    for (; k < a.columns; ++k)
      for (int j = 0; j < b.columns; ++j) s[j] += w[k] * b[k][j];
  }
}

Matrix transposed(const Matrix& a) {  // [m][n] → [n][m]
  Matrix result(a.columns, a.rows);
  for (int i = 0; i < a.rows; ++i)
    for (int j = 0; j < a.columns; ++j) result[j][i] = a[i][j];
  return result;
}

void add_rows(Matrix& sum, const Matrix& a) {  // sum [1][n] += each row of a [m][n]
  for (int i = 0; i < a.rows; ++i)
    for (int j = 0; j < a.columns; ++j) sum[0][j] += a[i][j];
}

// ## 2. Data Preparation
// We need to convert our text into numbers that the RNN can process.
// 1. Corpus: A small piece of text. (Three of its lines end with a space.)
const std::string kCorpus =
    "\nNatural language processing (NLP) is a subfield of linguistics, computer science, and "
    "artificial intelligence concerned with the interactions between computers and human language, "
    "in particular how to program computers to process and analyze large amounts of natural "
    "language data. \nThe goal is a computer capable of understanding the contents of documents, "
    "including the contextual nuances of the language within them. \nThe technology can then "
    "accurately extract information and insights contained in the documents as well as categorize "
    "and organize the documents themselves. \nChallenges in natural language processing frequently "
    "involve speech recognition, natural language understanding, and natural language "
    "generation.\nRecurrent neural networks (RNNs) were once commonly used for such tasks.\n";

struct Data {
  std::string text = kCorpus;
  std::string chars;  // 2. Vocabulary: the set of unique characters in the text, sorted
  Data() {
    for (char& c : text) c = char(std::tolower(c));  // Use lowercase
    const std::set<char> unique(text.begin(), text.end());
    chars.assign(unique.begin(), unique.end());
  }
  // 3. Mappings: characters to integers here, and back by chars[i].
  int char_to_int(char c) const { return int(chars.find(c)); }
  // 4. Sequences: input i is text[i] … text[i + kSeqLength - 1], its target text[i + kSeqLength].
  int num_sequences() const { return int(text.size()) - kSeqLength; }
  int num_batches() const { return num_sequences() / kBatchSize; }  // drop_last=True
};

// 5. DataLoader, shuffle=True: a new order of the sequences for every epoch; each place is
// exchanged with a random one from it on. PyTorch draws 2 x 64 bits and seeds another generator by
// the last 32.
std::vector<int> shuffled_order(int count) {
  generator.discard(3);
  std::mt19937 shuffler(generator());
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (int i = 0; i + 1 < count; ++i) std::swap(order[i], order[i + shuffler() % (count - i)]);
  return order;
}

// ## 3. Define the Simple RNN Model
// What is learned: values, the loss's gradient for each of them, two running means of the gradient.
struct Parameter {
  Matrix value, gradient, mean, mean_square;
  Parameter(int rows, int columns) : value(rows, columns) { gradient = mean = mean_square = value; }
  void fill_uniform(float low, float high) {
    for (float& x : value.values) x = draw_uniform(low, high);
  }
  // Two uniform numbers, read as a radius and an angle, make two normal ones (Box and Muller).
  // PyTorch takes 16 at a time, the second of a pair 8 places after the first.
  void fill_normal() {
    fill_uniform(0, 1);
    for (size_t i = 0; i < value.values.size(); i += i % 8 == 7 ? 9 : 1) {
      float &first = value.values[i], &second = value.values[i + 8];
      const float radius = std::sqrt(-2 * std::log(1 - first)), angle = 2 * 3.14159265f * second;
      first = radius * std::cos(angle);
      second = radius * std::sin(angle);
    }
  }
};

// One layer of nn.RNN: takes the current input x and the previous hidden state, outputs a new one.
//   h = tanh(W_ih x + b_ih + W_hh h_before + b_hh)
struct RnnLayer {
  Parameter weight_ih, weight_hh;  // [hidden][input], [hidden][hidden]
  Parameter bias_ih, bias_hh;      // [1][hidden]
};

using Characters = std::vector<std::vector<int>>;  // [step][batch]
using HiddenState = std::vector<Matrix>;           // for each layer [batch][hidden]
HiddenState init_hidden(int batch_size) {          // Initial hidden state (usually zeros)
  return HiddenState(kNumLayers, Matrix(batch_size, kHiddenDim));
}

struct CharRnn {
  Parameter embedding;           // nn.Embedding, [vocab][embedding]: a vector for each character
  std::vector<RnnLayer> rnn;     // nn.RNN: the core recurrent layers
  Parameter fc_weight, fc_bias;  // nn.Linear, [vocab][hidden] and [1][vocab]: scores from the state
  // What forward() computed, for backward(). outputs[0][t] are the embeddings of step t = 1, 2,
  // ..., outputs[l + 1][t] is the hidden state of layer l after step t; that of t = 0 is the given
  // one.
  Characters characters;
  std::vector<std::vector<Matrix>> outputs;
  // The first values, in the order in which PyTorch draws them.
  explicit CharRnn(int vocab)
      : embedding(vocab, kEmbeddingDim), fc_weight(vocab, kHiddenDim), fc_bias(1, vocab) {
    for (int dim = kEmbeddingDim; int(rnn.size()) < kNumLayers; dim = kHiddenDim)
      rnn.push_back(
          {{kHiddenDim, dim}, {kHiddenDim, kHiddenDim}, {1, kHiddenDim}, {1, kHiddenDim}});
    const float bound = 1 / std::sqrt(float(kHiddenDim));
    for (Parameter* p : parameters())
      p == &embedding ? p->fill_normal() : p->fill_uniform(-bound, bound);
  }

  std::vector<Parameter*> parameters() {
    std::vector<Parameter*> all = {&embedding, &fc_weight, &fc_bias};
    for (RnnLayer& l : rnn)
      all.insert(all.end() - 2, {&l.weight_ih, &l.weight_hh, &l.bias_ih, &l.bias_hh});
    return all;
  }

  // Scores for *every* character as the next one, [batch][vocab]. h: before and after the steps.
  Matrix forward(const Characters& x, HiddenState& h) {
    const int steps = int(x.size()), batch_size = h[0].rows;
    characters = x;
    outputs.assign(kNumLayers + 1, std::vector<Matrix>(steps + 1));
    for (int t = 1; t <= steps; ++t) {
      outputs[0][t] = Matrix(batch_size, kEmbeddingDim);
      for (int b = 0; b < batch_size; ++b)
        std::copy_n(embedding.value[x[t - 1][b]], kEmbeddingDim, outputs[0][t][b]);
    }
    for (int l = 0; l < kNumLayers; ++l) {
      // A row of a batch times W transposed is W times that row as a column.
      const Matrix w_ih = transposed(rnn[l].weight_ih.value);
      const Matrix w_hh = transposed(rnn[l].weight_hh.value);
      const Matrix &bias_ih = rnn[l].bias_ih.value, &bias_hh = rnn[l].bias_hh.value;
      outputs[l + 1][0] = h[l];
      for (int t = 1; t <= steps; ++t) {
        Matrix a(batch_size, kHiddenDim);
        for (int b = 0; b < batch_size; ++b)
          for (int i = 0; i < kHiddenDim; ++i) a[b][i] = bias_ih[0][i] + bias_hh[0][i];
        add_product(a, outputs[l][t], w_ih);
        add_product(a, outputs[l + 1][t - 1], w_hh);
        for (float& value : a.values) value = std::tanh(value);
        outputs[l + 1][t] = a;
      }
      h[l] = outputs[l + 1][steps];
    }
    // We take the RNN output from the *very last* time step:  scores = W h + b
    Matrix scores(batch_size, fc_bias.value.columns);
    for (int b = 0; b < batch_size; ++b) std::copy_n(fc_bias.value[0], scores.columns, scores[b]);
    add_product(scores, h.back(), transposed(fc_weight.value));
    return scores;
  }

  // loss.backward(): adds up the gradients of the loss by the chain rule, from the scores down to
  // the embedding and from the last step back to the first. dy is the loss's gradient with respect
  // to y.
  //   a = W_ih x + b_ih + W_hh h_before + b_hh,  h = tanh(a)
  //   da = dh (1 - h^2)              dW_ih += da x^T          db_ih += da
  //   dx = W_ih^T da                 dW_hh += da h_before^T   db_hh += da
  //   dh_before = W_hh^T da          which joins what comes to h_before from the layer above
  void backward(const Matrix& d_scores) {
    const int steps = int(characters.size()), batch_size = d_scores.rows;
    add_product(fc_weight.gradient, transposed(d_scores), outputs[kNumLayers][steps]);
    add_rows(fc_bias.gradient, d_scores);
    // Of the top layer, the last step alone leads to the scores.
    std::vector<Matrix> dh(steps + 1, Matrix(batch_size, kHiddenDim));
    add_product(dh[steps], d_scores, fc_weight.value);
    for (int l = kNumLayers - 1; l >= 0; --l) {
      std::vector<Matrix> dx(steps + 1, Matrix(batch_size, rnn[l].weight_ih.value.columns));
      for (int t = steps; t > 0; --t) {
        const Matrix& h = outputs[l + 1][t];
        Matrix da = dh[t];
        for (size_t i = 0; i < da.values.size(); ++i) da.values[i] *= 1 - h.values[i] * h.values[i];
        const Matrix da_columns = transposed(da);  // [hidden][batch]: products sum over the batch
        add_product(rnn[l].weight_ih.gradient, da_columns, outputs[l][t]);
        add_product(rnn[l].weight_hh.gradient, da_columns, outputs[l + 1][t - 1]);
        add_rows(rnn[l].bias_ih.gradient, da);
        add_rows(rnn[l].bias_hh.gradient, da);
        add_product(dx[t], da, rnn[l].weight_ih.value);
        if (t > 1) add_product(dh[t - 1], da, rnn[l].weight_hh.value);  // t = 1: h.detach()
      }
      dh = dx;  // the layer below has put out this one's x
    }
    for (int t = 1; t <= steps; ++t)
      for (int b = 0; b < batch_size; ++b)
        for (int i = 0; i < kEmbeddingDim; ++i)
          embedding.gradient[characters[t - 1][b]][i] += dh[t][b][i];
  }
};

// ## 4. Training the RNN
// The training loop: iterating through the data, feeding sequences to the model, calculating the
// loss (how wrong the predictions are), and updating the model's weights.
// nn.CrossEntropyLoss: the mean over the batch of -ln p[target], p = exp(scores) / sum exp(scores).
// Its gradient with respect to the scores is (p, less 1 at the target) / batch.
double cross_entropy(const Matrix& scores, const std::vector<int>& targets, Matrix& d_scores) {
  double loss = 0;
  d_scores = scores;
  for (int b = 0; b < scores.rows; ++b) {
    float *p = d_scores[b], sum = 0;
    const float largest = *std::max_element(p, p + scores.columns);  // so that exp stays finite
    for (int i = 0; i < scores.columns; ++i) sum += p[i] = std::exp(p[i] - largest);
    loss -= std::log(p[targets[b]] / sum);
    for (int i = 0; i < scores.columns; ++i) p[i] /= sum * float(scores.rows);
    p[targets[b]] -= 1 / float(scores.rows);
  }
  return loss / scores.rows;
}

// Gradient Clipping: `clip_grad_norm_` helps prevent the exploding gradient problem. All gradients
// are one long vector; where it is longer than the limit, it is made as long as the limit.
void clip_grad_norm(const std::vector<Parameter*>& parameters) {
  double squares = 0;
  for (const Parameter* p : parameters)
    for (const double g : p->gradient.values) squares += g * g;
  const double scale = std::min(1.0, kGradClip / (std::sqrt(squares) + 1e-6));
  for (Parameter* p : parameters)
    for (float& g : p->gradient.values) g *= float(scale);
}

// optim.Adam: a step along the running mean of the gradient g, divided by the root of the running
// mean of its square, which makes the steps of all numbers about as long. Both means begin at zero;
// 1 - beta^step makes up for that.
//   m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
//   w -= rate m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + epsilon)
void adam_step(const std::vector<Parameter*>& parameters, int step) {
  constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-8f;
  const float rate = float(kLearningRate / (1 - std::pow(0.9, step)));
  const float root = float(std::sqrt(1 - std::pow(0.999, step)));
  for (Parameter* p : parameters)
    for (size_t i = 0; i < p->value.values.size(); ++i) {
      const float g = p->gradient.values[i];
      float &m = p->mean.values[i], &v = p->mean_square.values[i];
      m = kBeta1 * m + (1 - kBeta1) * g;
      v = kBeta2 * v + (1 - kBeta2) * g * g;
      p->value.values[i] -= rate * m / (std::sqrt(v) / root + kEpsilon);
    }
}

double seconds() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::duration<double>(1);
}

void train(CharRnn& model, const Data& data) {
  const std::vector<Parameter*> parameters = model.parameters();
  const double start = seconds();
  for (int epoch = 0, step = 0; epoch < kEpochs; ++epoch) {
    const double epoch_start = seconds();
    const std::vector<int> order = shuffled_order(data.num_sequences());
    double epoch_loss = 0;
    // Zeros at the start of the epoch, then used for the *next* batch although that is of other
    // windows: the notebook does so, and its losses depend on it.
    HiddenState h = init_hidden(kBatchSize);
    for (int i = 0; i < data.num_batches(); ++i) {
      Characters inputs(kSeqLength, std::vector<int>(kBatchSize));
      std::vector<int> targets(kBatchSize);
      for (int b = 0; b < kBatchSize; ++b) {
        const char* sequence = &data.text[order[i * kBatchSize + b]];
        for (int t = 0; t < kSeqLength; ++t) inputs[t][b] = data.char_to_int(sequence[t]);
        targets[b] = data.char_to_int(sequence[kSeqLength]);
      }
      for (Parameter* p : parameters) std::ranges::fill(p->gradient.values, 0.0f);  // zero_grad()
      Matrix d_scores;
      epoch_loss += cross_entropy(model.forward(inputs, h), targets, d_scores);
      model.backward(d_scores);
      clip_grad_norm(parameters);
      adam_step(parameters, ++step);
    }
    std::printf("Epoch %d/%d | Avg Loss: %.4f | Time: %.2fs\n", epoch + 1, kEpochs,
                epoch_loss / data.num_batches(), seconds() - epoch_start);
  }
  std::printf("--- Training Finished in %.2f seconds ---\n", seconds() - start);
}

// ## 5. Generating Text (Sampling)
// We feed the model a starting sequence and ask it to predict the next character. We then take that
// prediction, feed it back in, and repeat the process.
// torch.multinomial: an index, drawn in proportion to the weights by a race. Runner i takes the
// time -ln(u) / weights[i], u uniform in (0, 1); the first to arrive wins. One draw seeds a
// generator of the u that is a single line: x = 1132489760 x mod 2^31 - 1.
int multinomial(const std::vector<float>& weights) {
  constexpr uint64_t kModulus = 2147483647;
  uint64_t x = std::max<uint64_t>(1, generator() % kModulus);
  int winner = 0;
  float best = -1;
  for (size_t i = 0; i < weights.size(); ++i, x = 1132489760 * x % kModulus) {
    const float speed = weights[i] / (0 - std::log(float(x) / float(kModulus)));
    if (speed > best) best = speed, winner = int(i);
  }
  return winner;
}

// The temperature controls the randomness: lower is more conservative, higher more adventurous.
std::string generate_text(CharRnn& model, const Data& data, std::string text, float temperature) {
  HiddenState h = init_hidden(1);
  std::printf("Priming...\n");  // gets the hidden state into a reasonable context
  int current = data.char_to_int(text[0]);
  for (size_t i = 1; i < text.size(); ++i) {
    model.forward({{current}}, h);
    current = data.char_to_int(text[i]);
  }
  std::printf("Generating...\n");
  for (int n = 0; n < kGenerationLength; ++n) {
    std::vector<float> weights = model.forward({{current}}, h).values;
    for (float& weight : weights) weight = std::exp(weight / temperature);
    current = multinomial(weights);
    text += data.chars[current];
  }
  return text;
}

// What the notebook's cells print, one after the other.
int main() {
  std::printf("Using device: cpu\n");
  std::printf("Using simple RNN with %d layers, HIDDEN_DIM=%d\n", kNumLayers, kHiddenDim);
  const Data data;
  std::printf("Corpus length: %zu characters\n", data.text.size());
  std::printf("Vocabulary size: %zu unique characters\n", data.chars.size());
  std::printf("Vocabulary: %s\n\n", data.chars.c_str());
  std::printf("Number of sequences created: %d\n", data.num_sequences());
  std::printf("Sample Input : '%s'\n", data.text.substr(50, kSeqLength).c_str());
  std::printf("Sample Target: '%c'\n\n", data.text[50 + kSeqLength]);
  std::printf("Created DataLoader with %d batches.\n", data.num_batches());
  CharRnn model(int(data.chars.size()));
  size_t total = 0;
  for (const Parameter* p : model.parameters()) total += p->value.values.size();
  std::printf("Model Definition (Simple RNN):\nCharRNN(\n");
  std::printf("  (embedding): Embedding(%zu, %d)\n", data.chars.size(), kEmbeddingDim);
  std::printf("  (rnn): RNN(%d, %d, num_layers=%d, ", kEmbeddingDim, kHiddenDim, kNumLayers);
  std::printf("batch_first=True)\n  (fc): Linear(in_features=%d, ", kHiddenDim);
  std::printf("out_features=%zu, bias=True)\n)\n\n", data.chars.size());
  std::printf("Total trainable parameters: %zu,%03zu\n", total / 1000, total % 1000);
  std::printf("--- Starting Training (Simple RNN) ---\n");
  train(model, data);
  for (const auto& [start, temp] : {std::pair("natural language", 0.8f), {"the computer", 0.6f}}) {
    std::printf("\n--- Generating text starting with: '%s' --- (Temp=%.1f)\n", start, temp);
    std::printf("\nGenerated Text:\n%s\n", generate_text(model, data, start, temp).c_str());
  }
}
// ## 6. Conclusion: even this simple model *learns something* about language from raw text.
