"""Run the image of a model as it will be run, and ask it: ready, the right model, an answer, and a clean end."""

from tooling.image_trial import LOCKED_UP
from tooling.running import Command

# Run inside; the words are NAME@VERSION, and by when it must be ready. On loopback, at any free port.
ASK = """
import io, json, os, signal, socket, subprocess, sys, time, urllib.request
from PIL import Image

def ask(path, content=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", content, {"Content-Type": "image/png"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)

expected, limit_s = sys.argv[1], float(sys.argv[2])
with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    port = found.getsockname()[1]
started = time.monotonic()
command = ["winnow", "serve", "/models", "--host", "127.0.0.1", "--port", str(port)]
process = subprocess.Popen(command, env={**os.environ, "WINNOW_MODEL": expected})
try:
    while True:
        try:
            ask("/readyz")
            break
        except OSError as error:
            if process.poll() is not None or time.monotonic() - started > limit_s:
                sys.exit(f"not ready within {limit_s:g} s: {error}")
            time.sleep(0.02)
    ready_s = time.monotonic() - started
    model = ask("/v1/model")
    if f"{model['name']}@{model['version']}" != expected:
        sys.exit(f"expected {expected}, it has {model['name']}@{model['version']}")
    file = io.BytesIO()
    Image.new("RGB", (32, 32), (200, 30, 30)).save(file, "PNG")
    (prediction,) = ask("/v1/predict", file.getvalue())["predictions"]
    with open(f"/proc/{process.pid}/status") as status:
        (peak,) = [line.split()[1] for line in status if line.startswith("VmHWM")]
finally:
    process.send_signal(signal.SIGTERM)
    code = process.wait(60)
if code:
    sys.exit(f"ended with {code} when it was asked to end")
best = prediction["top"][0]["label"]
print(f"{expected}: ready in {ready_s:.2f} s, {int(peak) // 1000} MB at most, answered {best!r} as user {os.getuid()}")
"""
READY_WITHIN_S = 60


def ask_service(engine: str, name: str, model: str) -> Command:
    """Return the command that runs the image `name` (for buildah: a container of it), and asks its service."""
    words = ("python", "-c", ASK, model, str(READY_WITHIN_S))
    if engine == "buildah":
        return ("buildah", "run", "--isolation", "chroot", name, "--", *words)
    # Its own loopback is all the network that it gets; /tmp is the only place that it may write to.
    return (engine, "run", "--rm", *LOCKED_UP, "--tmpfs", "/tmp", "--entrypoint", words[0], name, *words[1:])  # noqa: S108
