# The service: answers HTTP and WebSockets, plans, keeps films. It has no torch; workers render.
FROM python:3.11-slim

WORKDIR /app
COPY pyproject.toml constraints.txt README.md ./
COPY vibeboard vibeboard
COPY tools tools
COPY gpu_runtime gpu_runtime
COPY agents agents
COPY graphs graphs
COPY storage storage
COPY api api
RUN pip install --no-cache-dir setuptools --constraint constraints.txt \
 && pip install --no-cache-dir --no-build-isolation --editable '.[traces]' --constraint constraints.txt

RUN useradd --create-home --uid 1000 vibeboard && install -d -o vibeboard /data
USER vibeboard
ENV VIBEBOARD_HOME=/data \
    VIBEBOARD_BLOB_CACHE=/data/cache \
    VIBEBOARD_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["vibeboard", "serve", "--host", "0.0.0.0", "--port", "8080", "--tokens", "--no-workers"]
