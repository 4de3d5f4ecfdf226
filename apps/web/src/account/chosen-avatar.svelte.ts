import { toBase64url } from '@undertone/protocol';

/** A picture that was chosen and cropped here, not uploaded yet. */
export class ChosenAvatar {
  #blob = $state.raw<Blob>();
  #url = $state<string>();

  /** For a preview; valid until another picture is chosen. */
  get url(): string | undefined {
    return this.#url;
  }

  choose(blob: Blob): void {
    this.clear();
    this.#blob = blob;
    this.#url = URL.createObjectURL(blob);
  }

  clear(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#blob = undefined;
    this.#url = undefined;
  }

  /** As requests carry it; `undefined` where nothing was chosen. */
  async encoded(): Promise<string | undefined> {
    return this.#blob && toBase64url(new Uint8Array(await this.#blob.arrayBuffer()));
  }
}
