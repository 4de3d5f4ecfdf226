import type { Page } from '@playwright/test';
import type { Network } from './network.ts';

/** Runs inside of the worker, before its own code: while told so, it sends messages to a room that there is not. Self-contained. */
function misdirect(): void {
  const scope = globalThis as unknown as { misdirectSends?: boolean };
  const { send } = WebSocket.prototype;
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;
  WebSocket.prototype.send = function (this: WebSocket, data: Uint8Array<ArrayBuffer>) {
    const text = Array.from(data, (byte) => String.fromCharCode(byte)).join('');
    if (scope.misdirectSends !== true || !text.includes('type\xa4send')) return send.call(this, data);
    const copy = data.slice();
    const at = text.indexOf('room\xd9\x24') + 6;
    if (uuid.test(text.slice(at))) copy.set([0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30], at);
    return send.call(this, copy);
  } as typeof send;
}

/** Make it possible that the server refuses what a person sends. Call it before the first page is loaded. */
export function prepareRefusal(network: Network): void {
  network.prepend(/worker[^/]*\.js$/, `(${misdirect.toString()})();\n`);
}

/** From now on, until told otherwise, the server refuses for good what this page sends. */
export async function refuseSends(page: Page, refuse: boolean): Promise<void> {
  for (const worker of page.workers()) {
    await worker.evaluate((value) => {
      (globalThis as unknown as { misdirectSends: boolean }).misdirectSends = value;
    }, refuse);
  }
}
