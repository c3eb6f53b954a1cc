# A worker: renders what the service leaves to it, on the CPU and on the card that the container is given.
FROM python:3.11-slim

WORKDIR /app
COPY pyproject.toml constraints.txt README.md ./
# torch goes first and pinned: on Linux this is the build with CUDA, and its layer outlives changes of our code.
RUN pip install --no-cache-dir torch==2.13.0 --constraint constraints.txt
COPY vibeboard vibeboard
COPY tools tools
COPY gpu_runtime gpu_runtime
COPY agents agents
COPY graphs graphs
COPY storage storage
COPY api api
RUN pip install --no-cache-dir setuptools --constraint constraints.txt \
 && pip install --no-cache-dir --no-build-isolation --editable '.[render,gpu,traces]' --constraint constraints.txt

RUN useradd --create-home --uid 1000 vibeboard && install -d -o vibeboard /render /models
USER vibeboard
ENV VIBEBOARD_MODELS=/models \
    VIBEBOARD_BLOB_CACHE=/render/cache \
    VIBEBOARD_LOG_FORMAT=json \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME ["/render", "/models"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8188/healthz', timeout=4)"]
CMD ["vibeboard", "worker", "/render", "--listen", "127.0.0.1:8188"]
