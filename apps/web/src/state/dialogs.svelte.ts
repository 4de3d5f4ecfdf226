import type { AccountId, RoomId } from '@undertone/protocol';
import { createContext } from 'svelte';

/** The dialogs of the chat; one is open at a time. */
export type OpenDialog =
  | { readonly kind: 'new-room' }
  | { readonly kind: 'new-thread' }
  | { readonly kind: 'add-people'; readonly room: RoomId }
  | { readonly kind: 'leave'; readonly room: RoomId }
  /** `room`: the room or thread in which the person was looked at. */
  | { readonly kind: 'person'; readonly account: AccountId; readonly room?: RoomId }
  | { readonly kind: 'remove-member'; readonly account: AccountId; readonly room: RoomId }
  | { readonly kind: 'people'; readonly room: RoomId }
  /** Of the server where there is no room. */
  | { readonly kind: 'active-now'; readonly room: RoomId | null }
  | { readonly kind: 'room-level'; readonly room: RoomId }
  | { readonly kind: 'switcher' }
  | { readonly kind: 'shortcuts' }
  | { readonly kind: 'sign-out' };

export class Dialogs {
  #open = $state.raw<OpenDialog | null>(null);

  get current(): OpenDialog | null {
    return this.#open;
  }

  show(dialog: OpenDialog): void {
    this.#open = dialog;
  }

  /** Close `dialog`, unless another one took its place. */
  close(dialog: OpenDialog): void {
    if (this.#open === dialog) this.#open = null;
  }
}

export const [getDialogs, setDialogs] = createContext<Dialogs>();
