# Two stages: the first puts together Python, the program and the libraries that they load; the second holds nothing else, and
# not even a shell. A release names the base by its digest: --build-arg BASE=python:3.11.14-slim-bookworm@sha256:...
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN apt-get update && apt-get install --yes --no-install-recommends binutils \
 && python -m venv /opt/sora_exporter
WORKDIR /source
COPY constraints.hashes.txt pyproject.toml README.md LICENSE ./
COPY sora_exporter sora_exporter
RUN /opt/sora_exporter/bin/pip install --require-hashes --requirement constraints.hashes.txt \
 && /opt/sora_exporter/bin/pip install --no-deps --no-build-isolation . \
 && /opt/sora_exporter/bin/pip uninstall --yes pip setuptools
COPY scripts/assemble-image scripts/
RUN scripts/assemble-image /image

FROM scratch
LABEL org.opencontainers.image.title="sora_exporter" \
      org.opencontainers.image.description="Prometheus exporter for AI-video services" \
      org.opencontainers.image.licenses="Apache-2.0"
# XDG_STATE_HOME makes the volume below the default of --storage.path for every command.
ENV PATH=/opt/sora_exporter/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 XDG_STATE_HOME=/var/lib
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /image/var/lib/sora_exporter /var/lib/sora_exporter
USER 65532:65532
WORKDIR /var/lib/sora_exporter
# The only place that is written to: the root file system may be read-only.
VOLUME /var/lib/sora_exporter
EXPOSE 10198
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", \
  "import urllib.request as r; r.urlopen('http://127.0.0.1:10198/-/healthy', timeout=4)"]
ENTRYPOINT ["sora-exporter"]
CMD ["serve"]
