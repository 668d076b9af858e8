import { createHash, type KeyObject } from 'node:crypto';
import { joinBytes } from './asn1-values.ts';
import type { Extension } from './certificate-extensions.ts';
import {
  derBitString,
  derBoolean,
  derContext,
  derEnumerated,
  derExplicit,
  derGeneralizedTime,
  derImplicit,
  derInteger,
  derOid,
  derSequence,
  derSetOf,
  derTime,
} from './der.ts';
import type { ReasonMask } from './distribution-point.ts';
import {
  derExtensions,
  derGeneralNames,
  derPointName,
  derReasons,
  type ExtensionInput,
  type GeneralNameInput,
  makeExtensions,
} from './extension-writers.ts';
import type { Name } from './name.ts';
import { parseNameText } from './name-text.ts';
import { oids } from './oid.ts';
import { readSpki } from './public-key.ts';
import { chooseSignature, makeSignature, type SignOptions } from './signature.ts';

/** A certificate to issue. */
export interface IssueInput extends SignOptions {
  /** A name, or its text by RFC 4514. */
  readonly subject: Name | string;
  /** Default: the subject, as in a self-signed certificate. */
  readonly issuer?: Name | string;
  /** A number, or big-endian bytes: at most 20, not all zero. */
  readonly serialNumber: Uint8Array | number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  readonly extensions?: ExtensionInput;
  readonly signingKey: KeyObject;
}

/**
 * Issues a certificate of version 3.
 *
 * @returns DER
 * @throws PkiError `unsupported-algorithm` when the key cannot sign, `bad-name`
 */
export function issueCertificate(input: IssueInput): Uint8Array {
  const { scheme, algorithm } = chooseSignature(input.signingKey, input);
  const extensions = makeExtensions(input.extensions ?? {});
  const tbs = derSequence(
    derExplicit(0, derInteger(2)),
    derInteger(input.serialNumber),
    algorithm.raw,
    nameOf(input.issuer ?? input.subject).der,
    derSequence(derTime(input.notBeforeMs), derTime(input.notAfterMs)),
    nameOf(input.subject).der,
    spkiBytes(input.publicKey),
    ...(extensions.length === 0 ? [] : [derExplicit(3, derExtensions(extensions))]),
  );
  return derSequence(tbs, algorithm.raw, derBitString(makeSignature(scheme, input.signingKey, tbs)));
}

function nameOf(name: Name | string): Name {
  return typeof name === 'string' ? parseNameText(name) : name;
}

function spkiBytes(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
}

/** Gives the usual key identifier: SHA-1 over the bits of the key, RFC 5280 §4.2.1.2; it names, it protects nothing. */
export function keyIdentifierOf(publicKey: KeyObject): Uint8Array {
  const { key } = readSpki(spkiBytes(publicKey));
  return new Uint8Array(createHash('sha1').update(key).digest());
}

/** One revoked certificate of a CRL to issue. */
export interface RevokedInput {
  readonly serialNumber: Uint8Array | number;
  readonly revokedAtMs: number;
  /** CRLReason, RFC 5280 §5.3.1. */
  readonly reason?: number;
  readonly invalidityDateMs?: number;
  /** The issuer of the certificate, in an indirect CRL. */
  readonly certificateIssuer?: readonly GeneralNameInput[];
  readonly others?: readonly Extension[];
}

/** The scope of a CRL to issue, RFC 5280 §5.2.5. */
export interface IssuingDistributionPointInput {
  readonly fullName?: readonly GeneralNameInput[];
  readonly onlyContainsUserCerts?: boolean;
  readonly onlyContainsCaCerts?: boolean;
  readonly onlySomeReasons?: ReasonMask;
  readonly indirectCrl?: boolean;
  readonly onlyContainsAttributeCerts?: boolean;
}

/** A CRL to issue. */
export interface CrlInput extends SignOptions {
  readonly issuer: Name | string;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs?: number;
  readonly revoked: readonly RevokedInput[];
  readonly crlNumber?: number;
  /** The number of the complete CRL that a delta CRL starts from. */
  readonly deltaCrlIndicator?: number;
  readonly issuingDistributionPoint?: IssuingDistributionPointInput;
  readonly authorityKeyIdentifier?: Uint8Array;
  readonly freshestCrl?: ExtensionInput['freshestCrl'];
  readonly others?: readonly Extension[];
  readonly signingKey: KeyObject;
}

/**
 * Issues a CRL of version 2.
 *
 * @returns DER
 * @throws PkiError `unsupported-algorithm` when the key cannot sign, `bad-name`
 */
export function createCrl(input: CrlInput): Uint8Array {
  const { scheme, algorithm } = chooseSignature(input.signingKey, input);
  const extensions = crlExtensions(input);
  const tbs = derSequence(
    derInteger(1),
    algorithm.raw,
    nameOf(input.issuer).der,
    derTime(input.thisUpdateMs),
    ...(input.nextUpdateMs === undefined ? [] : [derTime(input.nextUpdateMs)]),
    // RFC 5280 §5.1.2.6: absent when nothing is revoked.
    ...(input.revoked.length === 0 ? [] : [derSequence(joinBytes(input.revoked.map(derRevoked)))]),
    ...(extensions.length === 0 ? [] : [derExplicit(0, derExtensions(extensions))]),
  );
  return derSequence(tbs, algorithm.raw, derBitString(makeSignature(scheme, input.signingKey, tbs)));
}

function crlExtensions(input: CrlInput): readonly Extension[] {
  const { crlNumber, deltaCrlIndicator, issuingDistributionPoint } = input;
  const { authorityKeyIdentifier, freshestCrl } = input;
  const own: Extension[] = [];
  if (crlNumber !== undefined)
    own.push({ oid: oids.crlNumber, critical: false, value: derInteger(crlNumber) });
  if (deltaCrlIndicator !== undefined) {
    own.push({ oid: oids.deltaCrlIndicator, critical: true, value: derInteger(deltaCrlIndicator) });
  }
  if (issuingDistributionPoint !== undefined) {
    const value = derIssuingPoint(issuingDistributionPoint);
    own.push({ oid: oids.issuingDistributionPoint, critical: true, value });
  }
  return [...makeExtensions({ authorityKeyIdentifier, freshestCrl }), ...own, ...(input.others ?? [])];
}

function derIssuingPoint(point: IssuingDistributionPointInput): Uint8Array {
  const flag = (tag: number, value: boolean | undefined): Uint8Array[] =>
    value ? [derImplicit(tag, derBoolean(true))] : [];
  return derSequence(
    ...(point.fullName ? [derPointName(point.fullName)] : []),
    ...flag(1, point.onlyContainsUserCerts),
    ...flag(2, point.onlyContainsCaCerts),
    ...(point.onlySomeReasons === undefined ? [] : [derImplicit(3, derReasons(point.onlySomeReasons))]),
    ...flag(4, point.indirectCrl),
    ...flag(5, point.onlyContainsAttributeCerts),
  );
}

function derRevoked(revoked: RevokedInput): Uint8Array {
  const extensions: Extension[] = [];
  if (revoked.reason !== undefined) {
    extensions.push({ oid: oids.reasonCode, critical: false, value: derEnumerated(revoked.reason) });
  }
  if (revoked.invalidityDateMs !== undefined) {
    const value = derGeneralizedTime(revoked.invalidityDateMs);
    extensions.push({ oid: oids.invalidityDate, critical: false, value });
  }
  if (revoked.certificateIssuer !== undefined) {
    const value = derGeneralNames(revoked.certificateIssuer);
    extensions.push({ oid: oids.certificateIssuer, critical: true, value });
  }
  extensions.push(...(revoked.others ?? []));
  return derSequence(
    derInteger(revoked.serialNumber),
    derTime(revoked.revokedAtMs),
    ...(extensions.length === 0 ? [] : [derExtensions(extensions)]),
  );
}

/** A certification request to make. */
export interface RequestInput extends SignOptions {
  readonly subject: Name | string;
  readonly publicKey: KeyObject;
  readonly extensions?: ExtensionInput;
  readonly signingKey: KeyObject;
}

/**
 * Makes a certification request, RFC 2986.
 *
 * @returns DER
 * @throws PkiError `unsupported-algorithm` when the key cannot sign, `bad-name`
 */
export function createRequest(input: RequestInput): Uint8Array {
  const { scheme, algorithm } = chooseSignature(input.signingKey, input);
  const extensions = makeExtensions(input.extensions ?? {});
  const attributes =
    extensions.length === 0
      ? new Uint8Array()
      : derSequence(derOid(oids.extensionRequest), derSetOf(derExtensions(extensions)));
  const info = derSequence(
    derInteger(0),
    nameOf(input.subject).der,
    spkiBytes(input.publicKey),
    derContext(0, attributes, true),
  );
  return derSequence(info, algorithm.raw, derBitString(makeSignature(scheme, input.signingKey, info)));
}
