# One image for every role: docker build --build-arg BASE=... .
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund \
 && node node_modules/typescript/bin/tsc -b \
 && npm prune --omit=dev --no-audit --no-fund \
 && rm -rf packages/*/dist/test packages/*/test packages/*/src

FROM ${BASE}
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app /app
RUN ln -s /app/packages/testbed/bin/mpq.mjs /usr/local/bin/mpq
USER 10001:10001
ENTRYPOINT ["node", "--enable-source-maps", "/app/packages/testbed/bin/mpq.mjs"]
CMD ["--help"]
