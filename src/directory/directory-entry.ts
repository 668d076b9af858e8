import type { Entry } from 'ldapts';

/** An entry of a directory. */
export interface DirectoryEntry {
  /** Its distinguished name, as the server writes it. */
  readonly name: string;
  /** Gives the values of an attribute as they are on the wire; its name in any case, with options such as `;binary`. */
  values(attribute: string): readonly Uint8Array[];
}

/** Asks the library for every value as bytes, in whatever case the server writes the attribute. */
export class EveryAttribute extends Array<string> {
  override includes(): boolean {
    return true;
  }
}

/** Makes an entry of what the library gives. */
export function entryOf({ dn, ...attributes }: Entry): DirectoryEntry {
  const values = new Map(
    Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), bytesOf(value)]),
  );
  return { name: dn, values: (attribute) => values.get(attribute.toLowerCase()) ?? [] };
}

function bytesOf(value: Entry[string]): readonly Uint8Array[] {
  return [value].flat().map((one) => new Uint8Array(Buffer.from(one as Buffer)));
}
