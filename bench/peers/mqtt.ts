import { spawnSync } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { freePort } from '../../apps/server/src/testing/free-port.ts';
import { spawnPinned } from '../relay/cpu.ts';
import { type Member, type Sink, stampOf, type Target } from '../relay/target.ts';
import { listening, peerFolder } from './folder.ts';
import { fromDebian } from './install.ts';
import { connectAll, running } from './start-peer.ts';

const user = 'bench';
const topic = 'room';
/** MQTT 3.1.1 packet types, each with its fixed flags. */
const packets = { connect: 0x10, connack: 0x20, publish: 0x30, puback: 0x40, subscribe: 0x82, suback: 0x90 } as const;
const qos1 = 0x02;

const field = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};

function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

const id = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);

/** MQTT 3.1.1 with QoS 1 on one topic: what the bench needs of it. A message is acknowledged by the broker's PUBACK. */
class MqttMember implements Member {
  readonly #socket: Socket;
  readonly #sink: Sink;
  readonly #waiting = new Map<number, () => void>();
  #buffer: Buffer = Buffer.alloc(0);
  #nextId = 1;
  #ready: () => void = () => {};

  private constructor(port: number, sink: Sink) {
    this.#sink = sink;
    this.#socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('error', () => {});
    this.#socket.on('data', (data: Buffer) => this.#receive(data));
  }

  static async connect(port: number, name: string, sink: Sink): Promise<MqttMember> {
    const member = new MqttMember(port, sink);
    const head = Buffer.concat([field('MQTT'), Buffer.from([4, 0b1100_0010, 0, 0])]);
    await member.#ask(packet(packets.connect, head, field(name), field(user), field(user)));
    await member.#ask(packet(packets.subscribe, id(1), field(topic), Buffer.from([1])));
    return member;
  }

  #ask(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#ready = resolve;
      this.#socket.write(bytes);
    });
  }

  send(payload: string): Promise<void> {
    this.#nextId = this.#nextId === 0xffff ? 1 : this.#nextId + 1;
    const own = this.#nextId;
    return new Promise((resolve) => {
      this.#waiting.set(own, resolve);
      this.#socket.write(packet(packets.publish | qos1, field(topic), id(own), Buffer.from(payload, 'latin1')));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(data: Buffer): void {
    const buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data]);
    let at = 0;
    const stamps: number[] = [];
    const answers: Buffer[] = [];
    for (;;) {
      let length = 0;
      let head = at + 1;
      for (let shift = 0; head < buffer.length; shift += 7, head += 1) {
        const byte = buffer[head] ?? 0;
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      const body = head + 1;
      if (head >= buffer.length || body + length > buffer.length) break;
      const type = (buffer[at] ?? 0) & 0xf0;
      if (type === packets.publish) {
        const name = buffer.readUInt16BE(body);
        const payload = body + 2 + name + 2;
        answers.push(packet(packets.puback, buffer.subarray(payload - 2, payload)));
        stamps.push(stampOf(buffer.toString('latin1', payload, body + length)));
      } else if (type === packets.puback) this.#acknowledged(buffer.readUInt16BE(body));
      else this.#ready();
      at = body + length;
    }
    this.#buffer = buffer.subarray(at);
    if (answers.length > 0) this.#socket.write(Buffer.concat(answers));
    if (stamps.length > 0) this.#sink(stamps);
  }

  #acknowledged(own: number): void {
    const resolve = this.#waiting.get(own);
    this.#waiting.delete(own);
    resolve?.();
  }
}

/** mosquitto with QoS 1 and persistence. */
export function mosquitto(): Target {
  const version = fromDebian('mosquitto');
  return {
    name: 'mosquitto',
    settings: `mosquitto ${version}, QoS 1, persistence (a snapshot, not a log): bench/peers/settings/mosquitto.conf.in`,
    start: async (receivers, sink) => {
      const folder = await peerFolder('mosquitto');
      const port = await freePort();
      const file = await folder.configure('mosquitto.conf', { PORT: port });
      spawnSync('mosquitto_passwd', ['-b', '-c', `${folder.path}/passwords`, user, user]);
      const child = spawnPinned('mosquitto', ['-c', file]);
      await listening(port);
      const members = await connectAll(receivers, (i) => MqttMember.connect(port, `bench${i}`, sink));
      return running(child, members, undefined, folder.remove);
    },
  };
}
