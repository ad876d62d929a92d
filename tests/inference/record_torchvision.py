"""Record what torchvision makes of the reference pictures: python record_torchvision.py > torchvision.json.

Run by hand, in an environment of its own with torchvision (0.29 was used) and Pillow of the locked version; the file
lies beside this one.
"""

import json
import sys

from reference_pictures import INTERPOLATIONS, SIZES, make_picture, places
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Normalize, Resize, ToTensor


def main() -> None:
    recorded = {}
    for interpolation in INTERPOLATIONS:
        transform = Compose(
            [
                Resize(256, InterpolationMode[interpolation]),
                CenterCrop(224),
                ToTensor(),
                Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )
        for width, height in SIZES:
            values = transform(make_picture(width, height))
            recorded[f"{interpolation} {width} {height}"] = [round(float(values[place]), 6) for place in places()]
    json.dump(recorded, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
