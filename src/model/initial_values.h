// Initial values of a model's parameters.
#pragma once

#include "base/random.h"
#include "model/parameters.h"

namespace charrnn {

// PyTorch's initialisation of nn.Embedding, nn.RNN / nn.LSTM / nn.GRU, nn.Linear, in this order:
// the same seed gives the same values in PyTorch. embedding: normal(0, 1); recurrent:
// uniform(±1/sqrt(H)); fc: the bounds of nn.Linear, computed in double and rounded to float32. A
// one-hot embedding becomes the identity and draws nothing.
void fill_like_pytorch(Parameters& parameters, MersenneTwister& generator);

// char-rnn's: every value uniform(-0.08, 0.08), biases of an LSTM's forget gate 1 (in bias_ih;
// bias_hh is 0 there).
void fill_like_char_rnn(Parameters& parameters, MersenneTwister& generator);

// PyTorch's, but each gate's part of W_hh is a random orthogonal matrix (the Q of a normal one:
// Saxe, McClelland and Ganguli 2014), which preserves the norm of the state.
void fill_orthogonal(Parameters& parameters, MersenneTwister& generator);

// Adds `bias` to b_ih of the gate that keeps the state: an LSTM's forget gate (Gers, Schmidhuber
// and Cummins 2000), a GRU's update gate; a plain RNN has none.
void add_forget_bias(Parameters& parameters, float bias);

}  // namespace charrnn
