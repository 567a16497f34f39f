# The image that trains: everything of the pipeline, and torch for CUDA or, with `--build-arg TORCH=cpu`, for the CPU.
# docs/images.md tells how it is run.

# Pinned by what it holds: a digest cannot come to mean another image. Dependabot proposes the next one. CUDA's libraries
# come with torch's packages, and the driver from the machine, so that one base does for both.
FROM docker.io/library/python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb AS base

FROM base AS build
WORKDIR /build
COPY requirements/build.txt requirements/train.txt requirements/
RUN python -m venv --without-pip /opt/winnow
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/build.txt
# `locked` is the CUDA build of the lock, by hash; `cpu`, `cu128`, … are other builds of the same version, as uv names them.
ARG TORCH=locked
COPY bootstrap.py dockerfiles/install_train.py ./
RUN --mount=type=secret,id=uv,target=/etc/uv/uv.toml \
    python install_train.py --require-hashes --requirement requirements/train.txt --into /opt/winnow --torch "$TORCH"
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m hatchling build --target wheel --directory dist \
    && python -m pip --python /opt/winnow install --no-cache-dir --no-deps --no-index dist/*.whl

FROM base
# The base is pinned, and with it the release of Debian: what it calls git today has its security fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /project
COPY --from=build /opt/winnow /opt/winnow
ENV PATH=/opt/winnow/bin:$PATH \
    HOME=/tmp \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
# The checkout is mounted here: data and parameters are no part of an image.
WORKDIR /project
USER 10001:10001
ENTRYPOINT ["dvc"]
CMD ["repro", "--pull"]
