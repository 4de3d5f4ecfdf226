import { AccountId } from '@undertone/protocol';
import { expect, test } from 'vitest';
import { profileChanges } from './profile-changes.ts';

const profile = {
  id: AccountId.parse('6f9619ff-8b86-4d01-b42d-00cf4fc964ff'),
  username: 'alice',
  displayName: 'Alice',
  avatar: 'hash',
};
const same = { displayName: 'Alice', avatar: undefined, removeAvatar: false };

test('only what differs is sent', () => {
  expect(profileChanges(profile, same)).toEqual({});
  expect(profileChanges(profile, { ...same, displayName: ' Alice ' })).toEqual({});
  expect(profileChanges(profile, { ...same, displayName: 'Ada' })).toEqual({ displayName: 'Ada' });
  expect(profileChanges(profile, { ...same, avatar: 'AAAA' })).toEqual({ avatar: 'AAAA' });
});

test('an emptied name and a removed picture are null', () => {
  expect(profileChanges(profile, { ...same, displayName: ' ' })).toEqual({ displayName: null });
  expect(profileChanges(profile, { ...same, removeAvatar: true })).toEqual({ avatar: null });
  expect(profileChanges({ ...profile, avatar: null }, { ...same, removeAvatar: true })).toEqual({});
});

test('a picture chosen after one was removed wins', () => {
  expect(profileChanges(profile, { ...same, avatar: 'AAAA', removeAvatar: true })).toEqual({ avatar: 'AAAA' });
});
