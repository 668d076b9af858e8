const maxShownLength = 300;

/**
 * Gives a web or LDAP address as it may stand in a log, an error or an output: without user name and password, query and
 * fragment, any of which may be a secret.
 *
 * @param address any text, an address or not
 */
export function shownAddress(address: string): string {
  const bare = address.replace(/[?#][\s\S]*$/, '');
  // What cannot be read as an address may still have a password in front of an @.
  const shown = URL.canParse(bare) ? withoutUserInfo(new URL(bare)) : bare.replace(/^[\s\S]*@/, '…@');
  return shown.length <= maxShownLength ? shown : `${shown.slice(0, maxShownLength)}…`;
}

function withoutUserInfo(url: URL): string {
  // The setters refuse where there is no host, and there is no user then.
  if (url.host !== '') {
    url.username = '';
    url.password = '';
    return url.href;
  }
  return url.href.replace(/^[\s\S]*@/, '…@');
}
