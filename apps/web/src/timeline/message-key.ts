import type { MessageRow, MessageTarget } from '@undertone/client/view';

/**
 * What a message is known by: an id is its sender's word, and someone else may say the same one; only with the device is it one message's
 * (SPEC L4). Without the `seq`, which a message gets on its way.
 */
export const messageKey = ({ device, id }: Pick<MessageRow, 'device' | 'id'>): string => `${device}/${id}`;

/** Whether `row` is the message that was meant. */
export const isTarget = (row: MessageRow, target: MessageTarget): boolean =>
  row.seq === target.seq && row.device === target.device && row.id === target.id;
