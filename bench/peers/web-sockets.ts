import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { spawnPinned, waitForOutput } from '../relay/cpu.ts';
import { LightSocket } from '../relay/light-socket.ts';
import type { Sink, Target } from '../relay/target.ts';
import { EchoMember } from './echo-member.ts';
import { fromNpm } from './install.ts';
import { connectAll, running } from './start-peer.ts';

/** How a message is written as text, and read. */
interface Framing {
  readonly path: string;
  /** Told what the server says first; calls `ready` when messages may follow. */
  greet(socket: LightSocket, text: string, ready: () => void): void;
  encode(payload: string): string;
  decode(text: string): string | undefined;
}

class WebSocketMember extends EchoMember {
  readonly #socket: LightSocket;
  readonly #framing: Framing;

  private constructor(socket: LightSocket, framing: Framing, sink: Sink) {
    super(sink);
    this.#socket = socket;
    this.#framing = framing;
  }

  static async connect(port: number, framing: Framing, sink: Sink): Promise<WebSocketMember> {
    const socket = await LightSocket.open({ port, path: framing.path });
    const member = new WebSocketMember(socket, framing, sink);
    await new Promise<void>((resolve, reject) => {
      let ready = false;
      const becomeReady = (): void => {
        ready = true;
        resolve();
      };
      socket.onClose = (reason) => reject(new Error(reason));
      socket.onMessage = (data) => {
        const text = data.toString('latin1');
        if (!ready) framing.greet(socket, text, becomeReady);
        else if (text === '2') socket.sendText('3');
        else {
          const payload = framing.decode(text);
          if (payload !== undefined) member.received([payload]);
        }
      };
      framing.greet(socket, '', becomeReady);
    });
    return member;
  }

  protected write(payload: string): void {
    this.#socket.sendText(this.#framing.encode(payload));
  }

  close(): void {
    this.#socket.close();
  }
}

const plain: Framing = {
  path: '/',
  greet: (_socket, _text, ready) => ready(),
  encode: (payload) => payload,
  decode: (text) => text,
};

/** Socket.IO protocol 5 over Engine.IO 4: packets are text with their types as the first characters. */
const socketIoFraming: Framing = {
  path: '/socket.io/?EIO=4&transport=websocket',
  greet: (socket, text, ready) => {
    if (text.startsWith('0')) socket.sendText('40');
    else if (text.startsWith('40')) ready();
  },
  encode: (payload) => `42["message","${payload}"]`,
  decode: (text) => (text.startsWith('42') ? text.slice('42["message","'.length, -2) : undefined),
};

function target(name: string, settings: string, args: readonly string[], framing: Framing): Target {
  return {
    name,
    settings,
    start: async (receivers, sink) => {
      const child = spawnPinned(process.execPath, args);
      const port = Number((await waitForOutput(child, /port (\d+)/)).slice('port '.length));
      return running(child, await connectAll(receivers, () => WebSocketMember.connect(port, framing, sink)));
    },
  };
}

export async function plainWs(): Promise<Target> {
  const entry = createRequire(import.meta.url).resolve('ws');
  const { version } = JSON.parse(await readFile(path.join(path.dirname(entry), 'package.json'), 'utf8'));
  const settings = `ws ${version} on Node ${process.versions.node}: one \`send\` per message and receiver, nothing kept`;
  return target('plain ws', settings, [path.resolve('bench/peers/ws-server.mjs')], plain);
}

const socketIoVersion = '4.8.3';

export async function socketIo(): Promise<Target> {
  const module = await fromNpm('socket.io', socketIoVersion, 'wrapper.mjs');
  const settings = `socket.io ${socketIoVersion} on Node ${process.versions.node}: WebSocket only, no compression, nothing kept`;
  return target('socket.io', settings, [path.resolve('bench/peers/socket-io-server.mjs'), module], socketIoFraming);
}
