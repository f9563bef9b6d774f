#!/usr/bin/env python3
"""examples/17_text.c in PyTorch: the same network, chunks, optimizer and measure.

text.py EPOCHS [FILE [SEED]]
"""
import math
import sys
import torch
from torch import nn

BYTES, UNITS, STREAMS, CHUNK = 256, 128, 16, 64


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(BYTES, 32)
        self.lstm = nn.LSTM(32, UNITS, batch_first=True)
        self.logits = nn.Linear(UNITS, BYTES)

    def forward(self, now, state):
        y, state = self.lstm(self.embed(now), state)
        return self.logits(y), state


def once(net, text, streams, optimizer=None):
    """Through a text in chunks; the state goes on, its gradient does not."""
    length = len(text) // streams
    rows = text[: streams * length].view(streams, length)
    state = (torch.zeros(1, streams, UNITS), torch.zeros(1, streams, UNITS))
    total, chunks = 0.0, (length - 1) // CHUNK
    for k in range(chunks):
        now = rows[:, k * CHUNK : (k + 1) * CHUNK]
        after = rows[:, k * CHUNK + 1 : (k + 1) * CHUNK + 1]
        with torch.set_grad_enabled(optimizer is not None):
            logits, state = net(now, tuple(s.detach() for s in state))
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), after.flatten())
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() / math.log(2)
    return total / chunks


def main():
    epochs = int(sys.argv[1])
    path = sys.argv[2] if len(sys.argv) > 2 else "/usr/share/common-licenses/GPL-3"
    torch.manual_seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    text = torch.tensor(list(open(path, "rb").read()))
    first = len(text) // 10 * 9
    net = Net()
    adam = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(1, epochs + 1):
        seen = once(net, text[:first], STREAMS, adam)
        unseen = once(net, text[first:], 1)
        print(f"epoch {epoch:3}: training {seen:.3f} bits a byte, validation {unseen:.3f}")


main()
