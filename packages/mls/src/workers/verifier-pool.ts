import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { type SignatureCheck, type SignatureVerifier, verifyHere } from '../group/verify-signatures.ts';
import { packChecks } from './packed-checks.ts';

/** What of a Worker is used here. */
export interface VerifierPort {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message' | 'error', listener: (event: { data?: unknown }) => void): void;
}

/** Below this, handing over costs more than it saves. */
const worthIt = 64;

interface Share {
  readonly port: VerifierPort;
  readonly suite: CipherSuite;
  readonly checks: readonly SignatureCheck[];
  readonly settle: (valid: boolean | Promise<boolean>) => void;
}

/**
 * Spreads signature checks over workers that run `verifier-worker.ts`, and this thread. The workers are started by the caller, who
 * knows its bundler, with the first large tree. What a worker fails to do is done here.
 */
export function createVerifierPool(start: () => VerifierPort[]): SignatureVerifier {
  let ports: VerifierPort[] | undefined;
  let lastId = 0;
  const underWay = new Map<number, Share>();

  function lose(port: VerifierPort): void {
    ports = ports?.filter((other) => other !== port);
    for (const [id, share] of underWay) {
      if (share.port !== port) continue;
      underWay.delete(id);
      share.settle(verifyHere(share.suite, share.checks));
    }
  }

  function watch(port: VerifierPort): VerifierPort {
    port.addEventListener('message', ({ data }) => {
      const { id, valid } = data as { id: number; valid: boolean };
      underWay.get(id)?.settle(valid);
      underWay.delete(id);
    });
    port.addEventListener('error', () => lose(port));
    return port;
  }

  function ask(port: VerifierPort, suite: CipherSuite, checks: readonly SignatureCheck[]): Promise<boolean> {
    const id = ++lastId;
    return new Promise((settle) => {
      underWay.set(id, { port, suite, checks, settle });
      const packed = packChecks(checks);
      port.postMessage({ id, suite: suite.id, packed }, [packed.buffer]);
    });
  }

  return async (suite, checks) => {
    if (checks.length < worthIt) return verifyHere(suite, checks);
    ports ??= start().map(watch);
    const share = Math.ceil(checks.length / (ports.length + 1));
    const answers = ports.map((port, i) => ask(port, suite, checks.slice((i + 1) * share, (i + 2) * share)));
    const results = await Promise.all([verifyHere(suite, checks.slice(0, share)), ...answers]);
    return !results.includes(false);
  };
}
