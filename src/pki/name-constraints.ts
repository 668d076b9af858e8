import type { Certificate } from './certificate.ts';
import type { NameConstraints } from './certificate-extensions.ts';
import { type GeneralName, readSmtpUtf8Mailbox } from './general-name.ts';
import { lowerAscii, type MailName, parseMailName, parseSmtpUtf8MailName } from './mail-name.ts';
import { isEmptyName, isWithinName, type Name, nameTexts } from './name.ts';
import { oids } from './oid.ts';
import { type PathFault, pathFault } from './path-codes.ts';

/** Names times restrictions that are compared for one path. */
const maxComparisons = 1_048_576;

/** Kinds of name whose restrictions are understood. */
type Kind = 'mail' | 'dns' | 'uri' | 'directory' | 'ip';

/** A name of a certificate, sorted by the kind of restriction that holds for it; undefined text is malformed. */
type Subject =
  | { readonly kind: 'mail'; readonly mail: MailName | undefined }
  | { readonly kind: 'dns'; readonly text: string }
  | { readonly kind: 'uri'; readonly host: string | undefined }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'ip'; readonly bytes: Uint8Array }
  | { readonly kind: 'other'; readonly type: GeneralName['type']; readonly oid: string | undefined };

const kinds: Readonly<Partial<Record<GeneralName['type'], Kind>>> = {
  rfc822Name: 'mail',
  dnsName: 'dns',
  uri: 'uri',
  directoryName: 'directory',
  ipAddress: 'ip',
};

/** The restrictions of names that hold at one place of a path, RFC 5280 §6.1.2 (b) and (c). */
export class NameRestrictions {
  readonly #all: NameConstraints[] = [];
  #comparisonsLeft = maxComparisons;

  /** Adds the restrictions of an authority, RFC 5280 §6.1.4 (g): permitted subtrees are intersected. */
  add(constraints: NameConstraints): void {
    this.#all.push(constraints);
  }

  /**
   * Checks every name of a certificate, RFC 5280 §6.1.3 (b) and (c).
   *
   * @returns a fault, or undefined when all names are allowed
   */
  check(certificate: Certificate): PathFault | undefined {
    if (this.#all.length === 0) return undefined;
    const restrictions = this.#all.reduce(
      (sum, each) => sum + each.permitted.length + each.excluded.length,
      0,
    );
    const names = namesOf(certificate);
    this.#comparisonsLeft -= names.length * restrictions;
    if (this.#comparisonsLeft < 0) return pathFault('too-many-names', certificate);
    for (const constraints of this.#all) {
      for (const name of names) {
        const code = checkName(name, constraints);
        if (code !== undefined) return pathFault(code, certificate, describe(name));
      }
    }
    return undefined;
  }
}

function namesOf(certificate: Certificate): readonly Subject[] {
  const { subject, subjectAltName } = certificate;
  const own: Subject[] = isEmptyName(subject) ? [] : [{ kind: 'directory', name: subject }];
  // RFC 5280 §4.2.1.10: restrictions of mail names hold for emailAddress attributes of the subject, too.
  for (const text of nameTexts(subject, oids.emailAddress))
    own.push({ kind: 'mail', mail: parseMailName(text) });
  return [...own, ...subjectAltName.map(subjectOf)];
}

function subjectOf(name: GeneralName): Subject {
  switch (name.type) {
    case 'rfc822Name':
      return { kind: 'mail', mail: parseMailName(name.text) };
    case 'dnsName':
      return { kind: 'dns', text: lowerAscii(name.text) };
    case 'uri':
      return { kind: 'uri', host: hostOfUri(name.text) };
    case 'directoryName':
      return { kind: 'directory', name: name.name };
    case 'ipAddress':
      return { kind: 'ip', bytes: name.bytes };
    case 'otherName':
      return otherSubject(name);
    default:
      return { kind: 'other', type: name.type, oid: undefined };
  }
}

function otherSubject({ oid, value }: Extract<GeneralName, { type: 'otherName' }>): Subject {
  if (oid !== oids.smtpUtf8Mailbox) return { kind: 'other', type: 'otherName', oid };
  // RFC 9598 §6: the restrictions of rfc822Name hold for this kind as well.
  const text = readSmtpUtf8Mailbox(value);
  return { kind: 'mail', mail: text === undefined ? undefined : parseSmtpUtf8MailName(text) };
}

type NameCode = 'name-excluded' | 'name-not-permitted' | 'name-constraint-unsupported';

function checkName(name: Subject, constraints: NameConstraints): NameCode | undefined {
  const permitted = constraints.permitted.filter((base) => isSameKind(name, base));
  const excluded = constraints.excluded.filter((base) => isSameKind(name, base));
  if (permitted.length === 0 && excluded.length === 0) return undefined;
  // RFC 5280 §4.2.1.10: a restriction of another kind is processed, or the certificate refused.
  if (name.kind === 'other') return 'name-constraint-unsupported';
  if (excluded.some((base) => isWithin(name, base, 'excluded') !== false)) return 'name-excluded';
  const isPermitted =
    permitted.length === 0 || permitted.some((base) => isWithin(name, base, 'permitted') === true);
  return isPermitted ? undefined : 'name-not-permitted';
}

function isSameKind(name: Subject, base: GeneralName): boolean {
  if (name.kind !== 'other') return kinds[base.type] === name.kind;
  return base.type === name.type && (base.type !== 'otherName' || base.oid === name.oid);
}

/** Tells whether a name lies in a subtree; undefined when either cannot be read, which is never in one's favour. */
function isWithin(name: Subject, base: GeneralName, side: 'permitted' | 'excluded'): boolean | undefined {
  if (name.kind === 'mail' && base.type === 'rfc822Name') return isWithinMail(name.mail, base.text, side);
  if (name.kind === 'dns' && base.type === 'dnsName') return isWithinDns(name.text, lowerAscii(base.text));
  if (name.kind === 'uri' && base.type === 'uri') return isWithinHost(name.host, lowerAscii(base.text));
  if (name.kind === 'directory' && base.type === 'directoryName') return isWithinName(name.name, base.name);
  if (name.kind === 'ip' && base.type === 'ipAddress') return isWithinNetwork(name.bytes, base.bytes);
  return undefined;
}

// RFC 5280 §4.2.1.10: one mailbox, all of a host, or all hosts of a domain (with a leading dot).
function isWithinMail(
  mail: MailName | undefined,
  base: string,
  side: 'permitted' | 'excluded',
): boolean | undefined {
  if (mail === undefined) return undefined;
  const at = base.lastIndexOf('@');
  if (at < 0) return isWithinHost(mail.domain, lowerAscii(base));
  const localPart = base.slice(0, at);
  // Elsewhere we take local parts that differ in case for one mailbox; so an exclusion must hold for both.
  const isSameLocal =
    mail.localPart === localPart ||
    (side === 'excluded' && lowerAscii(mail.localPart) === lowerAscii(localPart));
  return isSameLocal && mail.domain === lowerAscii(base.slice(at + 1));
}

/** A host by name, or a domain with a leading dot: the hosts below it. */
function isWithinHost(host: string | undefined, base: string): boolean | undefined {
  if (host === undefined) return undefined;
  if (base === '') return true;
  return base.startsWith('.') ? host.length > base.length && host.endsWith(base) : host === base;
}

/** A domain, and with it every name that has more labels on its left. */
function isWithinDns(name: string, base: string): boolean {
  if (base === '' || name === base) return true;
  return name.endsWith(base.startsWith('.') ? base : `.${base}`);
}

// RFC 5280 §4.2.1.10: a URI without an authority that is a domain name is refused where URIs are restricted.
function hostOfUri(uri: string): string | undefined {
  const start = uri.indexOf('://');
  if (start < 0 || uri.length > 2048) return undefined;
  const authority = uri.slice(start + 3).split(/[/?#]/, 1)[0]!;
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:[0-9]*$/, '');
  const isDomain = /^[A-Za-z0-9_.-]+$/.test(host) && /[A-Za-z]/.test(host) && !host.endsWith('.');
  return isDomain ? lowerAscii(host) : undefined;
}

/** Address and mask of four or sixteen octets each. */
function isWithinNetwork(address: Uint8Array, base: Uint8Array): boolean | undefined {
  const size = base.length / 2;
  if ((address.length !== 4 && address.length !== 16) || (size !== 4 && size !== 16)) return undefined;
  if (size !== address.length) return false;
  return address.every(
    (octet, index) => (octet & base[size + index]!) === (base[index]! & base[size + index]!),
  );
}

function describe(name: Subject): string {
  switch (name.kind) {
    case 'mail':
      return name.mail === undefined
        ? 'a malformed mail address'
        : `${name.mail.localPart}@${name.mail.domain}`;
    case 'dns':
      return name.text;
    case 'uri':
      return name.host ?? 'a URI without a host';
    case 'directory':
      return 'its distinguished name';
    case 'ip':
      return 'an IP address';
    case 'other':
      return 'another kind of name';
  }
}
