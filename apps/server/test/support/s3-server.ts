import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { S3 } from '@aws-sdk/client-s3';
import type { S3Settings } from '../../src/settings.ts';
import { freePort } from '../../src/testing/free-port.ts';

/** An S3-compatible server to use instead of one that is started here, such as `http://127.0.0.1:9000`, with any keys. */
const { TEST_S3_ENDPOINT } = process.env;

const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

/** Python's moto stands in for S3 (Debian: python3-moto). Without it the tests of S3 are skipped, visibly. */
export const s3Available =
  TEST_S3_ENDPOINT !== undefined ||
  spawnSync('python3', ['-c', 'import moto.server, flask'], { stdio: 'ignore' }).status === 0;

async function startMoto(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const port = await freePort();
  const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const ended = once(child, 'close');
  const endpoint = `http://127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  while (!(await answers())) {
    if (child.exitCode !== null) throw new Error('moto did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { endpoint, stop };
}

/** An S3-compatible server with an empty bucket. */
export async function startS3(): Promise<{ settings: S3Settings; stop(): Promise<void> }> {
  const server =
    TEST_S3_ENDPOINT === undefined ? await startMoto() : { endpoint: TEST_S3_ENDPOINT, stop: async () => {} };
  const bucket = `undertone-test-${randomUUID().slice(0, 8)}`;
  const region = 'us-east-1';
  const client = new S3({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
  await client.createBucket({ Bucket: bucket });
  return { settings: { kind: 's3', bucket, endpoint: server.endpoint, region, credentials }, stop: server.stop };
}
