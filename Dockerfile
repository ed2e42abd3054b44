# Images of Framequeue. `node` runs every service on the CPU, `gpu` runs infer on NVIDIA cards:
#
#   docker build --target node -t framequeue:dev .
#   docker build --target gpu -t framequeue-gpu:dev .
#
# Node runs the TypeScript as it stands, but refuses it under node_modules; so the images keep the workspace's layout,
# where packages are links, and there is no build step. The Node that runs is the workspace's own, of the lockfile.

ARG BUILD_IMAGE=node:24.11.1-bookworm-slim
ARG NODE_IMAGE=debian:12.12-slim
# CUDA 12 and cuDNN 9 are what onnxruntime's CUDA provider is made for; Ubuntu 24.04 has an ffmpeg of the right age.
ARG CUDA_IMAGE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04

# --- The manifests alone, so that the packages below are installed again only when one of them changes ---------------
FROM ${BUILD_IMAGE} AS manifests
COPY . /src
RUN find /src -type f ! -name package.json ! -name 'pnpm-*.yaml' -delete

# --- Packages for production, and Node ---------------------------------------------------------------------------------
FROM ${BUILD_IMAGE} AS packages
ARG PNPM_VERSION=12.21.0
WORKDIR /app
COPY --from=manifests /src ./
RUN --mount=type=cache,target=/root/.npm --mount=type=cache,target=/pnpm-store \
    ONNXRUNTIME_NODE_INSTALL=skip npm exec --yes --package="pnpm@${PNPM_VERSION}" -- \
    pnpm install --prod --frozen-lockfile --store-dir /pnpm-store --config.package-import-method=copy \
    --filter framequeue --filter @framequeue/cli...
# onnxruntime brings the libraries of every platform, 240 MB of which no image of this one can use.
RUN set -eu; arch=$(node -p process.arch); \
    find node_modules/.pnpm/onnxruntime-node@*/node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
      ! -path "*/linux/$arch" -exec rm -rf {} +; \
    find node_modules/.pnpm -name '*.map' -delete

# --- The same with onnxruntime's CUDA provider, which is too large for npm ---------------------------------------------
FROM packages AS packages-gpu
RUN set -eu; cd node_modules/.pnpm/onnxruntime-node@*/node_modules/onnxruntime-node; \
    ONNXRUNTIME_NODE_INSTALL=cuda12 node script/install.js; \
    ls -l bin/napi-v*/linux/x64/libonnxruntime_providers_cuda.so

# --- What both images are made of --------------------------------------------------------------------------------------
FROM scratch AS source
COPY LICENSE package.json pnpm-workspace.yaml /app/
COPY models /app/models
COPY docs/runbooks /app/docs/runbooks
COPY packages /app/packages
COPY services /app/services
COPY docker/entrypoint.sh docker/healthcheck.sh docker/first-start.sh docker/redis-start.sh /app/docker/

# --- node ----------------------------------------------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS node
# ffmpeg's package wants what a desktop has for windows on a screen. Without a screen nothing of it is loaded, and
# it is a third of the image; the programs are started once without it to see that this is so.
RUN set -eu; \
    apt-get update; \
    apt-get install -y --no-install-recommends ca-certificates ffmpeg fontconfig fonts-dejavu-core; \
    dpkg --purge --force-depends $(dpkg-query -W -f '${Package}\n' 'libllvm*' 'libgl1-mesa-dri' 'libz3-4'); \
    ffmpeg -v error -f lavfi -i testsrc=d=0.1 -vf format=gbrp,drawtext=text=x:font=DejaVu\ Sans -c:v libx264 -f null -; \
    ffprobe -version >/dev/null; \
    fc-cache -f; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*.log /var/log/apt; \
    groupadd --gid 1000 framequeue; \
    useradd --uid 1000 --gid 1000 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin framequeue; \
    install -d -o 1000 -g 1000 /data /frames /scratch /secrets
COPY --from=packages /app /app
COPY --from=source /app /app
RUN ln -s /app/node_modules/node-linux-*/bin/node /usr/local/bin/node && node --version
# The defaults of a service in a container: health and metrics for others to see, data where volumes are put.
ENV NODE_ENV=production HOME=/tmp TMPDIR=/tmp \
    ORT_DISABLE_TELEMETRY=1 \
    FQ_DATA_DIR=/data FQ_FRAMES_DIR=/frames \
    FQ_METRICS_HOST=0.0.0.0 FQ_METRICS_PORT=9464
WORKDIR /app
USER 1000:1000
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 CMD ["/app/docker/healthcheck.sh"]
ENTRYPOINT ["/app/docker/entrypoint.sh"]

# --- gpu -----------------------------------------------------------------------------------------------------------------
FROM ${CUDA_IMAGE} AS gpu
RUN set -eu; \
    apt-get update; \
    apt-get install -y --no-install-recommends ca-certificates; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt; \
    install -d -o 1000 -g 1000 /data /frames /scratch /secrets
COPY --from=packages-gpu /app /app
COPY --from=source /app /app
RUN ln -s /app/node_modules/node-linux-*/bin/node /usr/local/bin/node && node --version
ENV NODE_ENV=production HOME=/tmp TMPDIR=/tmp \
    ORT_DISABLE_TELEMETRY=1 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    FQ_DATA_DIR=/data FQ_FRAMES_DIR=/frames \
    FQ_METRICS_HOST=0.0.0.0 FQ_METRICS_PORT=9464
WORKDIR /app
USER 1000:1000
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=6 CMD ["/app/docker/healthcheck.sh"]
ENTRYPOINT ["/app/docker/entrypoint.sh"]
