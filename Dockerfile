# One image: `gf-images serve` as it starts, and every other command of gf-images.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# What changes seldom comes first, so that its layers are built seldom.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/gf-images \
 && /opt/gf-images/bin/python -m pip install --require-hashes -r requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --require-hashes -r requirements-build.lock

COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY schema schema
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir dist . \
 && /opt/gf-images/bin/python -m pip install --no-deps --no-index dist/*.whl \
 && /opt/gf-images/bin/python -m pip check \
 && /opt/gf-images/bin/python -m pip uninstall --yes setuptools pip


FROM python:3.11-slim

LABEL org.opencontainers.image.title="GF Images" \
      org.opencontainers.image.description="A self-hosted image service: upload, process, organise and serve, GraphQL first." \
      org.opencontainers.image.licenses="Apache-2.0"

# The number is fixed, so that the owner of a mounted folder can be set from outside.
RUN groupadd --gid 10001 gf-images \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin gf-images \
 && install --directory --owner=gf-images --group=gf-images --mode=0700 /data

COPY --from=build /opt/gf-images /opt/gf-images
ENV PATH=/opt/gf-images/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    GF_DATA_DIR=/data GF_HOST=0.0.0.0 GF_PORT=8000

USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os; from urllib.request import ProxyHandler, build_opener; build_opener(ProxyHandler({})).open('http://127.0.0.1:' + os.environ['GF_PORT'] + '/livez', timeout=4)"]

ENTRYPOINT ["gf-images"]
CMD ["serve"]
