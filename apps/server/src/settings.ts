import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { limits } from '@undertone/protocol';
import { z } from 'zod';
import { StartupError } from './startup-error.ts';

/** sysexits' EX_CONFIG: something is wrong with the settings, and starting again does not help. */
const exitConfig = 78;

const registrations = ['open', 'invite', 'closed'] as const;
const blobKinds = ['folder', 's3'] as const;
const gibibyte = 1024 ** 3;
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const isLocal = (host: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(host);

function originProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.origin !== text.replace(/\/$/, '')) {
    return 'must be an origin such as https://chat.example.org, without a path';
  }
  if (url.protocol === 'http:' && !isLocal(url.hostname)) return 'may be plain http on localhost only; use https';
  return undefined;
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a number from 0 to 65535');

const byteCount = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a number of bytes, 1 or more')
  .transform(Number);

/** A century: more is a slip of the finger. */
const maxRetentionDays = 36_500;

const retentionDays = z
  .string()
  .regex(/^\d{1,5}$/, `must be a number of days from 0 (keep all) to ${maxRetentionDays}`)
  .transform(Number)
  .refine((days) => days <= maxRetentionDays, `must be a number of days from 0 (keep all) to ${maxRetentionDays}`);

const Environment = z.object({
  HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  PORT: port.default(3000),
  DATA_DIR: z.string().min(1, 'must not be empty').default('./data'),
  DATABASE_URL: z
    .string()
    .refine((url) => URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol), {
      message: 'must be the address of a PostgreSQL database, such as postgresql://user:password@host:5432/undertone',
    })
    .optional(),
  REDIS_URL: z
    .string()
    .refine((url) => URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol), {
      message: 'must be the address of a Redis server, such as redis://host:6379',
    })
    .optional(),
  PUBLIC_ORIGIN: z
    .string()
    .superRefine((text, context) => {
      const problem = originProblem(text);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    })
    .transform((text) => new URL(text).origin)
    .optional(),
  REGISTRATION: z.enum(registrations, `must be one of ${registrations.join(', ')}`).default('open'),
  BLOBS: z.enum(blobKinds, `must be one of ${blobKinds.join(', ')}`).default('folder'),
  BLOB_MAX_BYTES: byteCount.default(4 * gibibyte),
  BLOB_QUOTA_BYTES: byteCount.default(20 * gibibyte),
  RETENTION_DAYS: retentionDays.default(0),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket, such as undertone-files')
    .optional(),
  S3_ENDPOINT: z
    .string()
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      message: 'must be the address of an S3-compatible server, such as https://s3.example.org',
    })
    .optional(),
  S3_REGION: z.string().min(1).default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  METRICS_HOST: z.string().min(1, 'must not be empty').default('127.0.0.1'),
  METRICS_PORT: port.optional(),
  SENDS_PER_SECOND: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, 'must be a number from 1 to 9999999')
    .transform(Number)
    .default(limits.sendPerSecond),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
});

type Environment = z.infer<typeof Environment>;

/** Of the settings for S3 those that do not fit the others, each with what is wrong. */
function s3Problems(env: Environment): [name: keyof Environment, problem: string][] {
  const { BLOBS, S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = env;
  const given = { S3_BUCKET, S3_ENDPOINT, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
  if (BLOBS === 'folder') {
    const names = (Object.keys(given) as (keyof typeof given)[]).filter((name) => given[name] !== undefined);
    return names.map((name) => [name, 'has no effect without BLOBS=s3']);
  }
  const problems: [keyof Environment, string][] = [];
  if (S3_BUCKET === undefined) problems.push(['S3_BUCKET', 'is needed with BLOBS=s3']);
  if (S3_ACCESS_KEY_ID === undefined && S3_SECRET_ACCESS_KEY !== undefined) {
    problems.push(['S3_ACCESS_KEY_ID', 'is needed with S3_SECRET_ACCESS_KEY']);
  }
  if (S3_SECRET_ACCESS_KEY === undefined && S3_ACCESS_KEY_ID !== undefined) {
    problems.push(['S3_SECRET_ACCESS_KEY', 'is needed with S3_ACCESS_KEY_ID']);
  }
  return problems;
}

/** Redis joins processes that share a database; one with an embedded database is alone. */
function redisProblems({ REDIS_URL, DATABASE_URL }: Environment): [name: keyof Environment, problem: string][] {
  return REDIS_URL !== undefined && DATABASE_URL === undefined
    ? [['REDIS_URL', 'has no effect without DATABASE_URL']]
    : [];
}

/** A bucket of an S3-compatible store. */
export interface S3Settings {
  readonly kind: 's3';
  readonly bucket: string;
  /** Unset: AWS, by the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Unset: those that the machine has from elsewhere, such as a role. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

function blobSettings(env: Environment): Settings['blobs'] {
  const { S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = env;
  if (env.BLOBS === 'folder' || S3_BUCKET === undefined) {
    return { kind: 'folder', folder: join(resolve(env.DATA_DIR), 'blobs') };
  }
  const hasKeys = S3_ACCESS_KEY_ID !== undefined && S3_SECRET_ACCESS_KEY !== undefined;
  return {
    kind: 's3',
    bucket: S3_BUCKET,
    endpoint: S3_ENDPOINT,
    region: S3_REGION,
    credentials: hasKeys ? { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY } : undefined,
  };
}

export interface Settings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Unset: the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** What joins several processes on one `databaseUrl`. Unset: this process is the only one. */
  readonly redisUrl: string | undefined;
  /** Unset: the server's own address on localhost. */
  readonly publicOrigin: string | undefined;
  /** Where stored files are. */
  readonly blobs: { readonly kind: 'folder'; readonly folder: string } | S3Settings;
  /** Of one stored file, encrypted and padded. */
  readonly blobMaxBytes: number;
  /** Of all stored files of an account. */
  readonly blobQuotaBytes: number;
  /** After how many days the server empties messages, and gives up their files; 0 keeps all. */
  readonly retentionDays: number;
  /** Where `/metrics` is served; 0 takes a free port. Unset: nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly registration: (typeof registrations)[number];
  /** What the sockets of one account may write to logs, in the long run; bots and bridges need more than people. */
  readonly sendsPerSecond: number;
  readonly logLevel: (typeof logLevels)[number];
}

/** `-p PORT` goes before the environment. */
function portArgument(args: readonly string[]): string | undefined {
  try {
    // A package manager may pass on the `--` that separates its own arguments.
    const own = args.filter((arg) => arg !== '--');
    return parseArgs({ args: own, options: { port: { type: 'string', short: 'p' } } }).values.port;
  } catch (cause) {
    throw new StartupError(`The only argument is -p PORT. ${(cause as Error).message}`, exitConfig, { cause });
  }
}

/** The settings of a process. Fails with `StartupError` (exit code 78), one sentence for each that is wrong. An empty one is unset. */
export function readSettings(env: Readonly<Record<string, string | undefined>>, args: readonly string[]): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const argument = portArgument(args);
  const parsed = Environment.superRefine((all, context) => {
    for (const [name, message] of [...redisProblems(all), ...s3Problems(all)])
      context.addIssue({ code: 'custom', path: [name], message });
  }).safeParse(argument === undefined ? given : { ...given, PORT: argument });
  if (!parsed.success) {
    const sentences = parsed.error.issues.map(({ path, message }) => {
      const name = path[0] === 'PORT' && argument !== undefined ? '-p' : String(path[0]);
      return `The setting ${name} ${message}.`;
    });
    throw new StartupError(sentences.join('\n'), exitConfig);
  }
  const { HOST, PORT, DATA_DIR, DATABASE_URL, REDIS_URL, PUBLIC_ORIGIN, REGISTRATION, LOG_LEVEL } = parsed.data;
  const { BLOB_MAX_BYTES, BLOB_QUOTA_BYTES, METRICS_HOST, METRICS_PORT, RETENTION_DAYS, SENDS_PER_SECOND } =
    parsed.data;
  return {
    host: HOST,
    port: PORT,
    dataDir: resolve(DATA_DIR),
    databaseUrl: DATABASE_URL,
    redisUrl: REDIS_URL,
    publicOrigin: PUBLIC_ORIGIN,
    blobs: blobSettings(parsed.data),
    blobMaxBytes: BLOB_MAX_BYTES,
    blobQuotaBytes: BLOB_QUOTA_BYTES,
    retentionDays: RETENTION_DAYS,
    metrics: METRICS_PORT === undefined ? undefined : { host: METRICS_HOST, port: METRICS_PORT },
    registration: REGISTRATION,
    sendsPerSecond: SENDS_PER_SECOND,
    logLevel: LOG_LEVEL,
  };
}
