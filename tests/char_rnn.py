"""The notebook's network in PyTorch, with the recurrent class left open."""

import torch
from torch import nn

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class CharRNN(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_dim, num_layers, cell="rnn"):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = CELLS[cell](embedding_dim, hidden_dim, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, x, h=None):
        """Scores after each character of x [streams, steps], and the state."""
        out, h = self.rnn(self.embedding(x), h)
        return self.fc(out), h


def randomize(module, seed):
    """Every parameter random: fresh ones hide mistakes (small biases, a symmetric range). Recurrent matrices stay small
    enough that rounding does not grow from step to step."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            size = 0.8 * parameter.shape[-1] ** -0.5 if ".weight_" in name else 0.6
            parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
    return module
