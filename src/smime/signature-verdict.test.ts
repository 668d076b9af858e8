import { expect, it } from 'vitest';
import { invalidLayer, type SignatureVerdict, worstVerdict } from './signature-verdict.ts';

const none: SignatureVerdict = { status: 'none', code: null, reason: null };
const noSigner: SignatureVerdict = { status: 'none', code: 'no-signer', reason: 'Nobody signed.' };
const valid: SignatureVerdict = { status: 'valid', code: null, reason: null };
const untrusted: SignatureVerdict = { status: 'untrusted', code: 'no-path', reason: 'No path.' };
const invalid = invalidLayer('not-mail-content');
const alsoInvalid: SignatureVerdict = { status: 'invalid', code: 'bad-signature', reason: 'Bad.' };

it('takes the worst of several verdicts, whatever their order', () => {
  expect(worstVerdict([])).toEqual(none);
  expect(worstVerdict([none, valid])).toEqual(valid);
  expect(worstVerdict([untrusted, valid])).toBe(untrusted);
  expect(worstVerdict([valid, untrusted, invalid])).toBe(invalid);
  expect(worstVerdict([invalid, untrusted])).toBe(invalid);
});

it('lets the first of equal verdicts speak, but for one that says nothing', () => {
  expect(worstVerdict([invalid, alsoInvalid])).toBe(invalid);
  expect(worstVerdict([none, noSigner])).toBe(noSigner);
  expect(worstVerdict([noSigner, none])).toBe(noSigner);
});
