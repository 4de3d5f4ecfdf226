import type { Sink } from '../relay/target.ts';
import { EchoMember } from './echo-member.ts';
import { TextSocket } from './text-socket.ts';

const domain = 'localhost';
const room = `bench@conference.${domain}`;
const stream =
  `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' ` +
  `xmlns:stream='http://etherx.jabber.org/streams'>`;
const password = 'bench';

/** XMPP over plain TCP (RFC 6120) in one group chat (XEP-0045): what the bench needs of it. */
export class XmppMember extends EchoMember {
  readonly #socket: TextSocket;
  #ids = 0;

  private constructor(socket: TextSocket, sink: Sink) {
    super(sink);
    this.#socket = socket;
  }

  /** Registers an account (XEP-0077), signs in with it, and enters the room. */
  static async connect(port: number, name: string, sink: Sink): Promise<XmppMember> {
    const socket = new TextSocket(port);
    const ask = (text: string, pattern: RegExp): Promise<string> => {
      socket.write(text);
      return socket.until(pattern);
    };
    await ask(stream, /<\/stream:features>/);
    const account = `<username>${name}</username><password>${password}</password>`;
    await ask(
      `<iq type='set' id='r'><query xmlns='jabber:iq:register'>${account}</query></iq>`,
      /<iq[^>]*'result'[^>]*>/,
    );
    const plain = Buffer.from(`\0${name}\0${password}`).toString('base64');
    const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`;
    await ask(auth, /<success[^>]*>/);
    await ask(stream, /<\/stream:features>/);
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind>`;
    await ask(`<iq type='set' id='b'>${bind}</iq>`, /<\/iq>/);
    const muc = `<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x>`;
    await ask(`<presence to='${room}/${name}'>${muc}</presence>`, /code=['"]110['"]/);
    const member = new XmppMember(socket, sink);
    socket.onText((buffer) => member.#read(buffer));
    return member;
  }

  protected write(payload: string): void {
    this.#ids += 1;
    this.#socket.write(`<message to='${room}' type='groupchat' id='m${this.#ids}'><body>${payload}</body></message>`);
  }

  close(): void {
    this.#socket.close();
  }

  #read(buffer: string): string {
    const payloads: string[] = [];
    let at = 0;
    for (;;) {
      const end = buffer.indexOf('</message>', at);
      if (end < 0) break;
      const begin = buffer.indexOf('<body>', at);
      if (begin >= 0 && begin < end) payloads.push(buffer.slice(begin + 6, buffer.indexOf('</body>', begin)));
      at = end + '</message>'.length;
    }
    this.received(payloads);
    return buffer.slice(at);
  }
}
