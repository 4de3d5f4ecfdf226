import { MediaQuery } from 'svelte/reactivity';

/** One pane at a time (phones). The same width stands in the styles of the chat's shell. */
export const narrow = new MediaQuery('(width < 45rem)');
/** Room for the people beside the conversation. */
export const wide = new MediaQuery('(width >= 68rem)');
/** Fingers: Enter makes a new line, and opening a room does not open the keyboard. */
export const touch = new MediaQuery('(pointer: coarse)');
