"""How much of this machine the networks use, and what bfloat16 and ONNX Runtime would gain.

For VDSR and EDSR ×2: what share of the speed of the machine's own matrix product, in the same
precision, a training step and the inference of one image reach; how much faster bfloat16 is than
float32 at inference, and what it costs; how our inference compares with ONNX Runtime's of the same
network; and the peak memory of each. Everything compared is run in turn in one process, so that all
of it meets the same disturbances; each peak is that of a process of its own, libraries included.
Run it when the machine has nothing else to do: it takes four minutes on two CPU cores.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import srlib

# Keras is imported where it is used, to leave it out of the process that measures ONNX Runtime.

NETWORKS = ("vdsr", "edsr")
PRECISIONS = ("float32", "bfloat16")
LR_SIZE = (120, 160)  # of the image at inference
MATRIX = 2048  # side of the matrices
ROUNDS = 6


def seconds_in_turn(actions: dict) -> pd.DataFrame:
    """Seconds that each action takes: a row a round, after one round that warms up."""
    rows = []
    for _ in range(1 + ROUNDS):
        row = {}
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            row[name] = time.perf_counter() - start
        rows.append(row)
    return pd.DataFrame(rows[1:])


def matrix_product(precision):
    """An action that multiplies two matrices."""
    from keras import ops, random

    a = random.normal((MATRIX, MATRIX), dtype=precision)
    return lambda: float(ops.cast(ops.matmul(a, a)[0, 0], "float32"))


def share(seconds, flops, product_seconds):
    """What share of the matrix product's operations a second some other work reaches."""
    return float(((flops / seconds) / (2 * MATRIX**3 / product_seconds)).median())


def flops(model, sr_pixels):
    """Operations of the convolutions: two, a product and a sum, for each multiply–accumulate."""
    from srlib.networks import costs

    return 2 * costs(model).macs * sr_pixels / 1e6


def network(name):
    """The shipped network, or an untrained one of the same speed."""
    return srlib.load(name, 2) if (name, 2) in srlib.available() else srlib.build(name, 2)


def training(name, precision):
    """The share that a step of the full recipe's last stage reaches."""
    from srlib.networks import computing_in, gains_by_xla

    full = srlib.recipe_for(name, 2)
    recipe = (full.recipe, *full.finish)[-1]
    model = srlib.build(name, 2)
    model.compile(recipe.build_optimizer(), recipe.build_loss(), jit_compile=gains_by_xla())
    shape = (recipe.batch_size, recipe.patch_size, recipe.patch_size, 3)
    lr = np.random.default_rng(0).random(shape, np.float32)
    hr = lr.repeat(2, 1).repeat(2, 2)
    with computing_in(precision, model):
        seconds = seconds_in_turn(
            {"step": lambda: model.train_on_batch(lr, hr), "product": matrix_product(precision)}
        )
    # Going back takes two convolutions for each: for the gradient of its input and of its kernel.
    work = 3 * flops(model, hr[..., 0].size)
    return {"share": share(seconds["step"], work, seconds["product"])}


def inference(name, onnx_file):
    """Both precisions and ONNX Runtime, in turn."""
    import keras

    from srlib.networks import computing_in
    from srlib.upscaling import predict

    image = photograph()
    model, half = network(name), network(name)
    predict(model, image)  # Keras exports only what was called
    shape = keras.InputSpec(shape=(1, *image.shape), dtype="float32")
    model.export(onnx_file, format="onnx", input_signature=[shape], verbose=False)
    run_onnx = onnx_session(onnx_file, image)
    np.testing.assert_allclose(run_onnx(), predict(model, image), atol=1e-4)
    with computing_in("bfloat16", half):
        seconds = seconds_in_turn(
            {
                "float32": lambda: predict(model, image),
                "bfloat16": lambda: predict(half, image),
                "onnx": run_onnx,
                "product float32": matrix_product("float32"),
                "product bfloat16": matrix_product("bfloat16"),
            }
        )
        cost = course_psnr(model) - course_psnr(half) if (name, 2) in srlib.available() else None
    work = flops(model, 4 * image[..., 0].size)
    return {
        **{p: share(seconds[p], work, seconds[f"product {p}"]) for p in PRECISIONS},
        "bfloat16 speed": float((seconds["float32"] / seconds["bfloat16"]).median()),
        "bfloat16 cost": cost,
        "onnx speed": float((seconds["onnx"] / seconds["float32"]).median()),
    }


def photograph():
    """An LR image of `LR_SIZE`."""
    height, width = LR_SIZE
    return srlib.photos("course-test")[0].image[:height, :width]


def course_psnr(model):
    """The mean over ``course-test``."""
    return srlib.evaluate(model, "course-test", 2).psnr.mean()


def onnx_session(onnx_file, image):
    """An action that lets ONNX Runtime, on as many threads as there are cores, enlarge an image."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    session = onnxruntime.InferenceSession(onnx_file, options, providers=["CPUExecutionProvider"])
    batch = {session.get_inputs()[0].name: srlib.to_batch(image)}
    return lambda: session.run(None, batch)[0][0]


def only_inference(name):
    """Inference and nothing else, for its peak memory."""
    from srlib.upscaling import predict

    predict(network(name), photograph())


def only_onnx(onnx_file):
    """ONNX Runtime and nothing else, for its peak memory."""
    onnx_session(onnx_file, photograph())()


JOBS = {job.__name__: job for job in (training, inference, only_inference, only_onnx)}


def in_own_process(*job):
    """What a job returns, with the peak memory of the process that did nothing else."""
    # Keras, where it mends tf2onnx, asks for a name that NumPy warns of.
    command = [sys.executable, "-W", "ignore::FutureWarning", __file__, *job]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and judge."""
    for name in NETWORKS:
        for precision in PRECISIONS:
            result = in_own_process("training", name, precision)
            report_share(f"{name}: a training step in {precision}", result["share"])
            print(f"{name}: its peak memory is {result['megabytes']:.0f} MB")
        with tempfile.TemporaryDirectory() as folder:
            onnx_file = str(Path(folder) / f"{name}.onnx")
            result = in_own_process("inference", name, onnx_file)
            ours = in_own_process("only_inference", name)["megabytes"]
            theirs = in_own_process("only_onnx", onnx_file)["megabytes"]
        for precision in PRECISIONS:
            report_share(f"{name}: inference in {precision}", result[precision])
        cost = result["bfloat16 cost"]
        dear = "an unknown PSNR, being untrained" if cost is None else f"{cost:.4f} dB"
        print(
            f"{name}: inference in bfloat16 is {result['bfloat16 speed']:.2f} × as fast as in "
            f"float32 and costs {dear} (must be under 0.01 dB, or float32 stays the default)"
        )
        print(
            f"{name}: inference in float32 is {result['onnx speed']:.2f} × as fast as ONNX "
            f"Runtime's (must be 1); peak memory {ours:.0f} MB, ONNX Runtime's {theirs:.0f} MB"
        )


def report_share(what, value, must=70, aim=90):
    """Print one line; what must be and what is aimed at are percentages."""
    goal = f"(must be {must} %, aim {aim} %)"
    print(f"{what} reaches {value:.0%} of the matrix product {goal}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        answer = JOBS[sys.argv[1]](*sys.argv[2:]) or {}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
        print(json.dumps(answer | {"megabytes": peak}))
