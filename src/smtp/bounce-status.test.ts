import { expect, it } from 'vitest';
import { classOfStatus } from './bounce-status.ts';

it.each([
  ['5.1.1', { isPermanent: true, isOfRecipient: true, isOfMailbox: true }],
  ['5.0.0', { isPermanent: true, isOfRecipient: true, isOfMailbox: false }],
  ['4.4.7', { isPermanent: false, isOfRecipient: true, isOfMailbox: false }],
  ['4.2.2', { isPermanent: false, isOfRecipient: true, isOfMailbox: true }],
  ['5.7.1', { isPermanent: true, isOfRecipient: false, isOfMailbox: false }],
  ['4.6.3', { isPermanent: false, isOfRecipient: false, isOfMailbox: false }],
  ['5.1.0', { isPermanent: true, isOfRecipient: true, isOfMailbox: false }],
  ['5.1.20', { isPermanent: true, isOfRecipient: false, isOfMailbox: false }],
  ['5.1.90', { isPermanent: true, isOfRecipient: false, isOfMailbox: false }],
  ['5.1.8', { isPermanent: true, isOfRecipient: false, isOfMailbox: false }],
  ['5.2.3', { isPermanent: true, isOfRecipient: false, isOfMailbox: false }],
  ['5.3.4', { isPermanent: true, isOfRecipient: false, isOfMailbox: false }],
  ['2.1.5', undefined],
  ['', undefined],
])('the status %s is of its class', (status, expected) => {
  expect(classOfStatus(status)).toEqual(expected);
});
