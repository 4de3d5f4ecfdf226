import type { MlsErrorCode } from './error-codes.ts';
import { type Rule, rules } from './rules.ts';

/** The only error this package throws. Its message never contains a secret. */
export class MlsError extends Error {
  readonly code: MlsErrorCode;
  /** The rule of RFC 9420 that was broken, where it is one. */
  readonly rule: Rule | undefined;

  constructor(code: MlsErrorCode, message: string, options?: ErrorOptions & { rule?: Rule }) {
    super(message, options);
    this.name = 'MlsError';
    this.code = code;
    this.rule = options?.rule;
  }
}

/** The error of a broken rule: code and sentence come from the table in `rules.ts`. */
export function broken(rule: Rule): MlsError {
  const { code, section, sentence } = rules[rule];
  return new MlsError(code, `${sentence} (RFC 9420 §${section})`, { rule });
}

/** Throws {@link broken} unless `holds`. */
export function must(holds: boolean, rule: Rule): asserts holds {
  if (!holds) throw broken(rule);
}

/** Runs one public operation so that nothing but {@link MlsError} leaves it. */
export async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw asMlsError(cause);
  }
}

/** As {@link guarded}, for operations that need no promise. */
export function guardedSync<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw asMlsError(cause);
  }
}

function asMlsError(cause: unknown): MlsError {
  if (cause instanceof MlsError) return cause;
  return new MlsError('internal', cause instanceof Error ? cause.message : String(cause), { cause });
}
