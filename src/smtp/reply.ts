/** A reply of our own listeners: number, enhanced code and public text, nothing of the inside (RFC 3463). */
export interface ListenerReply {
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
}

/** Every reply that a listener gives by itself. */
export const listenerReplies = {
  stored: { code: 250, enhanced: '2.0.0', text: 'stored' },
  recipientFine: { code: 250, enhanced: '2.1.5', text: 'recipient fine' },
  noSuchAddress: { code: 550, enhanced: '5.1.1', text: 'no such address here' },
  repeatedRecipient: {
    code: 452,
    enhanced: '4.5.3',
    text: 'recipient given twice, a transaction each please',
  },
  listClosed: { code: 550, enhanced: '5.7.1', text: 'the list takes no posts' },
  ownTrouble: { code: 451, enhanced: '4.3.0', text: 'local trouble, try again later' },
  tooMuchAtOnce: { code: 452, enhanced: '4.3.1', text: 'too much mail at once, try again later' },
  tooLarge: { code: 552, enhanced: '5.3.4', text: 'message too large' },
  tooLargeForList: { code: 552, enhanced: '5.2.3', text: 'message larger than the list takes' },
  tooManyHops: { code: 554, enhanced: '5.4.6', text: 'too many hops, this is a loop' },
  strayDot: { code: 554, enhanced: '5.6.0', text: 'a dot stands at a line end that is not CRLF' },
} as const satisfies Readonly<Record<string, ListenerReply>>;
