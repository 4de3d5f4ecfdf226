import type { BrowserContext, Page } from '@playwright/test';
import type { Network } from './network.ts';

/** What passed through WebCrypto in a page or worker, in hexadecimal. */
export interface Passed {
  /** Raw secret and private keys that were imported, and secrets that were agreed on. */
  readonly secret: string[];
  /** Public keys that were exported: they do go to the server, and prove that looking finds something. */
  readonly public: string[];
  /** Private or secret keys that came out by `exportKey`, by algorithm. */
  readonly exported: string[];
}

/**
 * Runs inside of the browser: writes down what passes through `crypto.subtle`. Self-contained, because its source is what gets there.
 * Values that are all zeros (the empty salt of HKDF) are no secrets.
 */
function spy(): void {
  const scope = globalThis as unknown as { passedThroughCrypto?: Passed };
  if (scope.passedThroughCrypto !== undefined) return;
  const passed: Passed = { secret: [], public: [], exported: [] };
  scope.passedThroughCrypto = passed;
  const hex = (data: BufferSource): string => {
    const view = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    return Array.from(view, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const note = (list: string[], value: string): void => {
    if (value.length >= 32 && /[^0]/.test(value) && !list.includes(value)) list.push(value);
  };
  const nameOf = (algorithm: AlgorithmIdentifier): string =>
    typeof algorithm === 'string' ? algorithm : algorithm.name;
  const curves = ['X25519', 'Ed25519', 'ECDH', 'ECDSA'];
  const subtle = SubtleCrypto.prototype;
  const { importKey, exportKey, deriveBits } = subtle;
  const noteImported = (format: string, data: BufferSource | JsonWebKey, algorithm: string): void => {
    if (format === 'jwk') {
      const { d, k } = data as JsonWebKey;
      for (const part of [d, k]) {
        if (part === undefined) continue;
        const raw = atob(part.replace(/-/g, '+').replace(/_/g, '/'));
        note(passed.secret, hex(Uint8Array.from(raw, (char) => char.charCodeAt(0))));
      }
    } else if (format === 'pkcs8') note(passed.secret, hex(data as BufferSource).slice(-64));
    else if (format.startsWith('raw') && !curves.includes(algorithm)) note(passed.secret, hex(data as BufferSource));
  };
  subtle.importKey = function (this: SubtleCrypto, ...args: Parameters<typeof importKey>) {
    noteImported(args[0], args[1], nameOf(args[2]));
    return importKey.apply(this, args);
  } as typeof importKey;
  subtle.exportKey = async function (this: SubtleCrypto, format: KeyFormat, key: CryptoKey) {
    const result = (await exportKey.call(this, format as 'raw', key)) as ArrayBuffer | JsonWebKey;
    if (key.type === 'public') {
      if (result instanceof ArrayBuffer) note(passed.public, hex(result).slice(-64));
    } else {
      passed.exported.push(`${nameOf(key.algorithm)} ${key.type}`);
      noteImported(format === 'raw' ? 'raw' : format, result, 'secret');
    }
    return result;
  } as typeof exportKey;
  subtle.deriveBits = async function (this: SubtleCrypto, ...args: Parameters<typeof deriveBits>) {
    const bits = await deriveBits.apply(this, args);
    // What HKDF gives may be meant for all to see (an epoch's authenticator); what becomes a key is imported, and noted there.
    if (nameOf(args[0]) !== 'HKDF') note(passed.secret, hex(bits));
    return bits;
  };
}

/** Watch `crypto.subtle` in all pages of a context, and in their workers (over its network). Call it before the first page is loaded. */
export async function watchCrypto(context: BrowserContext, network: Network): Promise<void> {
  const source = `(${spy.toString()})();\n`;
  await context.addInitScript(source);
  network.prepend(/worker[^/]*\.js$/, source);
}

/** What was seen in the page and its workers so far. */
export async function passedThrough(page: Page): Promise<Passed[]> {
  const read = () => (globalThis as unknown as { passedThroughCrypto: Passed }).passedThroughCrypto;
  return await Promise.all([page.evaluate(read), ...page.workers().map((worker) => worker.evaluate(read))]);
}
