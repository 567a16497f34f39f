# The image that answers: the core, onnxruntime, and nothing that trains. docs/images.md tells how it is run.
#
# Built by `inv image --role serve`, looked over before that by `inv image --check`. Plain instructions only: buildah 1.28
# knows neither heredocs nor `COPY --link`.

# Pinned by what it holds: a digest cannot come to mean another image. Dependabot proposes the next one.
FROM docker.io/library/python:3.13-slim-bookworm@sha256:01f42367a0a94ad4bc17111776fd66e3500c1d87c15bbd6055b7371d39c124fb AS base

FROM base AS build
WORKDIR /build
# Every package by its hash, and none from source: no compiler is needed here, so there is none to leave out later.
COPY requirements/build.txt requirements/serve.txt requirements/
RUN python -m venv --without-pip /opt/winnow
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/build.txt \
    && python -m pip --python /opt/winnow install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/serve.txt
# The code last: an edit costs seconds, the layers above stay.
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m hatchling build --target wheel --directory dist \
    && python -m pip --python /opt/winnow install --no-cache-dir --no-deps --no-index dist/*.whl

FROM base
COPY --from=build /opt/winnow /opt/winnow
# Nothing is written: the root may be read-only, and no home is needed. And nothing is reported: see winnow/__init__.py.
ENV PATH=/opt/winnow/bin:$PATH \
    HOME=/tmp \
    ORT_DISABLE_TELEMETRY=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /project
# Limits on pictures and the size of batches; mount another one over it, it is no reason for another image.
COPY params.yaml ./
# A number: Kubernetes' `runAsNonRoot` cannot tell what a name is.
USER 10001:10001
EXPOSE 8000
# Within a container every address is its own; who reaches the port is decided outside.
ENV WINNOW_HOST=0.0.0.0 \
    WINNOW_HTTP_PORT=8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('WINNOW_HTTP_PORT', '8000')}/readyz\", timeout=4)"]
# The model is a layer on top of this, or a volume: what `winnow pull-model` writes, at /models.
ENTRYPOINT ["winnow"]
CMD ["serve", "/models"]
