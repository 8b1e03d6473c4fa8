# One image for every role, and on top of it one with the programs that produce load.
#
#   docker build -t sluice .                    docker build -t sluice-load --target load .

FROM node:20.19.5-bookworm-slim AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
# Without scripts: what they would fetch is a PostgreSQL for tests.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
COPY load load
RUN npx tsc -p .

FROM node:20.19.5-bookworm-slim AS runtime
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY LICENSE ./
COPY config config
COPY schema schema
COPY --from=build /sluice/dist/src dist/src
# A volume that is mounted at /archive for the first time gets its owner from here.
RUN ln -s /sluice/dist/src/main.js /usr/local/bin/sluice && chmod +x dist/src/main.js && install -d -o node /archive
# Reachable from the network of the containers; which port is published to where, the one who runs it decides.
ENV SLUICE_HTTP_HOST=0.0.0.0
EXPOSE 9464
USER node
# Progress, and not only an open port: a loop that hangs is not healthy. Commands other than `run` have no such port, and
# end before it is asked.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "sluice"]
CMD ["--help"]

FROM runtime AS load
COPY --from=build /sluice/dist/load dist/load
ENTRYPOINT ["tini", "--", "node"]
CMD ["dist/load/generate/main.js", "--help"]
HEALTHCHECK NONE

# Last, so that it is what a build without a target gives.
FROM runtime
