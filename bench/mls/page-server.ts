import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PageFile {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Serves these files on the loopback, isolated, so that the page's clock is as fine as the browser has it (5 µs). */
export async function servePage(files: ReadonlyMap<string, PageFile>): Promise<{ origin: string; close(): void }> {
  const server = createServer(({ url }, response) => {
    const file = files.get(url ?? '');
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': file?.type ?? 'text/plain',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(file?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
