import type { Core, CoreCalls, CoreEvent } from '@undertone/client/view';
import { CoreError } from '@undertone/client/view';
import { trustedScriptUrl } from '../app/trusted-script.ts';
import { type ChannelMessage, type CoreMethod, channelName, coreMethods } from './channel.ts';
import workerUrl from './worker.ts?worker&url';

interface Waiting {
  readonly message: Extract<ChannelMessage, { kind: 'call' }>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

class ChannelCore {
  readonly #channel = new BroadcastChannel(channelName);
  readonly #waiting = new Map<string, Waiting>();
  readonly #listeners = new Set<(event: CoreEvent) => void>();

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => this.#receive(data);
  }

  #receive(message: ChannelMessage): void {
    switch (message.kind) {
      case 'event':
        for (const listener of this.#listeners) listener(message.event);
        break;
      case 'core_started':
        // Every call may be made twice: what is sent carries an id, the rest changes nothing the second time.
        for (const { message: call } of this.#waiting.values()) this.#channel.postMessage(call);
        break;
      case 'result':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'failure':
        this.#take(message.id)?.reject(new CoreError(message.failure));
        break;
      case 'call':
        break;
      default:
        message satisfies never;
    }
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  call(method: CoreMethod, args: readonly unknown[]): Promise<unknown> {
    const message = { kind: 'call', id: crypto.randomUUID(), method, args } as const;
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.id, { message, resolve, reject });
      this.#channel.postMessage(message);
    });
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

let connected: Core | undefined;

/**
 * The core of this browser profile, for this tab. The first call starts the tab's worker, which becomes the core if no other
 * tab's is (DESIGN: one writer); further calls give the same object.
 */
export function connectCore(): Core {
  if (connected !== undefined) return connected;
  const channel = new ChannelCore();
  new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'undertone-core' });
  const calls = coreMethods.map((method) => [method, (...args: unknown[]) => channel.call(method, args)]);
  const core: Core = Object.assign(Object.fromEntries(calls) as CoreCalls, {
    subscribe: (listener: (event: CoreEvent) => void) => channel.subscribe(listener),
  });
  // After a sleep or a long time in the background, a dead connection is found out at once instead of by its silence.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void core.reconnect().catch(() => {});
  });
  connected = core;
  return core;
}
