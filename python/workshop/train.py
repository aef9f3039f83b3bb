#!/usr/bin/env python3
"""Train the default model: from a folder of photos to a checkpoint.

    python -m workshop.train PHOTOS… --out runs/first [--minutes 60] [--start CHECKPOINT]

PHOTOS are library folders: `images/`, and `polygons/` with outlines (see `workshop.training.photos`).
A tenth of the photos is kept for validation. Manipulations are made ahead into `OUT/pool`; a run that was stopped goes
on when the command is given again. The result is `OUT/model.pth`, with `log.jsonl` beside it (`plot_training.py`).

    python -m workshop.train PHOTOS… --out runs/second --start STAGE --distil STAGE --more documents --squares

learns something new without forgetting: what STAGE says of the pool is kept (`losses.distance`), with the statistics of
its batch normalisations, and only the samples of `--more` teach their truth.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import cv2
import torch

from ofx.networks.objectformer_lite import DEFAULT_CONFIG, ObjectFormerLite
from workshop.training.backbone import load_lite0
from workshop.training.dataset import read_list
from workshop.training.histories import read_savers
from workshop.training.loop import SHAPES, SQUARES, Recipe, Stage
from workshop.training.parallel import Team, run_team
from workshop.training.pool import fill_pool, pool_samples


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+", help="library folders")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pool", type=Path, help="keep the manipulations here, to share them between runs [OUT/pool]")
    parser.add_argument("--more", type=Path, action="append", default=[], help="a further folder of made samples")
    parser.add_argument("--distil", type=Path, help="checkpoint whose answers to the pool are kept, see above")
    parser.add_argument("--held-share", type=float, default=Recipe.held, help="with --distil: share of the pool")
    parser.add_argument("--squares", action="store_true", help="stretch all photos to the shipped model's two sizes")
    parser.add_argument("--also", type=Path, action="append", default=[], help="a further folder to validate on")
    parser.add_argument("--real", type=Path, help="list of real photos to learn from: image, mask or -, label")
    parser.add_argument("--select", type=Path, help="list of real photos to validate on")
    parser.add_argument("--real-share", type=float, default=Recipe.real, help="share of real photos in a batch")
    parser.add_argument("--tables", type=Path, help="JSON file of the quantisation tables of real photos")
    parser.add_argument("--pool-size", type=int, default=20000)
    parser.add_argument("--validation-size", type=int, default=600)
    parser.add_argument("--validate-on", type=int, default=200, help="samples of it to validate on during training")
    parser.add_argument("--start", type=Path, help="checkpoint to start the stage from [ImageNet weights]")
    parser.add_argument("--backbone", type=Path, help="EfficientNet-lite0's weights [the installed package's]")
    parser.add_argument("--minutes", type=float, default=Recipe.minutes)
    parser.add_argument("--rate", type=float, default=Recipe.rate)
    parser.add_argument("--frozen-stages", type=int, default=Recipe.frozen_stages)
    parser.add_argument("--frozen-noise", action="store_true", help="the high-pass stream learns from 1/8 on only")
    parser.add_argument("--average", type=float, default=Recipe.average, help="decay of the averaged weights")
    parser.add_argument("--warm-up", type=int, default=Recipe.warm_up, help="steps")
    parser.add_argument("--processes", type=int, default=2, help="as many as there are cores to spare")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.distil and not options.more:
        parser.error("--distil keeps what the pool teaches: name what is to be learned with --more FOLDER")
    if not 0 <= options.held_share < 1:
        parser.error("--held-share is a share of the pool, from 0 up to less than 1")
    return options


def read_network(path: Path) -> ObjectFormerLite:
    """Build the default network with a checkpoint's weights, in float32 whatever they are kept in."""
    network = ObjectFormerLite(**DEFAULT_CONFIG)
    network.load_state_dict(torch.load(path, weights_only=True)["model_state"])
    return network


def work(team: Team, options: argparse.Namespace, pool: Path) -> None:
    """What each process does: build the network, and train it as one of the team."""
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    if options.start:
        network = read_network(options.start)
    else:
        network = ObjectFormerLite(**DEFAULT_CONFIG)
        load_lite0(network.rgb, options.backbone)
    recipe = Recipe(
        minutes=options.minutes,
        rate=options.rate,
        frozen_stages=options.frozen_stages,
        frozen_noise=options.frozen_noise,
        average=options.average,
        warm_up=options.warm_up,
        seed=options.seed,
        real=options.real_share if options.real else 0.0,
        held=options.held_share if options.distil else 0.0,
        frozen_norms=options.distil is not None,
        shapes=SQUARES if options.squares else SHAPES,
    )
    held = options.distil is not None
    samples = [sample._replace(held=held) for sample in pool_samples(pool / "train")]
    samples += [sample for folder in options.more for sample in pool_samples(folder)]
    validation = {"made": pool_samples(pool / "validation")[: options.validate_on]}
    validation |= {folder.name: pool_samples(folder) for folder in options.also}
    if options.real:
        samples += read_list(options.real)
    if options.select:
        validation["real"] = read_list(options.select)
    savers = read_savers(options.tables) if options.tables else None
    teacher = read_network(options.distil) if options.distil else None
    Stage(network, DEFAULT_CONFIG, options.out, recipe, team=team, teacher=teacher).run(samples, validation, savers)


def main() -> None:
    options = parse()
    cv2.setNumThreads(1)
    pool = options.pool or options.out / "pool"
    for name, held_out, size in (("train", False, options.pool_size), ("validation", True, options.validation_size)):
        for done in fill_pool(
            options.photos,
            held_out,
            pool / name,
            size,
            seed=options.seed,
            workers=options.processes,
            tables=options.tables,
        ):
            print(f"{name}: {done} of {size} samples", end="\r", flush=True)
        print()

    run_team(options.processes, partial(work, options=options, pool=pool))


if __name__ == "__main__":
    main()
