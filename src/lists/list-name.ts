import type { RobotParameters } from '../config/site-parameters.ts';
import { ListsError } from './error.ts';

/** Longest name: with its longest suffix, `-unsubscribe`, it fits into a local part. RFC 5321 §4.5.3.1.1. */
export const maxListNameLength = 50;

const form = /^[a-z0-9][a-z0-9._+-]*$/;

/** Local parts that the service takes mail for itself. */
const ownLocalParts = ['postmaster', 'abuse', 'abuse-feedback-report', 'mailer-daemon'];

/**
 * Tells whether a text has the form of a list's name: lower-case letters, digits, `-`, `.`, `_`, `+`, a letter or digit
 * first, no two dots in a row and none at the end. Such a name is a file name and a local part without quotes.
 */
export function isListName(name: string): boolean {
  return name.length <= maxListNameLength && form.test(name) && !name.includes('..') && !name.endsWith('.');
}

/**
 * Checks the name of a list that is to be made.
 *
 * @throws ListsError `bad-list-name`, `reserved-list-name`
 */
export function checkNewListName(name: string, conf: RobotParameters): void {
  if (!isListName(name)) {
    const hint = `use lower-case letters, digits, "-", "_", "+" and single dots, at most ${maxListNameLength} characters`;
    throw new ListsError(
      'bad-list-name',
      `${JSON.stringify(name.slice(0, 80))} cannot be the name of a list`,
      { hint },
    );
  }
  const suffix = conf.list_check_suffixes.find((one) => name.endsWith(`-${one}`));
  if (suffix !== undefined)
    throw new ListsError(
      'reserved-list-name',
      `the ending -${suffix} belongs to the addresses of other lists`,
    );
  if (name.endsWith(conf.return_path_suffix))
    throw new ListsError(
      'reserved-list-name',
      `the ending ${conf.return_path_suffix} belongs to the addresses of other lists`,
    );
  const { email, listmaster_email: listmaster, bounce_email_prefix: bounce } = conf;
  const reserved = [...ownLocalParts, email, listmaster, bounce].map((one) => one.toLowerCase());
  if (reserved.includes(name) || name.startsWith(`${bounce}+`))
    throw new ListsError('reserved-list-name', `${name} is an address of the service itself`);
  if (conf.prohibited_listnames?.some((one) => fitsWildcard(name, one.toLowerCase())))
    throw new ListsError('reserved-list-name', `prohibited_listnames forbids the name ${name}`);
}

/** Tells whether a name fits a text in which `*` stands for any characters; linear in the length of both together. */
function fitsWildcard(name: string, wildcard: string): boolean {
  const [first = '', ...others] = wildcard.split('*');
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  let position = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return position <= name.length - last.length;
}
