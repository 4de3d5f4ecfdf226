import type { UsernameAvailability } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UsernameCheck, type UsernameState, usernameStateSentence } from './username-check.ts';

interface Question {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly answer: (answer: UsernameAvailability) => void;
  readonly fail: (error: Error) => void;
}

function setUp() {
  const questions: Question[] = [];
  const states: UsernameState[] = [];
  const check = new UsernameCheck({
    ask: (name, signal) =>
      new Promise((answer, fail) => {
        questions.push({ name, signal, answer, fail });
      }),
    report: (state) => states.push(state),
    waitMs: 300,
  });
  const question = (index: number): Question => {
    const found = questions[index];
    if (found === undefined) throw new Error(`no question ${index}`);
    return found;
  };
  return { check, questions, question, states, kinds: () => states.map((state) => state.kind) };
}

describe('username while typing', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('asks once, when the typing rests', async () => {
    const { check, questions, question, kinds } = setUp();
    for (const input of ['ali', 'alic', 'alice']) {
      check.type(input);
      await vi.advanceTimersByTimeAsync(299);
    }
    expect(questions).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(questions.map(({ name }) => name)).toEqual(['alice']);
    question(0).answer({ available: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(kinds()).toEqual(['checking', 'checking', 'checking', 'available']);
  });

  test('an answer to an older name that comes late is dropped, and its request cancelled', async () => {
    const { check, question, kinds } = setUp();
    check.type('alice');
    await vi.advanceTimersByTimeAsync(300);
    check.type('alice2');
    expect(question(0).signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(300);
    question(1).answer({ available: false, reason: 'taken' });
    await vi.advanceTimersByTimeAsync(0);
    question(0).answer({ available: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(kinds()).toEqual(['checking', 'checking', 'taken']);
  });

  test('an older answer that comes first does not pass for the newer name', async () => {
    const { check, question, kinds } = setUp();
    check.type('alice');
    await vi.advanceTimersByTimeAsync(300);
    check.type('alice2');
    question(0).answer({ available: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(kinds()).toEqual(['checking', 'checking']);
  });

  test('a name that breaks a rule is not sent, and ends the question before it', async () => {
    const { check, questions, question, states } = setUp();
    check.type('alice');
    await vi.advanceTimersByTimeAsync(300);
    check.type('alice!');
    question(0).answer({ available: true });
    await vi.advanceTimersByTimeAsync(1000);
    expect(questions).toHaveLength(1);
    expect(states.at(-1)).toEqual({ kind: 'invalid', problem: 'bad_character' });
  });

  test('emptied: nothing is said', async () => {
    const { check, questions, kinds } = setUp();
    check.type('alice');
    check.type('  ');
    await vi.advanceTimersByTimeAsync(1000);
    expect(questions).toHaveLength(0);
    expect(kinds()).toEqual(['checking', 'empty']);
  });

  test('a space at the end changes nothing', async () => {
    const { check, questions, kinds } = setUp();
    check.type('alice');
    check.type('alice ');
    await vi.advanceTimersByTimeAsync(1000);
    expect(questions.map(({ name }) => name)).toEqual(['alice']);
    expect(kinds()).toEqual(['checking']);
  });

  test('a server that cannot be asked makes no claim', async () => {
    const { check, question, states } = setUp();
    check.type('alice');
    await vi.advanceTimersByTimeAsync(300);
    question(0).fail(new Error('offline'));
    await vi.advanceTimersByTimeAsync(0);
    const last = states.at(-1);
    expect(last).toEqual({ kind: 'unknown' });
    expect(last && usernameStateSentence(last)).toBeNull();
  });

  test('the server has the last word on what is valid', async () => {
    const { check, question, states } = setUp();
    check.type('alice');
    await vi.advanceTimersByTimeAsync(300);
    question(0).answer({ available: false, reason: 'invalid' });
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toEqual({ kind: 'invalid', problem: null });
  });

  test('after stop nothing is reported', async () => {
    const { check, question, kinds } = setUp();
    check.type('alice');
    await vi.advanceTimersByTimeAsync(300);
    check.stop();
    question(0).answer({ available: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(kinds()).toEqual(['checking']);
  });
});
