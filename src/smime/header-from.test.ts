import { describe, expect, it } from 'vitest';
import { headerField } from '../mime/header.ts';
import { matchSender, readHeaderFrom } from './header-from.ts';
import type { SignerReport } from './layer.ts';

function fromOf(body: string) {
  return readHeaderFrom({ fields: [headerField(Buffer.from(`From: ${body}\r\n`))] });
}

function signerWith(...addresses: readonly string[]): SignerReport {
  return { addresses } as unknown as SignerReport;
}

describe('the sender of a signed message', () => {
  it('is told apart from a signer whose certificate names no address at all', () => {
    const from = fromOf('alice@example.org');
    expect(matchSender(from, [signerWith()]).code).toBe('signer-has-no-address');
    expect(matchSender(from, [signerWith('eve@example.org')]).code).toBe('signer-not-sender');
    expect(matchSender(from, [signerWith('alice@example.org')])).toMatchObject({ matches: true, code: null });
  });
});
