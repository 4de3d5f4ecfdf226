import { CoreError, type CoreEvent, type IdentityView, type PersonView } from '@undertone/client/view';
import { describe, expect, it, vi } from 'vitest';
import { createFakeCore } from '../../testing/fake-core.ts';
import { accountOf } from '../../testing/rows.ts';
import { ShownIdentity } from './shown-identity.svelte.ts';

const known = accountOf(2);
const changed = accountOf(4);

/** A core whose answers a test gives, in the order that it likes. */
function slowCore() {
  const asked: { resolve(view: IdentityView): void; reject(error: unknown): void }[] = [];
  const listeners = new Set<(event: CoreEvent) => void>();
  const core = {
    identity: () => new Promise<IdentityView>((resolve, reject) => asked.push({ resolve, reject })),
    setVerified: vi.fn(async () => undefined),
    acceptIdentity: vi.fn(async () => undefined),
    subscribe: (listener: (event: CoreEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const tell = (id = known) => {
    for (const listener of listeners) listener({ type: 'people', people: [{ id } as PersonView] });
  };
  return { core, asked, tell };
}

const view = (root: string, trust: IdentityView['trust'] = 'known'): IdentityView => ({
  account: known,
  trust,
  root,
  head: `${root} head`,
  username: 'bob',
  safetyNumber: root.repeat(60).slice(0, 60),
});

/** Everything that was said has been heard. */
const settle = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

describe('the safety number on the screen', () => {
  it('has number, name and trust of one root, and nothing to press while it loads', async () => {
    const { core, asked } = slowCore();
    const shown = new ShownIdentity(core, known);
    shown.follow();
    expect([shown.view, shown.settled]).toEqual([undefined, undefined]);
    asked[0]?.resolve(view('1', 'verified'));
    await settle();
    expect(shown.settled).toEqual(view('1', 'verified'));
  });

  it('marks the root that is on the screen', async () => {
    const { core, asked } = slowCore();
    const shown = new ShownIdentity(core, known);
    shown.follow();
    asked[0]?.resolve(view('1'));
    await settle();
    void shown.verify(true);
    expect(core.setVerified).toHaveBeenCalledWith(known, '1', true);
  });

  it('follows what is told of the person, all at once, and asks to look before anything can be pressed', async () => {
    const { core, asked, tell } = slowCore();
    const shown = new ShownIdentity(core, known);
    shown.follow();
    asked[0]?.resolve(view('1', 'verified'));
    await settle();
    tell();
    // Still the old words with the old number, and no button.
    expect([shown.view?.trust, shown.view?.root, shown.settled]).toEqual(['verified', '1', undefined]);
    await shown.verify(true);
    expect(core.setVerified).not.toHaveBeenCalled();
    asked[1]?.resolve(view('2', 'changed'));
    await settle();
    expect([shown.view?.trust, shown.view?.root, shown.replaced]).toEqual(['changed', '2', true]);
    await shown.verify(true);
    await shown.accept();
    expect([core.setVerified.mock.calls, core.acceptIdentity.mock.calls]).toEqual([[], []]);
    shown.seen();
    expect(shown.settled?.root).toBe('2');
  });

  it('what is told of others changes nothing', async () => {
    const { core, asked, tell } = slowCore();
    new ShownIdentity(core, known).follow();
    tell(changed);
    expect(asked).toHaveLength(1);
  });

  it('of two loads the last one wins, in whatever order they end', async () => {
    const { core, asked, tell } = slowCore();
    const shown = new ShownIdentity(core, known);
    shown.follow();
    tell();
    asked[1]?.resolve(view('2'));
    await settle();
    asked[0]?.resolve(view('1'));
    await settle();
    expect(shown.settled?.root).toBe('2');
    tell();
    tell();
    asked[2]?.reject(new CoreError({ code: 'offline', message: 'Offline.' }));
    await settle();
    expect([shown.failure, shown.settled]).toEqual([undefined, undefined]);
    asked[3]?.resolve(view('2', 'verified'));
    await settle();
    expect(shown.settled?.trust).toBe('verified');
  });

  it('a number that cannot be checked any more does not stay', async () => {
    const { core, asked, tell } = slowCore();
    const shown = new ShownIdentity(core, known);
    shown.follow();
    asked[0]?.resolve(view('1'));
    await settle();
    tell();
    asked[1]?.reject(new CoreError({ code: 'offline', message: 'Offline.' }));
    await settle();
    expect([shown.view, shown.failure]).toEqual([undefined, 'Offline.']);
  });

  it('listens no more once it is closed', async () => {
    const { core, asked, tell } = slowCore();
    const stop = new ShownIdentity(core, known).follow();
    stop();
    tell();
    expect(asked).toHaveLength(1);
  });
});

describe('the safety number over the fake core', () => {
  const open = async (account = known) => {
    const core = createFakeCore('');
    const shown = new ShownIdentity(core, account);
    shown.follow();
    await vi.waitFor(() => expect(shown.settled).toBeDefined());
    return { core, shown };
  };

  it('a mark is set and taken off', async () => {
    const { shown } = await open();
    expect(shown.settled?.trust).toBe('known');
    await shown.verify(true);
    await vi.waitFor(() => expect(shown.settled?.trust).toBe('verified'));
    await shown.verify(false);
    await vi.waitFor(() => expect(shown.settled?.trust).toBe('known'));
  });

  it('one that changes at the very moment of the mark marks nothing, says so and shows the new number', async () => {
    const { core, shown } = await open();
    const number = shown.settled?.safetyNumber;
    const marked = shown.verify(true);
    core.changeIdentity(known);
    await marked;
    await vi.waitFor(() => expect(shown.loading).toBe(false));
    expect(shown.replaced).toBe(true);
    expect(shown.view?.trust).toBe('changed');
    expect(shown.view?.safetyNumber).not.toBe(number);
    expect(shown.settled).toBeUndefined();
  });

  it('a changed identity is accepted for new chats, which can then be started', async () => {
    const { core, shown } = await open(changed);
    await expect(core.startThread([changed])).rejects.toMatchObject({ code: 'identity_changed' });
    await shown.accept();
    await vi.waitFor(() => expect(shown.settled?.trust).toBe('known'));
    await expect(core.startThread([changed])).resolves.toBeDefined();
  });
});
