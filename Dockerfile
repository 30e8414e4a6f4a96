# syntax=docker/dockerfile:1
# The image: Sightline from source on Debian, ffmpeg inside, not root, nothing written but /data and /tmp.
#   docker build -t sightline .
#   docker run --rm --read-only --tmpfs /tmp -p 5000:5000 -v ./token:/token:ro sightline \
#     --stream_url rtsp://… --ovms_url host:9000 --model_name … \
#     --visualizer_port 5000 --visualizer_host 0.0.0.0 --visualizer_token_file /token …

FROM denoland/deno:bin-2.9.6 AS deno

FROM debian:12.13-slim AS packages
COPY --from=deno /deno /usr/local/bin/deno
ENV DENO_DIR=/deno-dir
WORKDIR /app
# These two alone decide what is downloaded, so that a change of the sources downloads nothing.
COPY deno.json deno.lock ./
# Out again: other platforms' native libraries, which are 200 MB.
RUN deno install --frozen \
  && case "$(uname -m)" in x86_64) foreign=arm64 ;; *) foreign=x64 ;; esac \
  && rm -rf /deno-dir/npm/*/onnxruntime-node/*/bin/napi-v*/darwin \
    /deno-dir/npm/*/onnxruntime-node/*/bin/napi-v*/win32 \
    /deno-dir/npm/*/onnxruntime-node/*/bin/napi-v*/linux/"$foreign"
COPY main.ts LICENSE ./
COPY src src
COPY plugins plugins
COPY protos protos
COPY demo demo
COPY tools/health_check.ts tools/health_url.ts tools/
COPY deploy/entrypoint.sh deploy/
# Transpiled once, here: at run time the cache is read-only. Nothing is downloaded any more.
RUN deno install --quiet --frozen --cached-only --entrypoint main.ts src/inference/onnx/onnx_worker.ts \
    src/use_case/guest/*.ts src/use_case/wall/launch.ts src/mod.ts plugins/*.ts tools/*.ts

FROM debian:12.13-slim
# Without versions: Debian's mirrors keep only the newest security update of each. The drivers that
# are removed draw OpenGL in software: 160 MB that ffmpeg depends on by way of a window it never opens.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ffmpeg procps tini \
  && rm -rf /var/lib/apt/lists/* /usr/lib/*/libLLVM* /usr/lib/*/libz3.so* /usr/lib/*/dri \
  && useradd --system --uid 10001 --user-group --home-dir /data --create-home \
    --shell /usr/sbin/nologin sightline
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=packages /deno-dir /deno-dir
COPY --from=packages /app /app
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 HOME=/data
# What a running Sightline writes: records, sightline.lock, and plugins that came from a URL.
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 5000
# Healthy is what /healthz says; where nothing listens, a living process is healthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["deno", "run", "-A", "--quiet", "--cached-only", "/app/tools/health_check.ts"]
STOPSIGNAL SIGTERM
# tini is process 1: it passes signals on, and buries whatever a killed child left behind.
ENTRYPOINT ["tini", "--", "/app/deploy/entrypoint.sh"]
CMD ["--help"]
