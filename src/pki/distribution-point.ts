import { type Asn1, isContext, readBitString, readBoolean, readExplicit, readSequence } from './der.ts';
import { PkiError } from './error.ts';
import { type GeneralName, readGeneralNames } from './general-name.ts';
import { rdnKey, readRdn } from './name.ts';

/** DistributionPointName, RFC 5280 §4.2.1.13: full names, or what a relative one is compared by. */
export type DistributionPointName =
  | { readonly type: 'full'; readonly names: readonly GeneralName[] }
  | { readonly type: 'relative'; readonly rdnKey: string };

/** Reasons of revocation as a set of bits: bit n of ReasonFlags is `1 << n`. */
export type ReasonMask = number;

/** Every reason of ReasonFlags but the unused bit 0, RFC 5280 §4.2.1.13. */
export const allReasons: ReasonMask = 0b1_1111_1110;

/** A DistributionPoint, RFC 5280 §4.2.1.13. */
export interface DistributionPoint {
  readonly name: DistributionPointName | undefined;
  /** The reasons that its CRL covers; all when it names none. */
  readonly reasons: ReasonMask;
  readonly crlIssuer: readonly GeneralName[] | undefined;
}

/** An IssuingDistributionPoint, RFC 5280 §5.2.5. */
export interface IssuingDistributionPoint {
  readonly name: DistributionPointName | undefined;
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCaCerts: boolean;
  readonly onlySomeReasons: ReasonMask | undefined;
  readonly indirectCrl: boolean;
  readonly onlyContainsAttributeCerts: boolean;
}

const maxDistributionPoints = 64;

/**
 * Reads CRLDistributionPoints, also the content of FreshestCRL.
 *
 * @throws PkiError `asn1-type`, `asn1-value`, `too-big`
 */
export function readDistributionPoints(node: Asn1): readonly DistributionPoint[] {
  const points = readSequence(node, 'the distribution points');
  if (points.length === 0) throw new PkiError('asn1-value', 'the list of distribution points is empty');
  if (points.length > maxDistributionPoints)
    throw new PkiError('too-big', 'there are too many distribution points');
  return points.map(readDistributionPoint);
}

function readDistributionPoint(node: Asn1): DistributionPoint {
  const { name, reasons, crlIssuer } = pick(node, ['name', 'reasons', 'crlIssuer']);
  // RFC 5280 §4.2.1.13: a point must not consist of reasons alone.
  if (name === undefined && crlIssuer === undefined) {
    throw new PkiError('asn1-value', 'a distribution point has neither a name nor an issuer');
  }
  return {
    name: name && readPointName(name),
    reasons: reasons ? readReasons(reasons) : allReasons,
    crlIssuer: crlIssuer && readGeneralNames(crlIssuer, 'the CRL issuer of a distribution point'),
  };
}

/**
 * Reads an IssuingDistributionPoint.
 *
 * @throws PkiError `asn1-type`, `asn1-value`
 */
export function readIssuingDistributionPoint(node: Asn1): IssuingDistributionPoint {
  const { name, user, ca, reasons, indirect, attribute } = pick(node, [
    'name',
    'user',
    'ca',
    'reasons',
    'indirect',
    'attribute',
  ]);
  const flag = (value: Asn1 | undefined): boolean => value !== undefined && readBoolean(value);
  const scope = [flag(user), flag(ca), flag(attribute)];
  // RFC 5280 §5.2.5: at most one of the three may be true.
  if (scope.filter(Boolean).length > 1)
    throw new PkiError('asn1-value', 'a CRL has two scopes that exclude each other');
  return {
    name: name && readPointName(name),
    onlyContainsUserCerts: scope[0]!,
    onlyContainsCaCerts: scope[1]!,
    onlySomeReasons: reasons && readReasons(reasons),
    indirectCrl: flag(indirect),
    onlyContainsAttributeCerts: scope[2]!,
  };
}

/** Gives optional members by their context tags, which must rise. */
function pick<Key extends string>(node: Asn1, keys: readonly Key[]): Readonly<Partial<Record<Key, Asn1>>> {
  const found: Partial<Record<Key, Asn1>> = {};
  let last = -1;
  for (const member of readSequence(node, 'a distribution point')) {
    const key = keys[member.tag];
    if (!isContext(member, member.tag) || key === undefined || member.tag <= last) {
      throw new PkiError('asn1-type', 'a distribution point has a member that does not belong there');
    }
    found[key] = member;
    last = member.tag;
  }
  return found;
}

function readPointName(node: Asn1): DistributionPointName {
  const choice = readExplicit(node);
  if (isContext(choice, 0))
    return { type: 'full', names: readGeneralNames(choice, 'a distribution point name') };
  if (!isContext(choice, 1)) throw new PkiError('asn1-type', 'the name of a distribution point is malformed');
  return { type: 'relative', rdnKey: rdnKey(readRdn(choice)) };
}

function readReasons(node: Asn1): ReasonMask {
  const { bytes } = readBitString(node, 'a set of reasons');
  let mask = 0;
  for (let bit = 0; bit < Math.min(bytes.length * 8, 9); bit += 1) {
    if ((bytes[bit >> 3]! & (0x80 >> (bit & 7))) !== 0) mask |= 1 << bit;
  }
  return mask & allReasons;
}
