# The image for the steps on data: add, check, prepare, report, register. No torch. docs/images.md tells how it is run.

# Pinned by what it holds: a digest cannot come to mean another image. Dependabot proposes the next one.
FROM docker.io/library/python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb AS base

FROM base AS build
WORKDIR /build
# Some of DVC's packages are published as source alone, all of them plain Python: hashes hold for those, too.
COPY requirements/build.txt requirements/prepare.txt requirements/
RUN python -m venv --without-pip /opt/winnow
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/build.txt \
    && python -m pip --python /opt/winnow install --no-cache-dir --require-hashes --requirement requirements/prepare.txt
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
    PYTHONUNBUFFERED=1
# The checkout is mounted here: data and parameters are no part of an image.
WORKDIR /project
USER 10001:10001
ENTRYPOINT ["winnow"]
CMD ["prepare"]
