import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';
import { StartupError } from './startup-error.ts';

function problemOf(env: Record<string, string>, args: string[] = []): StartupError {
  try {
    readSettings(env, args);
  } catch (error) {
    if (error instanceof StartupError) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}

describe('settings', () => {
  it('have defaults; an empty variable counts as unset', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: '' }, [])).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: undefined,
      publicOrigin: undefined,
      registration: 'open',
      logLevel: 'info',
      blobs: { kind: 'folder', folder: resolve('data/blobs') },
      blobMaxBytes: 4 * 1024 ** 3,
      blobQuotaBytes: 20 * 1024 ** 3,
      retentionDays: 0,
      sendsPerSecond: 50,
    });
  });

  it('take -p PORT before the environment, with or without the separator of a package manager', () => {
    expect(readSettings({ PORT: '1' }, ['-p', '4000']).port).toBe(4000);
    expect(readSettings({}, ['--', '-p', '4000']).port).toBe(4000);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT'],
    [{ PORT: '65536' }, 'PORT'],
    [{ DATABASE_URL: 'mysql://x/y' }, 'DATABASE_URL'],
    [{ DATABASE_URL: 'nonsense' }, 'DATABASE_URL'],
    [{ PUBLIC_ORIGIN: 'http://chat.example.org' }, 'PUBLIC_ORIGIN'],
    [{ PUBLIC_ORIGIN: 'https://chat.example.org/path' }, 'PUBLIC_ORIGIN'],
    [{ PUBLIC_ORIGIN: 'chat.example.org' }, 'PUBLIC_ORIGIN'],
    [{ REGISTRATION: 'maybe' }, 'REGISTRATION'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ BLOBS: 'floppy' }, 'BLOBS'],
    [{ BLOB_MAX_BYTES: '4GiB' }, 'BLOB_MAX_BYTES'],
    [{ BLOB_MAX_BYTES: '0' }, 'BLOB_MAX_BYTES'],
    [{ BLOB_QUOTA_BYTES: '-1' }, 'BLOB_QUOTA_BYTES'],
    [{ RETENTION_DAYS: '-1' }, 'RETENTION_DAYS'],
    [{ RETENTION_DAYS: '1.5' }, 'RETENTION_DAYS'],
    [{ RETENTION_DAYS: 'month' }, 'RETENTION_DAYS'],
    [{ RETENTION_DAYS: '36501' }, 'RETENTION_DAYS'],
    [{ SENDS_PER_SECOND: '0' }, 'SENDS_PER_SECOND'],
    [{ S3_BUCKET: 'files' }, 'S3_BUCKET'],
    [{ S3_SECRET_ACCESS_KEY: 'x' }, 'S3_SECRET_ACCESS_KEY'],
    [{ BLOBS: 's3' }, 'S3_BUCKET'],
    [{ BLOBS: 's3', S3_BUCKET: 'Not/A Bucket' }, 'S3_BUCKET'],
    [{ BLOBS: 's3', S3_BUCKET: 'files', S3_ENDPOINT: 's3.example.org' }, 'S3_ENDPOINT'],
    [{ BLOBS: 's3', S3_BUCKET: 'files', S3_ACCESS_KEY_ID: 'x' }, 'S3_SECRET_ACCESS_KEY'],
    [{ BLOBS: 's3', S3_BUCKET: 'files', S3_SECRET_ACCESS_KEY: 'x' }, 'S3_ACCESS_KEY_ID'],
  ])('%j is refused with a sentence that names %s, and exit code 78', (env, name) => {
    const problem = problemOf(env);
    expect(problem.exitCode).toBe(78);
    expect(problem.message).toMatch(new RegExp(`^The setting ${name} .*\\.$`));
  });

  it('take days after which messages are not kept', () => {
    for (const days of ['0', '1', '30', '36500']) {
      expect(readSettings({ RETENTION_DAYS: days }, []).retentionDays).toBe(Number(days));
    }
  });

  it('name every setting that is wrong, and unknown arguments', () => {
    expect(problemOf({ PORT: 'x', REGISTRATION: 'y' }).message.split('\n')).toHaveLength(2);
    expect(problemOf({}, ['--verbose']).exitCode).toBe(78);
    expect(problemOf({}, ['-p', 'x']).message).toContain('The setting -p ');
  });

  it('take a bucket of S3, of AWS or elsewhere', () => {
    const aws = { BLOBS: 's3', S3_BUCKET: 'undertone-files', S3_REGION: 'eu-central-1' };
    expect(readSettings(aws, []).blobs).toEqual({
      kind: 's3',
      bucket: 'undertone-files',
      endpoint: undefined,
      region: 'eu-central-1',
      credentials: undefined,
    });
    const other = {
      BLOBS: 's3',
      S3_BUCKET: 'files',
      S3_ENDPOINT: 'http://minio:9000',
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'secret',
    };
    expect(readSettings(other, []).blobs).toMatchObject({
      endpoint: 'http://minio:9000',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    });
  });

  it('take https origins and plain http on localhost', () => {
    for (const origin of ['https://chat.example.org', 'http://localhost:8080', 'http://127.0.0.1:3000']) {
      expect(readSettings({ PUBLIC_ORIGIN: origin }, []).publicOrigin).toBe(origin);
    }
  });
});
