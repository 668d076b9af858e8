import { makeAlgorithm } from '../pki/algorithm.ts';

/** Writes an AlgorithmIdentifier; without `parameters` the field is absent. */
export function derAlgorithm(oid: string, parameters?: Uint8Array): Uint8Array {
  return makeAlgorithm(oid, parameters).raw;
}

/** Tells whether parameters are absent or NULL, the two forms that most algorithms of RFC 3370 and RFC 5754 allow. */
export function isAbsentOrNull(parameters: Uint8Array | undefined): boolean {
  return parameters === undefined || (parameters.length === 2 && parameters[0] === 5 && parameters[1] === 0);
}
