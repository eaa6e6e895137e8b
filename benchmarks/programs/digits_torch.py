"""Digits with PyTorch."""

import torch

from benchmarks.programs.digits import GOAL, MOST_EPOCHS, report, samples

X, y, X_held_out, y_held_out = map(torch.from_numpy, samples())
torch.manual_seed(1)
net = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, foreach=True)
epochs, accuracy = 0, 0.0
while accuracy < GOAL and epochs < MOST_EPOCHS:
    order = torch.randperm(len(X))
    for x_B, y_B in zip(X[order].split(32), y[order].split(32), strict=True):
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(net(x_B), y_B).backward()
        optimizer.step()
    with torch.inference_mode():
        epochs, accuracy = epochs + 1, float((net(X_held_out).argmax(1) == y_held_out).float().mean())
report(epochs, accuracy)
