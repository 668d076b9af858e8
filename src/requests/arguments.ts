import { z } from 'zod';
import { canonicalAddress, parseAddress } from '../mime/address.ts';
import { isOption } from './subscription-options.ts';

/**
 * A list as people name it: `name` or `name@domain`. Whether it is there is looked at later; other characters, which no
 * list has, are not let through, since the name is told to whoever is said to have written it.
 */
export const listArgument = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[\p{L}\p{N}._+@-]+$/u)
  .transform((text) => text.toLowerCase());

/** The name of a list that is to be made; why it cannot be one is looked at later, and told. */
export const newListArgument = z
  .string()
  .min(1)
  .max(256)
  .transform((text) => text.toLowerCase());

/** An address, made canonical. */
export const addressArgument = z
  .string()
  .max(320)
  .transform((text, context) => {
    const address = parseAddress(text.replace(/^<(.*)>$/, '$1'));
    if (address !== undefined) return canonicalAddress(address);
    context.addIssue({ code: 'custom', message: 'no address' });
    return z.NEVER;
  });

/** A display name: one line, no control characters. */
export const gecosArgument = z
  .string()
  .max(200)
  .transform((text) => text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim())
  .optional();

/** A key as it was sent by mail; case does not count. */
export const keyArgument = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9]{16,64}$/)
  .transform((text) => text.toLowerCase());

/** Options of a subscription, one or several words; a word that is no option becomes `?`, and is repeated to nobody. */
export const optionsArgument = z
  .string()
  .min(1)
  .max(200)
  .transform((text) => text.toLowerCase().split(/[\s,]+/))
  .transform((words) => words.map((word) => (isOption(word) ? word : '?')).join(' '));
