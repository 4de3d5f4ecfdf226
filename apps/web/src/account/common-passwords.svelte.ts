import type { CommonPasswords } from '@undertone/protocol';
import listUrl from '@undertone/protocol/common-passwords.json?url';
import { fetchCommonPasswords } from './fetch-common-passwords.ts';

/**
 * The list of common passwords, fetched as data when a password field first gets the focus. `undefined` until it is there; if it
 * cannot be had, the next focus tries again and the server decides meanwhile.
 */
export class CommonPasswordList {
  #list = $state.raw<CommonPasswords>();
  #loading = false;

  get list(): CommonPasswords | undefined {
    return this.#list;
  }

  async load(): Promise<void> {
    if (this.#list !== undefined || this.#loading) return;
    this.#loading = true;
    this.#list = await fetchCommonPasswords(listUrl);
    this.#loading = false;
  }
}
