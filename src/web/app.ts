import { Hono } from 'hono';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';
import type { DecisionParts } from '../lists/decision.ts';
import type { List } from '../lists/list.ts';
import { encryptionIdentity, type ListKeyring } from '../trust/list-keys.ts';
import { mayVisitor } from './list-access.ts';

/** What the pages are made from. */
export interface WebParts {
  /** Gives the parts as they are configured now. */
  readonly access: () => DecisionParts;
  readonly keyring: ListKeyring;
  readonly title: () => string;
}

/**
 * Makes the pages that need no login: the lists that anybody may see, and the certificate of each list, which a sender
 * needs to encrypt to it.
 */
export function webApp(parts: WebParts): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        frameAncestors: ["'none'"],
        formAction: ["'none'"],
        baseUri: ["'none'"],
      },
      referrerPolicy: 'no-referrer',
    }),
  );
  app.get('/', async (context) => context.html(page(parts.title(), homePage(await visibleLists(parts)))));
  app.get('/info/:list', async (context) => {
    const list = await findList(parts, context.req.param('list'));
    // A list that is hidden and one that does not exist give the same page.
    if (!list || !(await mayVisitor('info', list, parts.access()))) return context.html(notFound(), 404);
    const identity = encryptionIdentity(await parts.keyring.keysOf(list.directory));
    return context.html(page(list.address, listPage(list, identity !== undefined)));
  });
  app.get('/load_cert/:list', async (context) => {
    const list = await findList(parts, context.req.param('list'));
    const identity = list && encryptionIdentity(await parts.keyring.keysOf(list.directory));
    if (!list || !identity) return context.html(notFound(), 404);
    context.header('Content-Type', 'application/x-x509-email-cert');
    context.header('Content-Disposition', `attachment; filename="${list.address}.cer"`);
    return context.body(new Uint8Array(identity.certificate.der).buffer);
  });
  app.notFound((context) => context.html(notFound(), 404));
  return app;
}

async function visibleLists(parts: WebParts): Promise<readonly List[]> {
  const access = parts.access();
  const visible: List[] = [];
  for (const list of await access.lists.all())
    if (await mayVisitor('visibility', list, access)) visible.push(list);
  return visible;
}

async function findList(parts: WebParts, name: string): Promise<List | undefined> {
  const list = await parts.access().lists.find(name);
  return list?.status === 'open' ? list : undefined;
}

type Markup = ReturnType<typeof html>;

function page(title: string, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body><main><h1>${title}</h1>
${body}
</main></body>
</html>
`;
}

function homePage(lists: readonly List[]): Markup {
  if (lists.length === 0) return html`<p>No list of this site is shown to visitors.</p>`;
  return html`<ul>
${lists.map((list) => html`<li><a href="/info/${list.address}">${list.address}</a> ${list.config.subject ?? ''}</li>\n`)}</ul>`;
}

function listPage(list: List, hasCertificate: boolean): Markup {
  const certificate = hasCertificate
    ? html`<p><a href="/load_cert/${list.address}">Load the certificate of this list</a>, to send it encrypted mail.</p>`
    : html`<p>This list takes no encrypted mail: it has no certificate.</p>`;
  return html`<p>${list.config.subject ?? ''}</p>
<p>Owners: <a href="mailto:${list.name}-request@${list.robot.domain}">${list.name}-request@${list.robot.domain}</a></p>
${certificate}`;
}

function notFound(): Markup {
  return page('Not found', html`<p>There is nothing here that may be shown.</p>`);
}
