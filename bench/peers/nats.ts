import { freePort } from '../../apps/server/src/testing/free-port.ts';
import { spawnPinned } from '../relay/cpu.ts';
import { type Member, type Sink, stampOf, type Target } from '../relay/target.ts';
import { listening, peerFolder } from './folder.ts';
import { fromDebian } from './install.ts';
import { connectAll, running } from './start-peer.ts';
import { TextSocket } from './text-socket.ts';

const subject = 'room';
const stream = 'ROOM';
const options = '{"verbose":false,"pedantic":false,"echo":true,"lang":"bench","version":"1"}';

/** The text protocol of NATS. A message is acknowledged when JetStream has stored it. */
class NatsMember implements Member {
  readonly #socket: TextSocket;
  readonly #sink: Sink;
  readonly #inbox: string;
  readonly #waiting = new Map<string, () => void>();
  #count = 0;

  private constructor(socket: TextSocket, name: string, sink: Sink) {
    this.#socket = socket;
    this.#sink = sink;
    this.#inbox = `_INBOX.${name}`;
  }

  static async connect(port: number, name: string, sink: Sink): Promise<NatsMember> {
    const socket = new TextSocket(port);
    await socket.until(/INFO [^\r]*\r\n/);
    const member = new NatsMember(socket, name, sink);
    socket.write(`CONNECT ${options}\r\nSUB ${subject} 1\r\nSUB ${member.#inbox}.* 2\r\nPING\r\n`);
    await socket.until(/PONG\r\n/);
    socket.onText((buffer) => member.#read(buffer));
    return member;
  }

  /** Make the stream that stores what is said on the subject. */
  static async createStream(port: number): Promise<void> {
    const socket = new TextSocket(port);
    await socket.until(/INFO [^\r]*\r\n/);
    const config = JSON.stringify({ name: stream, subjects: [subject], storage: 'file', retention: 'limits' });
    const request = `PUB $JS.API.STREAM.CREATE.${stream} _INBOX.setup ${config.length}\r\n${config}\r\n`;
    socket.write(`CONNECT ${options}\r\nSUB _INBOX.setup 1\r\n${request}`);
    const answer = await socket.until(/MSG _INBOX\.setup 1 \d+\r\n[^\r]*\r\n/);
    if (answer.includes('"error"')) throw new Error(`JetStream has no stream: ${answer}`);
    socket.close();
  }

  send(payload: string): Promise<void> {
    this.#count += 1;
    const reply = `${this.#inbox}.${this.#count}`;
    return new Promise((resolve) => {
      this.#waiting.set(reply, resolve);
      this.#socket.write(`PUB ${subject} ${reply} ${payload.length}\r\n${payload}\r\n`);
    });
  }

  close(): void {
    this.#socket.close();
  }

  #read(buffer: string): string {
    const stamps: number[] = [];
    let at = 0;
    for (;;) {
      const end = buffer.indexOf('\r\n', at);
      if (end < 0) break;
      const line = buffer.slice(at, end);
      if (!line.startsWith('MSG ')) {
        if (line === 'PING') this.#socket.write('PONG\r\n');
        at = end + 2;
        continue;
      }
      const words = line.split(' ');
      const size = Number(words.at(-1));
      if (buffer.length < end + 2 + size + 2) break;
      const name = words[1] ?? '';
      if (name === subject) stamps.push(stampOf(buffer.slice(end + 2, end + 2 + size)));
      else this.#acknowledged(name);
      at = end + 2 + size + 2;
    }
    if (stamps.length > 0) this.#sink(stamps);
    return buffer.slice(at);
  }

  #acknowledged(reply: string): void {
    const resolve = this.#waiting.get(reply);
    this.#waiting.delete(reply);
    resolve?.();
  }
}

/** NATS with a JetStream on disk, which it does not sync before it acknowledges. */
export function nats(): Target {
  const version = fromDebian('nats-server');
  return {
    name: 'NATS JetStream',
    settings: `nats-server ${version}, a file stream that is not synced before the acknowledgement: bench/peers/settings/nats.conf.in`,
    start: async (receivers, sink) => {
      const folder = await peerFolder('nats');
      const port = await freePort();
      const file = await folder.configure('nats.conf', { PORT: port });
      const child = spawnPinned('nats-server', ['-c', file]);
      await listening(port);
      await NatsMember.createStream(port);
      const members = await connectAll(receivers, (i) => NatsMember.connect(port, `bench${i}`, sink));
      return running(child, members, undefined, folder.remove);
    },
  };
}
