import { type Asn1, readAsn1 } from '../../src/pki/asn1.ts';
import { derValue } from '../../src/pki/der.ts';

/** A DER value that can be taken apart and changed: tests build hostile structures from honest ones with it. */
export interface DerTree {
  /** The identifier octet. */
  readonly identifier: number;
  readonly members: readonly DerTree[] | undefined;
  readonly content: Uint8Array;
}

/** Reads a value that our own writer made. */
export function treeOf(der: Uint8Array): DerTree {
  return toTree(readAsn1(der, { strict: true }));
}

function toTree(node: Asn1): DerTree {
  return {
    identifier: node.raw[0]!,
    members: node.constructed ? node.children.map(toTree) : undefined,
    content: node.content,
  };
}

/** Writes a tree. */
export function derOf(tree: DerTree): Uint8Array {
  return tree.members
    ? derValue(tree.identifier, ...tree.members.map(derOf))
    : derValue(tree.identifier, tree.content);
}

/**
 * Gives a tree in which one value is another.
 *
 * @param path positions of the members that lead to it, from the top
 */
export function replaceAt(
  tree: DerTree,
  path: readonly number[],
  change: (old: DerTree) => DerTree | undefined,
): DerTree {
  const [position, ...rest] = path;
  if (position === undefined) return change(tree)!;
  const members = tree.members!.flatMap((member, index) => {
    if (index !== position) return [member];
    const changed = rest.length === 0 ? change(member) : replaceAt(member, rest, change);
    return changed ? [changed] : [];
  });
  return { ...tree, members };
}

/** Finds the value that a path leads to. */
export function at(tree: DerTree, path: readonly number[]): DerTree {
  return path.reduce((node, position) => node.members![position]!, tree);
}

/** Makes a constructed value. */
export function node(identifier: number, ...members: readonly DerTree[]): DerTree {
  return { identifier, members, content: new Uint8Array(0) };
}

/** Makes a primitive value. */
export function leaf(identifier: number, content: Uint8Array): DerTree {
  return { identifier, members: undefined, content };
}
