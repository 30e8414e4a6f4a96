"""Trains on the pictures of render_stills and keeps a usable checkpoint at all times.

python -m training.train --stills /tmp/stills.npz --checkpoint /tmp/net.pt --minutes 35
"""

import argparse
import copy
import math
import time

import numpy as np
import torch

from training.net import Net, count_weights
from training.targets import loss_of, targets_of

BATCH = 16
PEAK_RATE = 3e-3
WARM_UP_STEPS = 300


def load(path: str):
    stills = np.load(path)
    ends = np.cumsum(stills["counts"])
    boxes = np.split(stills["boxes"], ends[:-1])
    return torch.from_numpy(stills["pictures"]), boxes


def batch_of(pictures, boxes, chosen, rng):
    """Mirrored half of the time, with a little change of light."""
    image = pictures[torch.from_numpy(chosen)].permute(0, 3, 1, 2).float()
    mirrored = rng.random(len(chosen)) < 0.5
    image[torch.from_numpy(mirrored)] = image[torch.from_numpy(mirrored)].flip(3)
    light = torch.from_numpy(
        rng.uniform(0.8, 1.2, (len(chosen), 3 if rng.random() < 0.3 else 1, 1, 1)).astype(np.float32)
    )
    image = (image * light + float(rng.uniform(-12, 12))).clamp(0, 255)
    truth = []
    for index, mirror in zip(chosen, mirrored):
        rows = boxes[index]
        if mirror:
            rows = np.stack([rows[:, 0], 1 - rows[:, 3], rows[:, 2], 1 - rows[:, 1], rows[:, 4]], 1)
        truth.append(targets_of(rows))
    return image, *(torch.from_numpy(np.stack(part)) for part in zip(*truth))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stills", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--minutes", type=float, default=35, help="the learning rate falls to zero by then")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(options.seed)
    pictures, boxes = load(options.stills)
    net = Net().to(memory_format=torch.channels_last)
    # The average of the weights' recent past is steadier than their latest values.
    steady = copy.deepcopy(net).eval()
    optimiser = torch.optim.AdamW(net.parameters(), lr=PEAK_RATE, weight_decay=1e-4)
    print(f"{len(pictures)} pictures, {count_weights(net)} weights", flush=True)

    start, step, order, sums = time.monotonic(), 0, np.empty(0, np.int64), np.zeros(2)
    while (spent := (time.monotonic() - start) / 60 / options.minutes) < 1:
        if len(order) < BATCH:
            order = rng.permutation(len(pictures))
        chosen, order = order[:BATCH], order[BATCH:]
        rate = PEAK_RATE * min(1, (step + 1) / WARM_UP_STEPS) * (0.01 + 0.99 * (1 + math.cos(math.pi * spent)) / 2)
        optimiser.param_groups[0]["lr"] = rate
        image, heat, sides, weight = batch_of(pictures, boxes, chosen, rng)
        found, placed = loss_of(net(image.to(memory_format=torch.channels_last)), heat, sides, weight)
        optimiser.zero_grad()
        (found + 2 * placed).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        _follow(steady, net, min(0.998, step / (step + 20)))
        sums += [found.item(), placed.item()]
        step += 1
        if step % 50 == 0:
            minutes, rounds = (time.monotonic() - start) / 60, step * BATCH / len(pictures)
            heat_loss, box_loss = sums / 50
            print(
                f"{minutes:.1f} min, step {step}, round {rounds:.2f}: heat {heat_loss:.3f}, boxes {box_loss:.3f}",
                flush=True,
            )
            sums[:] = 0
            torch.save(steady.state_dict(), options.checkpoint)
    torch.save(steady.state_dict(), options.checkpoint)


@torch.no_grad()
def _follow(steady, net, inertia: float) -> None:
    for kept, new in zip(steady.state_dict().values(), net.state_dict().values()):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - inertia)
        else:
            kept.copy_(new)


if __name__ == "__main__":
    main()
