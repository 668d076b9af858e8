/** What `[…]` in a task model stands for. */
export interface ReferenceValues {
  readonly domain: string;
  /** Seconds since 1970. */
  readonly creationDate: number;
  /** Of the list that the task is about. */
  readonly list?: { readonly name: string; readonly robot: string; readonly ttl: number };
}

/** The references, and what each stands for. */
export const references = {
  'list.name': { meaning: 'name of the list', of: ({ list }) => list?.name },
  'list.robot': { meaning: 'domain of the list', of: ({ list }) => list?.robot },
  'list.ttl': { meaning: 'its parameter `ttl`', of: ({ list }) => list && String(list.ttl) },
  domain: { meaning: 'domain of the list, or the main domain', of: ({ domain }) => domain },
  creation_date: {
    meaning: 'when the task was made, in seconds since 1970',
    of: ({ creationDate }) => String(creationDate),
  },
  execution_date: {
    meaning: 'when a run was due, or when it began where that is more than an hour later',
    of: () => 'execution_date',
  },
} as const satisfies Readonly<
  Record<string, { meaning: string; of: (values: ReferenceValues) => string | undefined }>
>;

/** What makes a model that speaks of a list be about one. */
export const listHint =
  'run it for a list: ssympa task run MODEL --list LIST; a model makes one with create (list(NAME@DOMAIN), …)';

/**
 * Puts the values in for the references of an argument.
 *
 * @param onUnknown called with a name that is no reference, or has no value here, and the offset of its `[`; throws
 */
export function fillReferences(
  text: string,
  values: ReferenceValues,
  onUnknown: (name: string, offset: number) => never,
): string {
  return text.replace(/\[([^[\]]{0,64})\]/g, (_whole, name: string, offset: number) => {
    const known = Object.hasOwn(references, name) ? references[name as keyof typeof references] : undefined;
    return known?.of(values) ?? onUnknown(name, offset);
  });
}
