# Build where a compiler is (better-sqlite3 compiles when it has no prebuilt binary), run without one.
FROM node:20-bookworm AS build
WORKDIR /varve
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --no-audit --no-fund
COPY src src
COPY storage-adapters storage-adapters
COPY bench bench
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="varve" \
      org.opencontainers.image.description="Remote-write receiver and long-term storage gateway for Prometheus" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /varve
COPY --from=build /varve/node_modules node_modules
COPY --from=build /varve/dist dist
COPY package.json LICENSE ./
# Data lives in /data, owned by nobody, so that the container needs no root.
RUN mkdir /data && chown 65534:65534 /data
USER 65534:65534
VOLUME /data
EXPOSE 19291 10902 10901
# varve handles SIGTERM itself: it drains and exits 0. Give it time: docker stop --time 60.
ENTRYPOINT ["node", "/varve/dist/src/launch.cjs"]
CMD ["serve", "--data-dir=/data"]
