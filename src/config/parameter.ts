import { z } from 'zod';
import type { Relocate, ValueType } from './value-types.ts';

/** What the reference page and the error messages know of a parameter. */
export interface ParameterInfo extends ParameterOptions {
  /** What it is for: one or two sentences. */
  readonly description: string;
  /** The heading that it stands under. */
  readonly group: string;
  /** The form of its value in words; empty for a paragraph. */
  readonly form: string;
  /** Its default as it would be written. */
  readonly default?: string;
  /** True where it must be set. */
  readonly isRequired?: boolean;
  /** True where it may stand several times. */
  readonly repeats?: boolean;
  readonly relocate?: Relocate;
  readonly isSecret?: boolean;
  /** Set where a file with the parameter loads, but nothing of this version looks at it. */
  readonly effect?: 'none yet';
  /** The parameters of a paragraph. */
  readonly members?: ParameterShape;
}

/** What a table may say of a parameter beside its type and description. */
export interface ParameterOptions {
  /** What a bare number counts. */
  readonly unit?: string;
  /** Older or other names of the same parameter; `PARAGRAPH.NAME` is reached by them too. */
  readonly aliases?: readonly string[];
  /** True where only `sympa.conf` may set it. */
  readonly siteOnly?: boolean;
}

/** The parameters of a file, or of a paragraph, by name. */
export type ParameterShape = Readonly<Record<string, z.ZodType>>;

/** What a paragraph of these parameters holds once it is read. */
export type ShapeOutput<Shape extends ParameterShape> = {
  readonly [Name in keyof Shape]: z.output<Shape[Name]>;
};

const registry = new WeakMap<z.ZodType, ParameterInfo>();

/** Gives what is known of a parameter. */
export function infoOf(schema: z.ZodType): ParameterInfo {
  const info = registry.get(schema);
  if (!info) throw new Error('a parameter of the schema was not made by a ParameterGroup');
  return info;
}

/** Makes the parameters that stand under one heading of the reference. */
export class ParameterGroup {
  readonly #group: string;
  readonly #effect: 'none yet' | undefined;

  /** @param effect `none yet` for parameters that this version reads and does not look at */
  constructor(group: string, effect?: 'none yet') {
    this.#group = group;
    this.#effect = effect;
  }

  /** Makes a parameter that has a default, written as it would stand in the file. */
  value<T>(
    type: ValueType<T>,
    defaultText: string,
    description: string,
    options?: ParameterOptions,
  ): z.ZodType<T> {
    const schema = z.string().default(defaultText).pipe(type.schema);
    return this.#register(schema, type, { description, default: defaultText, ...options });
  }

  /** Makes a parameter that may be left out. */
  optional<T>(type: ValueType<T>, description: string, options?: ParameterOptions): z.ZodType<T | undefined> {
    return this.#register(type.schema.optional(), type, { description, ...options });
  }

  /** Makes a parameter that must be there. */
  required<T>(type: ValueType<T>, description: string, options?: ParameterOptions): z.ZodType<T> {
    // A schema of its own: what is known of a parameter hangs on it, and value types are shared.
    return this.#register(type.schema.clone(), type, { description, isRequired: true, ...options });
  }

  /** Makes a parameter that may stand several times; its values in the order of the file. */
  repeated<T>(type: ValueType<T>, description: string, options?: ParameterOptions): z.ZodType<readonly T[]> {
    const schema = z.array(type.schema).default([]) as unknown as z.ZodType<readonly T[]>;
    return this.#register(schema, type, { description, repeats: true, ...options });
  }

  /** Makes a paragraph that stands at most once; its members keep their defaults when it is left out. */
  paragraph<Shape extends ParameterShape>(
    members: Shape,
    description: string,
    options?: ParameterOptions,
  ): z.ZodType<ShapeOutput<Shape>> {
    const schema = z.strictObject(members).prefault({} as never) as unknown as z.ZodType<ShapeOutput<Shape>>;
    return this.#register(schema, { form: '' }, { description, members, ...options });
  }

  /** Makes a paragraph that may stand several times. */
  paragraphs<Shape extends ParameterShape>(
    members: Shape,
    description: string,
    options?: ParameterOptions,
  ): z.ZodType<readonly ShapeOutput<Shape>[]> {
    const schema = z.array(z.strictObject(members)).default([]);
    const typed = schema as unknown as z.ZodType<readonly ShapeOutput<Shape>[]>;
    return this.#register(typed, { form: '' }, { description, members, repeats: true, ...options });
  }

  #register<S extends z.ZodType>(
    schema: S,
    type: Pick<ValueType<unknown>, 'form' | 'relocate' | 'isSecret'>,
    info: Omit<ParameterInfo, 'group' | 'form' | 'effect'>,
  ): S {
    const { form, relocate, isSecret } = type;
    registry.set(schema, {
      ...info,
      group: this.#group,
      form,
      ...(relocate && { relocate }),
      ...(isSecret && { isSecret }),
      ...(this.#effect && { effect: this.#effect }),
    });
    return schema;
  }
}
