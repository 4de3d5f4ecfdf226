import { cipherSuite } from '../crypto/suites.ts';
import { verifyHere } from '../group/verify-signatures.ts';
import { unpackChecks } from './packed-checks.ts';

interface Question {
  readonly id: number;
  readonly suite: number;
  readonly packed: Uint8Array;
}

async function answer({ suite, packed }: Question): Promise<boolean> {
  return verifyHere(cipherSuite(suite), unpackChecks(packed));
}

/** Answers the questions of `createVerifierPool`. To be the whole of a worker: `listen(self)`. */
export function listen(scope: {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  postMessage(message: unknown): void;
}): void {
  scope.addEventListener('message', ({ data }) => {
    const { id } = data as Question;
    answer(data as Question).then(
      (valid) => scope.postMessage({ id, valid }),
      // What cannot even be read does not verify.
      () => scope.postMessage({ id, valid: false }),
    );
  });
}
