# The server with the web app. Data is in /data: the embedded database, or only the lock where DATABASE_URL names another.

FROM node:24-slim AS build
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
RUN npx -y pnpm install --frozen-lockfile
COPY . .
RUN node scripts/build.mjs
# What runs: the bundle, the web app, the migrations, and the server's own dependencies.
RUN npx -y pnpm --filter @undertone/server deploy --prod --legacy /out/apps/server \
  && rm -rf /out/apps/server/src /out/apps/server/test \
  && cp -r apps/server/dist /out/apps/server/dist \
  && mkdir -p /out/apps/web && cp -r apps/web/dist /out/apps/web/dist \
  && cp -r prisma /out/prisma

FROM node:24-slim
LABEL org.opencontainers.image.title="Undertone" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /out ./
RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/server/dist/main.js"]
