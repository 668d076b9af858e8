/** A kind of chain on which we and openssl verify differ; the reasons stand in docs/explanation/path-differences.md. */
export interface PathDifference {
  /** The heading in the document. */
  readonly name: string;
  readonly accepts: 'we' | 'openssl';
  /** The question to which it is limited. */
  readonly question?: string;
  /** What the chain must have for the difference to explain it. */
  readonly features: readonly string[];
}

/** Every difference that random chains are allowed to show. */
export const pathDifferences: readonly PathDifference[] = [
  { name: 'An extended key usage for every purpose', accepts: 'we', features: ['any-eku'] },
  {
    name: 'The revocation of the anchor itself',
    accepts: 'we',
    question: 'revocation',
    features: ['anchor-uncovered'],
  },
  {
    name: 'A mapping out of an anyPolicy that is forbidden',
    accepts: 'openssl',
    features: ['mapping', 'any-policy'],
  },
];
