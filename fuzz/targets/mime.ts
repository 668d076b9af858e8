import { formatField } from '../../src/mime/compose.ts';
import { parseContentDisposition } from '../../src/mime/content-type.ts';
import { editHeader } from '../../src/mime/edit-header.ts';
import {
  bodyBytes,
  decodedBody,
  decodedText,
  type Entity,
  entityBytes,
  parseEntity,
} from '../../src/mime/entity.ts';
import { MimeError } from '../../src/mime/error.ts';
import { addFooter } from '../../src/mime/footer.ts';
import { sameBytes } from '../../src/pki/der.ts';
import { inspectJson } from '../../src/smime/inspect.ts';
import { readMainText } from '../../src/smime/legacy-display.ts';
import { type OpenedMessage, openMessage } from '../../src/smime/open-message.ts';
import { protectHeaders } from '../../src/smime/protect-headers.ts';
import { encrypted, message, plainMessage, signed, textEntity } from '../../test/kit/mail.ts';
import { byteMutators } from '../byte-mutators.ts';
import { alice, board, ca, identities, list, nowMs } from '../identity.ts';
import { bytesOf, corpusFiles } from '../seeds.ts';
import { demand, type FuzzTarget } from '../target.ts';
import { mimeMutators } from '../text-mutators.ts';

const mailCorpora = ['mime-torture', 'mime-mimetools', 'mime-stalwart', 'bounces-sisimai'];
const cryptographicCorpora = [
  'rfc9788-header-protection',
  'protected-headers-draft',
  'thunderbird-smime',
  'rfc4134-examples',
  'openssl-matrix',
  'sympa-samples',
];
const fields = {
  from: 'Alice <alice@example.org>',
  to: 'team@lists.example.org',
  messageId: '<fuzz@example.org>',
};

/** Judges an entity and those within it: each lies in the one around it, and decodes. */
function visit(entity: Entity): void {
  decodedText(entity);
  decodedBody(entity);
  parseContentDisposition(entity.header.fields[0]?.body ?? '');
  for (const child of entity.children) {
    const isInside = child.span.start >= entity.bodySpan.start && child.span.end <= entity.bodySpan.end;
    demand(isInside, 'a part lies within the body that holds it');
    visit(child);
  }
}

/** The parser of MIME, and what rewrites messages: header edits and footers. */
export const mimeTarget: FuzzTarget = {
  name: 'mime',
  errors: [MimeError],
  mutators: [...mimeMutators, ...byteMutators],
  seeds: () => [
    plainMessage(fields, 'words\n'),
    message(fields, signed(textEntity('words'), alice, { atMs: nowMs })),
    ...corpusFiles(mailCorpora, /^(?!README|.*\.(?:json|md)$)/),
  ],
  run: (input) => {
    const entity = parseEntity(input);
    demand(
      sameBytes(
        Buffer.concat([input.subarray(0, entity.bodySpan.start), bodyBytes(entity)]),
        entityBytes(entity),
      ),
      'header and body are the whole entity',
    );
    visit(entity);
    const edited = editHeader(entity, { remove: ['subject'], prepend: [formatField('X-Loop', 'team')] });
    demand(
      sameBytes(bodyBytes(parseEntity(edited)), bodyBytes(entity)),
      'the edit of a header leaves the body',
    );
    for (const mode of ['mime', 'append'] as const)
      parseEntity(addFooter(entity, { text: 'Footer é', position: 'end', mode }));
  },
};

function ownMessages(): readonly Uint8Array[] {
  const entity = textEntity('words');
  const inner = signed(entity, alice, { atMs: nowMs, chain: [ca.certificate] });
  const { payload } = protectHeaders({
    fields: [
      ['From', fields.from],
      ['Subject', 'secret'],
    ],
    entity,
    mode: 'cipher',
  });
  return [
    message(fields, inner),
    message(fields, signed(entity, alice, { atMs: nowMs, opaque: true })),
    message(fields, encrypted(entity, list.certificate)),
    message(fields, encrypted(inner, list.certificate, 'aes-128-cbc')),
    message(fields, encrypted(entity, board.certificate, 'aes-256-cbc')),
    message(fields, payload),
    message(fields, signed(payload, alice, { atMs: nowMs })),
    bytesOf(
      'From: a@example.org\r\nContent-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n',
    ),
  ];
}

/** Opening of whole messages: layers, signatures, decryption, header protection, and the report about them. */
export const messageTarget: FuzzTarget = {
  name: 'message',
  errors: [MimeError],
  mutators: [...mimeMutators, ...byteMutators],
  seeds: () => [
    ...ownMessages(),
    ...corpusFiles(cryptographicCorpora, /\.(?:eml|msg)$/),
    ...corpusFiles(mailCorpora, /\.(?:eml|msg)$/).slice(0, 50),
  ],
  run: (input) => {
    const trust = { trustAnchors: [ca.certificate], untrusted: [], crls: [], crlCheck: 'present' } as const;
    const opened = openMessage(input, { identities, trust, atMs: nowMs, legacy: true });
    demand(isCoherent(opened), 'only a valid signature authenticates');
    JSON.stringify(inspectJson(opened));
    const decrypted = opened.decryption.status === 'opened';
    opened.innermost?.use((bytes) => readMainText(bytes, decrypted));
  },
};

function isCoherent({ authenticationMethod, signature, senderMatches, headerFrom }: OpenedMessage): boolean {
  if (authenticationMethod !== 'smime') return true;
  return signature.status === 'valid' && senderMatches === true && headerFrom.length === 1;
}
