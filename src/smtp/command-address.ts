/**
 * Tells whether an address can stand between `<` and `>` of MAIL or RCPT without ending its command early. Nothing else
 * is asked of it: whether there is such a mailbox is for the server to say.
 */
export function fitsCommand(address: string): boolean {
  return !/[\r\n\0<>]/.test(address);
}
