import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failures } from '../src/http/failures.ts';
import { origins } from '../src/http/origins.ts';
import { securityHeaders } from '../src/http/security-headers.ts';
import { webApp } from '../src/http/web-app.ts';

let folder: string;
let app: FastifyInstance;

async function serve(dist: string): Promise<FastifyInstance> {
  const http = Fastify();
  await http.register(failures);
  await http.register(origins, { publicOrigin: 'https://chat.example.org' });
  await http.register(securityHeaders, { publicOrigin: 'https://chat.example.org' });
  await http.register(webApp, { folder: dist });
  return http;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-web-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>the page');
  await writeFile(join(folder, 'assets', 'app-1234.js'), 'plain');
  await writeFile(join(folder, 'assets', 'app-1234.js.br'), brotliCompressSync('packed'));
  app = await serve(folder);
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

it.each(['/', '/signup', '/login?next=%2F', '/rooms/lobby', '/threads/5c9d', '/settings/sessions'])(
  '%s is the page, which is asked for again each time',
  async (url) => {
    const response = await app.inject(url);
    expect(response.body).toBe('<!doctype html>the page');
    expect(response.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    expect(response.headers['content-security-policy']).toContain("connect-src 'self' wss://chat.example.org");
  },
);

it('hashed files are kept for ever, and sent packed to those who take that', async () => {
  const plain = await app.inject('/assets/app-1234.js');
  expect([plain.body, plain.headers['cache-control']]).toEqual(['plain', 'public, max-age=31536000, immutable']);
  const packed = await app.inject({ url: '/assets/app-1234.js', headers: { 'accept-encoding': 'br' } });
  expect(packed.headers).toMatchObject({
    'content-encoding': 'br',
    'content-type': expect.stringContaining('/javascript'),
    'cache-control': 'public, max-age=31536000, immutable',
  });
});

it.each(['/assets/app-9999.js', '/missing.png', '/api/nope', '/api', '/../../package.json', '/assets/..%2f..%2findex'])(
  '%s is not_found',
  async (url) => {
    const response = await app.inject(url);
    expect(response.statusCode).toBe(404);
    expect(response.json()).toMatchObject({ error: { code: 'not_found' } });
  },
);

it('without a build only the API is there', async () => {
  const bare = await serve(join(folder, 'nothing'));
  expect((await bare.inject('/')).json()).toMatchObject({ error: { code: 'not_found' } });
  await bare.close();
});
