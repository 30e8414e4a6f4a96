# syntax=docker/dockerfile:1
# The image: Sightline from source on Debian, ffmpeg inside, not root. All that changes rarely comes first.
#   docker build -t sightline .
#   docker run --rm -p 5000:5000 sightline --stream_url rtsp://… --ovms_url host:9000 --model_name … \
#       --visualizer_port 5000 --visualizer_host 0.0.0.0

FROM denoland/deno:bin-2.9.6 AS deno

FROM debian:12.11-slim AS packages
COPY --from=deno /deno /usr/local/bin/deno
ENV DENO_DIR=/deno-dir
WORKDIR /app
COPY deno.json deno.lock main.ts ./
COPY src src
COPY plugins plugins
COPY protos protos
# Of onnxruntime-node's native libraries only this platform's stays: the others' are 200 MB.
RUN deno install --frozen --entrypoint main.ts plugins/*.ts \
  && case "$(uname -m)" in x86_64) foreign=arm64 ;; *) foreign=x64 ;; esac \
  && rm -rf /deno-dir/npm/*/onnxruntime-node/*/bin/napi-v*/darwin \
    /deno-dir/npm/*/onnxruntime-node/*/bin/napi-v*/win32 \
    /deno-dir/npm/*/onnxruntime-node/*/bin/napi-v*/linux/"$foreign"

FROM debian:12.11-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ffmpeg \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --user-group --home-dir /app --shell /usr/sbin/nologin sightline
COPY --from=deno /deno /usr/local/bin/deno
# The cache and the lock file are the user's own: a plugin given by URL is fetched into the one and
# pinned in the other.
COPY --from=packages --chown=sightline:sightline /deno-dir /deno-dir
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
WORKDIR /app
COPY --from=packages /app ./
COPY --chown=sightline:sightline deno.lock ./
COPY demo demo
COPY tools/health_check.ts tools/health_url.ts tools/
COPY LICENSE ./
USER sightline
EXPOSE 5000
# Healthy is what /healthz says; without a live view there is nothing to ask, and a living process is healthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["deno", "run", "-A", "--quiet", "tools/health_check.ts"]
# Deno is process 1: it handles SIGTERM itself and awaits every child it starts.
STOPSIGNAL SIGTERM
ENTRYPOINT ["deno", "run", "-A", "--quiet", "main.ts"]
CMD ["--help"]
