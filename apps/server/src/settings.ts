import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { StartupError } from './startup-error.ts';

/** sysexits' EX_CONFIG: something is wrong with the settings, and starting again does not help. */
const exitConfig = 78;

const registrations = ['open', 'invite', 'closed'] as const;
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
  PUBLIC_ORIGIN: z
    .string()
    .superRefine((text, context) => {
      const problem = originProblem(text);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    })
    .transform((text) => new URL(text).origin)
    .optional(),
  REGISTRATION: z.enum(registrations, `must be one of ${registrations.join(', ')}`).default('open'),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
});

export interface Settings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly dataDir: string;
  /** Unset: the embedded database in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Unset: the server's own address on localhost. */
  readonly publicOrigin: string | undefined;
  readonly registration: (typeof registrations)[number];
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
  const parsed = Environment.safeParse(argument === undefined ? given : { ...given, PORT: argument });
  if (!parsed.success) {
    const sentences = parsed.error.issues.map(({ path, message }) => {
      const name = path[0] === 'PORT' && argument !== undefined ? '-p' : String(path[0]);
      return `The setting ${name} ${message}.`;
    });
    throw new StartupError(sentences.join('\n'), exitConfig);
  }
  const { HOST, PORT, DATA_DIR, DATABASE_URL, PUBLIC_ORIGIN, REGISTRATION, LOG_LEVEL } = parsed.data;
  return {
    host: HOST,
    port: PORT,
    dataDir: resolve(DATA_DIR),
    databaseUrl: DATABASE_URL,
    publicOrigin: PUBLIC_ORIGIN,
    registration: REGISTRATION,
    logLevel: LOG_LEVEL,
  };
}
