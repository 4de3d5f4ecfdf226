import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const page = `<!doctype html><title>plain</title><input type="file" aria-label="File">`;

/** The least that a file server can be: what is put is written to the disk as it comes, and read from there. Nothing is encrypted. */
export async function plainFiles(): Promise<{ origin: string; close(): Promise<void> }> {
  const file = path.join(tmpdir(), `undertone-bench-plain-${process.pid}`);
  const http = createServer(async (request, response) => {
    try {
      if (request.method === 'PUT') {
        await pipeline(request, createWriteStream(file));
        response.end();
      } else if (request.url === '/file') {
        response.setHeader('content-length', (await stat(file)).size);
        await pipeline(createReadStream(file), response);
      } else response.setHeader('content-type', 'text/html').end(page);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await rm(file, { force: true });
    },
  };
}
