import { generateSigner, type Signer } from '../../src/index.ts';
import { type IdentityService, MlsEngine } from '../../src/profile/index.ts';

const text = new TextEncoder();

export interface Device {
  name: string;
  identity: Uint8Array;
  signer: Signer;
  engine: MlsEngine;
}

/** Knows each device's key, as the key log does in the application. */
export class Directory implements IdentityService {
  readonly #keys = new Map<string, Uint8Array>();

  async validate(identity: Uint8Array, signatureKey: Uint8Array): Promise<boolean> {
    const known = this.#keys.get(name(identity));
    return known !== undefined && Buffer.compare(known, signatureKey) === 0;
  }

  revoke(device: Device): void {
    this.#keys.delete(device.name);
  }

  async device(deviceName: string, extractable = false): Promise<Device> {
    const signer = await generateSigner({ extractable });
    const identity = text.encode(deviceName);
    this.#keys.set(deviceName, signer.publicKey);
    return { name: deviceName, identity, signer, engine: new MlsEngine({ signer, identity, authentication: this }) };
  }

  /** As many devices as names, typed so that tests may destructure. */
  async devices<N extends string[]>(...deviceNames: N): Promise<{ [K in keyof N]: Device }> {
    const made = await Promise.all(deviceNames.map((deviceName) => this.device(deviceName)));
    return made as { [K in keyof N]: Device };
  }
}

export function name(identity: Uint8Array): string {
  return new TextDecoder().decode(identity);
}

export function names(members: { identity: Uint8Array }[]): string[] {
  return members.map(({ identity }) => name(identity));
}

export const bytes = (value: string): Uint8Array => text.encode(value);
export const textOf = (value: Uint8Array): string => new TextDecoder().decode(value);
export const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
