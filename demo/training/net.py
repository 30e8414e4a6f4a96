"""The detector: a small convolutional pyramid that looks at every fourth pixel.

For each cell of the finest map it says how much the cell is the middle of a vehicle, a person or a bike, and how far
the thing's box reaches to the left, top, right and bottom (CenterNet's heat map, FCOS's distances).
"""

from torch import nn

from stills import CLASSES

STRIDE = 4
OUTPUTS = len(CLASSES) + 4
REACH = 8.0  # pixels between a cell and a side of its box when the answer is 0


def conv(into: int, out: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first = conv(width, width)
        self.second = conv(width, width)

    def forward(self, x):
        return x + self.second(self.first(x))


class Net(nn.Module):
    def __init__(self, widths=(16, 24, 48, 72, 96), pyramid=48, head=40):
        super().__init__()
        stem, w4, w8, w16, w32 = widths
        self.stem = conv(3, stem, stride=2)
        self.stage4 = nn.Sequential(conv(stem, w4, stride=2), conv(w4, w4))
        self.stage8 = nn.Sequential(conv(w4, w8, stride=2), Residual(w8))
        self.stage16 = nn.Sequential(conv(w8, w16, stride=2), Residual(w16))
        self.stage32 = nn.Sequential(conv(w16, w32, stride=2), conv(w32, w32))
        self.side32, self.side16, self.side8 = (conv(w, pyramid, 1) for w in (w32, w16, w8))
        self.smooth16, self.smooth8 = conv(pyramid, pyramid), conv(pyramid, pyramid)
        self.down8 = conv(pyramid, w4, 1)
        self.head = conv(w4, head)
        self.out = nn.Conv2d(head, OUTPUTS, 1)
        nn.init.constant_(self.out.bias[: len(CLASSES)], -4.0)
        nn.init.constant_(self.out.bias[len(CLASSES) :], 0.5)

    def forward(self, image):
        """image: B,3,H,W, BGR 0..255. Out: B,7,H/4,W/4: three class logits, four box exponents."""
        x = (image - 127.5) * (1 / 64)
        at4 = self.stage4(self.stem(x))
        at8 = self.stage8(at4)
        at16 = self.stage16(at8)
        at32 = self.stage32(at16)
        top = self.smooth16(self.side16(at16) + double(self.side32(at32)))
        middle = self.smooth8(self.side8(at8) + double(top))
        return self.out(self.head(at4 + double(self.down8(middle))))


def double(x):
    return nn.functional.interpolate(x, scale_factor=2, mode="nearest")


def count_weights(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())
