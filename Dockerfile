# The server with the web app. Files and the embedded database are in /data; with DATABASE_URL the files only, with BLOBS=s3 neither.

FROM node:24-slim AS manifests
WORKDIR /app
ENV CI=true
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches patches
COPY apps/server/package.json apps/server/
COPY apps/web/package.json apps/web/
COPY packages/protocol/package.json packages/protocol/
COPY packages/mls/package.json packages/mls/
COPY packages/identity/package.json packages/identity/
COPY packages/vault/package.json packages/vault/
COPY packages/client/package.json packages/client/
COPY bench/package.json bench/
COPY crash/package.json crash/

FROM manifests AS build
RUN npx -y pnpm install --frozen-lockfile
COPY . .
RUN node scripts/build.mjs

# What the server imports at run time, and nothing else.
FROM manifests AS dependencies
RUN npx -y pnpm install --frozen-lockfile --prod --filter "@undertone/server..."

FROM node:24-slim
LABEL org.opencontainers.image.title="Undertone" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/apps/server apps/server
COPY --from=build /app/apps/server/dist apps/server/dist
COPY --from=build /app/apps/web/dist apps/web/dist
COPY prisma prisma
RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/server/dist/main.js"]
