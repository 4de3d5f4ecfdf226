import { afterEach, expect, test } from 'vitest';
import { suite1 } from '../crypto/suites.ts';
import type { SignatureCheck } from '../group/verify-signatures.ts';
import { packChecks, unpackChecks } from './packed-checks.ts';
import { createVerifierPool, type VerifierPort } from './verifier-pool.ts';
import { listen } from './verifier-worker.ts';

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

let started = 0;

/** What a worker is to the pool, on this thread. */
function worker(): VerifierPort {
  started += 1;
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  port1.start();
  port2.start();
  listen(port2);
  return port1;
}

async function checks(count: number): Promise<SignatureCheck[]> {
  const { publicKey, privateKey } = await suite1.signature.generateKeyPair(false);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const data = new Uint8Array([i >> 8, i & 255, 7]);
      return { publicKey, data, signature: await suite1.signature.sign(privateKey, data) };
    }),
  );
}

test('packed checks come out as they went in', async () => {
  const some = await checks(3);
  expect(unpackChecks(packChecks(some))).toEqual(some);
});

test('few checks start no worker, many are spread, and one bad signature anywhere is noticed', async () => {
  started = 0;
  const verify = createVerifierPool(() => [worker(), worker()]);
  expect(await verify(suite1, await checks(10))).toBe(true);
  expect(started).toBe(0);
  const many = await checks(200);
  expect(await verify(suite1, many)).toBe(true);
  expect(started).toBe(2);
  // In this thread's share, in the first worker's and in the last one's.
  for (const at of [0, 100, 199]) {
    const spoilt = many.map((check, i) => (i === at ? { ...check, data: new Uint8Array([1]) } : check));
    expect(await verify(suite1, spoilt)).toBe(false);
  }
  const [one, two] = await Promise.all([verify(suite1, many), verify(suite1, await checks(70))]);
  expect([one, two]).toEqual([true, true]);
  expect(started).toBe(2);
});

test('what a worker fails to do is done here', async () => {
  let fail: () => void = () => undefined;
  const dead: VerifierPort = {
    postMessage: () => queueMicrotask(fail),
    addEventListener: (type, listener) => {
      if (type === 'error') fail = () => listener({});
    },
  };
  const verify = createVerifierPool(() => [dead]);
  const many = await checks(100);
  expect(await verify(suite1, many)).toBe(true);
  const spoilt = many.map((check, i) => (i === 99 ? { ...check, data: new Uint8Array([1]) } : check));
  expect(await verify(suite1, spoilt)).toBe(false);
});

test('a question that cannot be read does not verify', async () => {
  const answers: unknown[] = [];
  let ask: (event: { data: unknown }) => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    listen({
      addEventListener: (_, listener) => {
        ask = listener;
      },
      postMessage: (answer) => {
        answers.push(answer);
        resolve();
      },
    });
  });
  ask({ data: { id: 1, suite: 1, packed: new Uint8Array([5, 1]) } });
  await answered;
  expect(answers).toEqual([{ id: 1, valid: false }]);
});
