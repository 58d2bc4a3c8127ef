import {
  getReasonByHand,
  isAnyType,
  isAnyView,
  isDefaultPrivilege,
  isDefinedType,
  isOnIndex,
  isRemade,
  kinds,
  holdsRows,
  isCheckConstraint,
  isColumn,
  isCompositeType,
  isConstraint,
  isDomain,
  isEnum,
  isExtension,
  isForeignKey,
  isIndex,
  isOperatorClass,
  isOperatorFamily,
  isPartition,
  isPrimaryKey,
  isPrivilege,
  isRoutine,
  isSequence,
} from "../../kinds";
import { type View, nameInFull, makeKey } from "../compare/view";
import type { SchemaObject } from "../read/snapshot";
import { describeObject } from "../read/snapshot";
import { quotePlace, quoteName } from "../../sql/quote";
import { writeAlter, isConvertedByItself, writeRetype } from "./alter";
import { createStatements } from "./create";
import { dropStatement } from "./drop";
import { alterTable, findParent } from "./name";
import { grantSteps } from "./privilege";
import { type Dependencies, findDependencies } from "./dependency";
import { findCircles, rankOf, sortByNeed } from "./order";

/** One difference that is to be mended on the side `here`. */
export interface Change {
  here?: SchemaObject;
  there?: SchemaObject;
  differs: string[];
  /** What the other side most likely calls it. */
  rename?: SchemaObject;
}

export interface Plan {
  here: View;
  there: View;
  /** What is on both sides and not quite the same. */
  pairs: [SchemaObject, SchemaObject][];
  changes: Change[];
  /** What only the other side has, and a pending migration will bring. */
  awaited: Set<SchemaObject>;
}

/** Changes that are made together, with their statements. */
export interface Group {
  changes: Change[];
  statements: string[];
  /**
   * Whether it takes something away that cannot be made again, or follows from that: then it is nobody's but the
   * reader's to run.
   */
  isComment: boolean;
  byHand?: string;
}

/** What one statement or a few do to one object. */
interface Step {
  object: SchemaObject;
  statements: string[];
  change: Change;
  isDrop: boolean;
}

/** What has to be dropped and made anew, because it differs or because something that it needs does. */
interface Remade {
  here: SchemaObject;
  /** What is made in its place; nothing where it is only in the way. */
  there?: SchemaObject;
  change: Change;
}

/**
 * The statements for all changes in groups, in an order that works in one pass: first those that are to be executed,
 * then those that are comments.
 */
export function planSteps(plan: Plan): Group[] {
  const work = startWork(plan);
  for (const change of plan.changes) choose(change, work);
  avoidCollisions(work);
  const steps = makeSteps(work);
  return assemble(work, steps, findNeeds(work, steps));
}

interface Work extends Plan {
  needs: { here: Dependencies; there: Dependencies };
  partner: Map<SchemaObject, SchemaObject>;
  origin: Map<SchemaObject, SchemaObject>;
  ofObject: Map<SchemaObject, Change>;
  /** What leads the changes that are made together. */
  leader: Map<Change, Change>;
  remade: Map<SchemaObject, Remade>;
  /** Columns that get their type anew, since that is made anew. */
  retyped: Map<SchemaObject, Change>;
  /** Columns whose default is taken away for a moment. */
  undefaulted: Map<SchemaObject, Change>;
  /** Partitions that are attached or detached. */
  moved: Set<Change>;
  byHand: Map<Change, string>;
  comments: Set<Change>;
  /** What must be gone before another is made. */
  makesWay: [SchemaObject, SchemaObject][];
  /** What needs no step of its own. */
  covered: Set<Change>;
}

function startWork(plan: Plan): Work {
  const partner = new Map<SchemaObject, SchemaObject>();
  for (const [key, object] of plan.here.objects) {
    const other = plan.there.objects.get(key);
    if (other) partner.set(object, other);
  }
  for (const [here, there] of plan.pairs) partner.set(here, there);
  return {
    ...plan,
    needs: { here: findDependencies(plan.here), there: findDependencies(plan.there) },
    partner,
    origin: new Map([...partner].map(([here, there]) => [there, here])),
    ofObject: new Map(
      plan.changes.flatMap((change) =>
        [change.here, change.there].flatMap((object) => (object ? [[object, change] as const] : [])),
      ),
    ),
    leader: new Map(),
    remade: new Map(),
    retyped: new Map(),
    undefaulted: new Map(),
    moved: new Set(),
    byHand: new Map(),
    comments: new Set(),
    makesWay: [],
    covered: new Set(),
  };
}

function findLeader(change: Change, { leader }: Work): Change {
  let top = change;
  while (leader.has(top)) top = leader.get(top)!;
  return top;
}

function join(one: Change, other: Change | undefined, work: Work): void {
  if (!other) return;
  const [top, below] = [findLeader(one, work), findLeader(other, work)];
  if (top !== below) work.leader.set(below, top);
}

/** Decides what is to be done about one change. */
function choose(change: Change, work: Work): void {
  const { here, there } = change;
  if (!here) {
    chooseCreation(change, there!, work);
    return;
  }
  if (!there) {
    if (isGoneByItself(here, work)) work.covered.add(change);
    else work.comments.add(change);
    return;
  }
  if (here.kind !== there.kind || (isPartition(there.kind) && isMoved(change))) {
    work.moved.add(change);
    return;
  }
  if (writeAlter(here, there, change.differs, sidesOf(work)) === undefined) {
    if (change.differs.includes("invalid") && there.attributes.invalid) work.byHand.set(change, INVALID);
    else if (isColumn(here.kind) && here.attributes.generated && there.attributes.generated) remake(here, change, work);
    else if (isExtension(here.kind)) work.byHand.set(change, getReasonByHand(here.kind)!);
    else if (typeof here.attributes.parent === "string")
      work.byHand.set(change, "it is a part of what its table's parent has");
    else if (!isRemade(here.kind))
      work.byHand.set(change, getReasonByHand(here.kind) ?? "what it holds has to be kept");
    else if (createStatements(there, work.there) === undefined)
      work.byHand.set(change, getReasonByHand(there.kind) ?? "what was read of it does not say enough");
    else remake(here, change, work);
    return;
  }
  if (isColumn(here.kind) && change.differs.some((attribute) => /^(type|collation)$/.test(attribute)))
    clearColumn(here, there, change, work);
}

function chooseCreation(change: Change, there: SchemaObject, work: Work): void {
  const relation = there.relation;
  // what comes with a new table needs no word of its own
  const isOfNew = relation && work.ofObject.has(relation) && work.ofObject.get(relation)!.here === undefined;
  const isInherited =
    isColumn(there.kind) &&
    parentsOf(relation, work.there).some((parent) => {
      const same = sameIn(parent, there, work.there);
      return same !== undefined && work.ofObject.has(same) && work.ofObject.get(same)!.here === undefined;
    });
  if (isColumn(there.kind) && (isOfNew || isInherited || relation?.attributes["of type"] !== undefined))
    work.covered.add(change);
  else if (isIndex(there.kind) && there.attributes.invalid && !/ ON ONLY /.test(String(there.attributes.definition)))
    work.byHand.set(change, INVALID);
  else if (createStatements(there, work.there) === undefined)
    work.byHand.set(change, getReasonByHand(there.kind) ?? "what was read of it does not say enough");
}

const INVALID = "it is invalid on the other side: build it again there";

const sidesOf = ({ here, there }: Work) => ({ here, there });

function isMoved({ differs }: Change): boolean {
  return differs.some((attribute) => /^(bounds|partition of)$/.test(attribute));
}

/** Whether it is gone when what it is a part of is. */
function isGoneByItself(here: SchemaObject, work: Work): boolean {
  const isGone = (object: SchemaObject | undefined) => {
    const change = object && work.ofObject.get(object);
    return change !== undefined && change.there === undefined;
  };
  const { attributes, relation, on, kind } = here;
  if (typeof attributes.parent === "string" || isGone(on) || isGone(on?.relation)) return true;
  if (isGone(relation)) return !isForeignKey(kind) || !isInCircle(here, isGone, work);
  if (isPartition(kind) && isGone(findParent(here, work.here))) return true;
  if (
    (isColumn(kind) || isCheckConstraint(kind)) &&
    parentsOf(relation, work.here).some((parent) => isGone(sameIn(parent, here, work.here)))
  )
    return true;
  const columns = relation ? (work.here.snapshot.columns.get(relation) ?? []) : [];
  if (!isForeignKey(kind) && Array.isArray(attributes.columns))
    return columns.some((column) => (attributes.columns as string[]).includes(column.name) && isGone(column));
  if (isSequence(kind)) {
    const owner = findOwnerColumn(here, work.here);
    if (attributes["of identity"] || isGone(owner) || isGone(owner?.relation)) return true;
    // a serial column that becomes an identity gives it away
    const change = owner && work.ofObject.get(owner);
    return (
      Boolean(change?.there?.attributes.identity) &&
      [...work.there.objects.values()].some((other) => isSequence(other.kind) && nameInFull(other) === nameInFull(here))
    );
  }
  if (isOperatorFamily(kind)) return isGone(work.here.objects.get(makeKey({ ...here, kind: "operator class" })));
  return isColumn(kind) && (relation?.kind === "partition" || relation?.attributes["of type"] !== undefined);
}

/** The tables of which a table is a child. */
function parentsOf(relation: SchemaObject | undefined, view: View): SchemaObject[] {
  if (!relation) return [];
  const parent = isPartition(relation.kind) ? findParent(relation, view) : undefined;
  const names = (relation.attributes.inherits ?? []) as string[];
  return [
    parent,
    ...names.map((name) => view.relations.get(`${relation.schema}.${name}`) ?? view.relations.get(name)),
  ].filter((each): each is SchemaObject => each !== undefined);
}

/** What a table's parent calls the same, a column or a constraint. */
function sameIn(parent: SchemaObject, { kind, name }: SchemaObject, view: View): SchemaObject | undefined {
  return view.snapshot.objects.find((other) => other.kind === kind && other.name === name && other.relation === parent);
}

/** Whether a key of a table that goes leads back to that table: then no table of the circle can go before the key. */
function isInCircle(key: SchemaObject, isGone: (object: SchemaObject) => boolean, work: Work): boolean {
  const targets = (object: SchemaObject) =>
    [...work.needs.here.needs(object)].filter(
      (need) => holdsRows(need.kind) && need !== object.relation && isGone(need),
    );
  const seen = new Set<SchemaObject>();
  const waiting = targets(key);
  for (let table = waiting.pop(); table; table = waiting.pop()) {
    if (table === key.relation) return true;
    if (seen.has(table)) continue;
    seen.add(table);
    for (const part of work.needs.here.neededBy(table))
      if (isForeignKey(part.kind) && part.relation === table) waiting.push(...targets(part));
  }
  return false;
}

function findOwnerColumn(sequence: SchemaObject, view: View): SchemaObject | undefined {
  const key = [...view.sequences].find(([, owned]) => owned === sequence)?.[0];
  return key === undefined
    ? undefined
    : view.snapshot.objects.find(
        (object) => isColumn(object.kind) && `${object.schema}.${object.table}.${object.name}` === key,
      );
}

/** Notes that an object is dropped and made anew, and everything that cannot stay meanwhile with it. */
function remake(here: SchemaObject, change: Change, work: Work, there = work.partner.get(here)): void {
  const known = work.remade.get(here);
  if (known) return join(known.change, change, work);
  work.remade.set(here, { here, there, change });
  join(change, work.ofObject.get(here), work);
  for (const dependent of work.needs.here.neededBy(here)) {
    if (isColumn(dependent.kind) && dependent.relation !== here) dropFromColumn(dependent, here, change, work);
    else if (isColumn(dependent.kind)) continue;
    else if (typeof dependent.attributes.parent === "string") continue;
    else if (isRemade(dependent.kind)) remake(dependent, change, work);
    else work.byHand.set(change, `${describeObject(dependent)} relies on it`);
  }
}

/** What a column has of something that is made anew: its type, its default, or all of it. */
function dropFromColumn(column: SchemaObject, here: SchemaObject, change: Change, work: Work): void {
  if (column.relation?.kind === "partition") return;
  if (
    (isEnum(here.kind) || isDomain(here.kind) || isCompositeType(here.kind)) &&
    !work.needs.here.needs(here).has(column)
  ) {
    join(change, work.ofObject.get(column), work);
    if (work.retyped.has(column)) return;
    work.retyped.set(column, change);
    clearColumn(column, work.partner.get(column) ?? column, change, work, false);
  } else if (column.attributes.generated) remake(column, change, work);
  else if (isColumn(here.kind)) return;
  else if (column.attributes.default !== undefined) {
    join(change, work.ofObject.get(column), work);
    work.undefaulted.set(column, change);
  } else work.byHand.set(change, `${describeObject(column)} relies on it`);
}

/** What does not let a column get another type is made anew. */
function clearColumn(
  here: SchemaObject,
  there: SchemaObject,
  change: Change,
  work: Work,
  follows = isConvertedByItself(String(here.attributes.type), String(there.attributes.type)) &&
    here.attributes.collation === there.attributes.collation,
): void {
  for (const column of [here, ...listInherited(here, work.here)])
    for (const dependent of work.needs.here.neededBy(column)) {
      const onRetype = kinds.get(dependent.kind)?.onRetype;
      const isInTheWay = onRetype === "refused" || (onRetype === "rebuilt" && !follows);
      if (typeof dependent.attributes.parent === "string") continue;
      if (isInTheWay || (isColumn(dependent.kind) && dependent.attributes.generated)) remake(dependent, change, work);
    }
}

/** The same column of the tables that have it from this one's. */
function listInherited(column: SchemaObject, view: View): SchemaObject[] {
  const relation = column.relation!;
  const children = [...view.relations.values()].filter(
    (child) =>
      (isPartition(child.kind) && findParent(child, view) === relation) ||
      ((child.attributes.inherits ?? []) as string[]).some(
        (name) => (view.relations.get(name) ?? view.relations.get(`${child.schema}.${name}`)) === relation,
      ),
  );
  return children.flatMap((child) => {
    const same = (view.snapshot.columns.get(child) ?? []).find(({ name }) => name === column.name);
    return same ? [same, ...listInherited(same, view)] : [];
  });
}

/** Names that two things cannot have at the same time, whatever they are. */
function listClaims(object: SchemaObject, view: View): string[] {
  const { kind, schema, name, relation, attributes } = object;
  const claimed: string[] = [];
  const isIndexThere = isIndex(kind) || isOnIndex(kind);
  const isRelation = holdsRows(kind) || isAnyView(kind) || isSequence(kind) || isCompositeType(kind);
  if (typeof attributes.parent === "string") return [];
  if (isIndexThere || isRelation) claimed.push(`relation ${schema}.${name}`);
  if ((isRelation && !isSequence(kind)) || isAnyType(kind)) claimed.push(`type ${schema}.${name}`);
  if (isRoutine(kind)) claimed.push(`function ${schema}.${name}`);
  if (isConstraint(object.kind)) claimed.push(`constraint ${schema}.${relation?.name}.${name}`);
  if (isPrimaryKey(kind)) claimed.push(`key of ${schema}.${relation?.name}`);
  if (isPartition(kind) && attributes.bounds === "DEFAULT") {
    const parent = findParent(object, view);
    if (parent) claimed.push(`rest of ${nameInFull(parent)}`);
  }
  return claimed;
}

/** What is in the way of something new goes first: at once where it can be made again, in a comment where it cannot. */
function avoidCollisions(work: Work): void {
  const taken = new Map<string, SchemaObject[]>();
  for (const { here, there } of work.changes)
    if (here && !there)
      for (const claim of listClaims(here, work.here)) taken.set(claim, [...(taken.get(claim) ?? []), here]);
  for (const change of work.changes) {
    const { here, there } = change;
    if (here || !there || work.covered.has(change)) continue;
    const inTheWay = new Set(listClaims(there, work.there).flatMap((claim) => taken.get(claim) ?? []));
    if (isPartition(there.kind))
      for (const other of work.changes)
        if (other.here && isPartition(other.here.kind) && !other.there && isOverlapping(other.here, there, work))
          inTheWay.add(other.here);
    for (const old of inTheWay) {
      work.makesWay.push([old, there]);
      const ofIts = work.ofObject.get(old)!;
      const again = isDefinedType(old.kind) && isDefinedType(there.kind) ? there : undefined;
      if (isPartition(old.kind) && isPartition(there.kind)) continue;
      join(change, ofIts, work);
      if (isRemade(old.kind)) work.comments.delete(ofIts);
      else work.comments.add(change);
      remake(old, change, work, again);
      work.remade.get(old)!.there ??= again;
      if (again) work.covered.add(change);
    }
  }
}

/** Whether two partitions of one table could claim the same rows. What cannot be told apart could. */
function isOverlapping(here: SchemaObject, there: SchemaObject, work: Work): boolean {
  const [one, other] = [findParent(here, work.here), findParent(there, work.there)];
  if (!one || !other || nameInFull(one) !== nameInFull(other)) return false;
  const [left, right] = [String(here.attributes.bounds), String(there.attributes.bounds)];
  if (left === "DEFAULT" || right === "DEFAULT") return left === right;
  const range = (bounds: string) => /^FOR VALUES FROM \('([^']*)'\) TO \('([^']*)'\)$/.exec(bounds)?.slice(1);
  const [a, b] = [range(left), range(right)];
  if (a && b) return a[0] < b[1] && b[0] < a[1];
  const values = (bounds: string) => /^FOR VALUES IN \((.*)\)$/s.exec(bounds)?.[1].split(", ");
  const [c, d] = [values(left), values(right)];
  if (c && d) return c.some((value) => d.includes(value));
  const hash = (bounds: string) => /modulus (\d+), remainder (\d+)/i.exec(bounds)?.slice(1).map(Number);
  const [e, f] = [hash(left), hash(right)];
  return !(e && f && e[0] === f[0] && e[1] !== f[1]);
}

/** The steps of every change, and of everything that is made anew for one. */
function makeSteps(work: Work): Step[] {
  const steps: Step[] = [];
  for (const change of work.changes) {
    const { here, there } = change;
    if (work.covered.has(change)) continue;
    if (!here) steps.push(...makeCreation(there!, change, work));
    else if (!there) {
      if (!isRemadeFor(here, work))
        steps.push({ object: here, statements: [takeAway(here, work)], change, isDrop: true });
    } else if (work.moved.has(change)) steps.push(...makeMoves(change, work));
    else if (!work.remade.has(here)) steps.push(makeAlteration(here, there, change, work));
  }
  for (const { here, there, change } of work.remade.values()) steps.push(...makeRemaking(here, there, change, work));
  for (const [column, change] of work.retyped) {
    if (work.ofObject.has(column) && work.ofObject.get(column)!.there) continue;
    if (work.remade.has(column)) continue;
    const to = work.partner.get(column) ?? column;
    steps.push({ object: to, statements: writeRetype(column, to, true), change, isDrop: false });
  }
  for (const [column, change] of work.undefaulted) {
    const to = work.partner.get(column) ?? column;
    const alter = `${alterTable(column)} alter column ${quoteName(column.name)}`;
    steps.push({ object: column, statements: [`${alter} drop default;`], change, isDrop: true });
    const own = work.ofObject.get(column);
    if (!own?.differs.includes("default") && to.attributes.default !== undefined)
      steps.push({ object: to, statements: [`${alter} set default ${to.attributes.default};`], change, isDrop: false });
  }
  return steps;
}

/** The statement that drops what only this side has. */
function takeAway(here: SchemaObject, work: Work): string {
  // a family takes the class of its name with it, and would stay without that
  const family = isOperatorClass(here.kind)
    ? work.here.objects.get(makeKey({ ...here, kind: "operator family" }))
    : undefined;
  return dropStatement(family && work.ofObject.has(family) ? family : here, work.here);
}

/** Whether it is dropped at once, since it is in the way of another. */
function isRemadeFor(here: SchemaObject, work: Work): boolean {
  return work.makesWay.some(([old]) => old === here) && work.remade.has(here);
}

function makeCreation(there: SchemaObject, change: Change, work: Work): Step[] {
  const statements = [...(createStatements(there, work.there) ?? [])];
  if (statements.length) statements.push(...grantsOf(there, work.there, work));
  if (!isSequence(there.kind)) return [{ object: there, statements, change, isDrop: false }];
  // who owns it can be said when that is there, and then it is one thing with it
  const owner = findOwnerColumn(there, work.there);
  const made =
    owner &&
    [owner, owner.relation!]
      .map((object) => work.ofObject.get(object))
      .find((one) => one && !one.here && !work.covered.has(one));
  if (!made || !statements[1]?.includes(" owned by ")) return [{ object: there, statements, change, isDrop: false }];
  work.leader.delete(change);
  join(made, change, work);
  return [
    { object: there, statements: statements.slice(0, 1), change, isDrop: false },
    { object: owner, statements: statements.slice(1), change, isDrop: false },
  ];
}

/** A partition that gets other bounds, another table, or none. */
function makeMoves({ here, there, ...rest }: Change, work: Work): Step[] {
  const change = work.ofObject.get(here!)!;
  const before = findParent(here!, work.here);
  const after = findParent(there!, work.there);
  const others = rest.differs.filter((attribute) => !/^(kind|bounds|partition of|parent)$/.test(attribute));
  const altered = writeAlter({ ...here!, kind: "table" }, { ...there!, kind: "table" }, others, sidesOf(work));
  if (altered === undefined) work.byHand.set(change, "its rows have to be kept");
  const isPartitionThere = isPartition(there!.kind);
  return [
    ...(isPartition(here!.kind) && before
      ? [
          {
            object: here!,
            statements: [`alter table ${quotePlace(before)} detach partition ${quotePlace(here!)};`],
            change,
            isDrop: true,
          },
        ]
      : []),
    {
      object: there!,
      statements: [
        ...(altered ?? []),
        ...(isPartitionThere && after
          ? [`alter table ${quotePlace(after)} attach partition ${quotePlace(there!)} ${there!.attributes.bounds};`]
          : []),
      ],
      change,
      isDrop: false,
    },
  ];
}

function makeAlteration(here: SchemaObject, there: SchemaObject, change: Change, work: Work): Step {
  const isRetyped = work.retyped.has(here);
  const differs = isRetyped
    ? change.differs.filter((attribute) => !/^(type|collation)$/.test(attribute))
    : change.differs;
  const index = there.attributes["replica identity index"];
  const comesWithIndex = work.changes.find(
    (other) =>
      typeof index === "string" &&
      other.there?.relation === there &&
      other.there.name === index &&
      (!other.here || work.remade.has(other.here)),
  );
  if (comesWithIndex) join(comesWithIndex, change, work);
  const own = comesWithIndex ? differs.filter((attribute) => !attribute.startsWith("replica identity")) : differs;
  const altered = writeAlter(here, there, own, sidesOf(work)) ?? [];
  const statements = isRetyped ? [...writeRetype(here, there, true), ...altered] : altered;
  return { object: there, statements, change, isDrop: false };
}

function makeRemaking(here: SchemaObject, there: SchemaObject | undefined, change: Change, work: Work): Step[] {
  const steps: Step[] = [];
  const columns = [...work.retyped.keys()].filter((column) => work.needs.here.needs(column).has(here));
  const goes = here.on !== undefined || isWithin(here, work);
  if (columns.length) {
    const old = { ...here, name: findFreeName(here, work) };
    const word = isDomain(here.kind) ? "domain" : "type";
    steps.push({
      object: here,
      statements: [
        `alter ${word} ${quotePlace(here)} rename to ${quoteName(old.name)};`,
        ...(typeof here.attributes.multirange === "string"
          ? [`alter type ${here.attributes.multirange} rename to ${quoteName(`${old.name}_multi`)};`]
          : []),
      ],
      change,
      isDrop: true,
    });
    steps.push({ object: { ...here, kind: "left over" }, statements: [dropStatement(old)], change, isDrop: false });
  } else if (!goes) steps.push({ object: here, statements: [dropStatement(here, work.here)], change, isDrop: true });
  else steps.push({ object: here, statements: [], change, isDrop: true });
  const again = there ?? (isStayingAway(here, work) ? undefined : here);
  if (!again) {
    // nobody asked for it to go
    if (!goes && !work.makesWay.some(([old]) => old === here)) work.comments.add(change);
    return steps;
  }
  const own = work.ofObject.get(here);
  if (!there && isRisky(here, work)) {
    work.comments.add(change);
    if (own) join(change, own, work);
    return steps;
  }
  const view = there ? work.there : work.here;
  const statements = createStatements(again, view);
  if (statements === undefined)
    work.byHand.set(change, getReasonByHand(again.kind) ?? "what was read of it does not say enough");
  else {
    steps.push({
      object: again,
      statements: [
        ...statements.map((sql) => sql.replace(" INDEX CONCURRENTLY ", " INDEX ")),
        ...(statements.length ? grantsOf(again, view, work) : []),
      ],
      change,
      isDrop: false,
    });
  }
  return steps;
}

/** Whether it is not made again: it makes way for another, or needs what does. */
function isStayingAway(here: SchemaObject, work: Work): boolean {
  if (work.makesWay.some(([old]) => old === here)) return work.remade.get(here)?.there === undefined;
  return [...work.needs.here.needs(here)].some(
    (need) => work.remade.has(need) && work.remade.get(need)!.there === undefined && isStayingAway(need, work),
  );
}

/** What the default privileges of this side give on a new thing, and the other side has not, or the other way round. */
function grantsOf(object: SchemaObject, view: View, work: Work): string[] {
  const on = kinds.get(object.kind)?.defaultPrivileges;
  // what stands as a comment runs when this side's are like the other's
  const rules = [work.here, work.there]
    .flatMap(({ snapshot }) => snapshot.objects)
    .filter(
      ({ kind, name, schema }) =>
        isDefaultPrivilege(kind) && name.endsWith(` on ${on}`) && (schema === null || schema === object.schema),
    );
  const given = new Map<string, string[]>();
  for (const { name, attributes } of rules) {
    const creator = name.slice(0, name.lastIndexOf(" on "));
    for (const entry of attributes.privileges as string[]) {
      const [, role, privilege, option = ""] = /^(.*): (\S+)( with grant option)?$/s.exec(entry)!;
      if (role !== creator && role !== "public")
        given.set(role, [...(given.get(role) ?? []), `${privilege.toLowerCase()}${option}`]);
    }
  }
  const wanted = new Map<string, string[]>();
  for (const other of view.snapshot.objects)
    if (isPrivilege(other.kind) && other.on === object)
      wanted.set(other.name.replace(` on ${object.kind} ${object.name}`, ""), other.attributes.privileges as string[]);
  // everyone may use a new function or type, unless that was taken back
  const isOpen = wanted.get("public")?.length !== 0;
  if (/^(functions|types)$/.test(on ?? "") && isOpen && rules.some(({ schema }) => schema === null))
    given.set("public", []);
  return grantSteps(object, given, wanted);
}

/** Whether it goes with what it is a part of, which is dropped too. */
function isWithin({ relation, attributes }: SchemaObject, work: Work): boolean {
  return relation !== undefined && work.remade.has(relation) && attributes.parent === undefined;
}

/** Whether what only this side has may not work any more with what it needs when that is like the other side's. */
function isRisky(here: SchemaObject, work: Work): boolean {
  return [...work.needs.here.needs(here)].some((need) => {
    const change = work.ofObject.get(need);
    if (change?.there === undefined || change.here === undefined) return false;
    if (!isColumn(need.kind)) return !holdsRows(need.kind);
    return !isConvertedByItself(String(change.here.attributes.type), String(change.there.attributes.type));
  });
}

function findFreeName({ schema, name }: SchemaObject, { here, there }: Work): string {
  const taken = new Set([here, there].flatMap(({ snapshot }) => snapshot.objects.map(nameInFull)));
  for (let number = 0; ; number += 1) {
    const candidate = `${name.slice(0, 50)}_before${number || ""}`;
    if (!taken.has(`${schema}.${candidate}`)) return candidate;
  }
}

/** Which steps each step has to wait for. */
function findNeeds(work: Work, steps: Step[]): (step: Step) => Set<Step> {
  const needs = new Map<Step, Set<Step>>(steps.map((step) => [step, new Set()]));
  const making = new Map<SchemaObject, Step[]>();
  const taking = new Map<SchemaObject, Step[]>();
  const leftOver: Step[] = [];
  for (const step of steps) {
    if (step.object.kind === "left over") leftOver.push(step);
    else {
      const map = step.isDrop ? taking : making;
      map.set(step.object, [...(map.get(step.object) ?? []), step]);
    }
  }
  const wait = (step: Step, others: Iterable<Step>) => {
    for (const other of others) if (other !== step) needs.get(step)!.add(other);
  };
  const makes = (object: SchemaObject): Step[] => {
    const own = making.get(object);
    if (own) return own;
    if (isColumn(object.kind) && object.relation && !work.origin.has(object)) return making.get(object.relation) ?? [];
    return [];
  };
  const takes = (object: SchemaObject): Step[] => {
    const own = taking.get(object);
    if (own?.length) return own;
    const parents = [object.on, object.on?.relation, object.relation].filter((each) => each !== undefined);
    return parents.flatMap((parent) => taking.get(parent) ?? []).slice(0, 1);
  };
  for (const step of steps) {
    const { object, isDrop } = step;
    if (object.kind === "left over") continue;
    if (!isDrop) {
      const isHere = work.ofObject.get(object)?.here === object || work.needs.here.needs(object).size > 0;
      const sides = work.needs.there.wants(object).size || !isHere ? work.needs.there : work.needs.here;
      const wanted = new Set(sides.wants(object));
      if (holdsRows(object.kind) && !work.origin.has(object))
        for (const column of work.there.snapshot.columns.get(object) ?? [])
          for (const each of work.needs.there.wants(column)) wanted.add(each);
      for (const each of wanted) {
        if (each === object) continue;
        wait(step, makes(each));
        // what is restored as this side has it waits for the other side's of what it needs
        const partner = work.partner.get(each);
        if (partner && partner !== object) wait(step, makes(partner));
      }
      const index = object.attributes["replica identity index"];
      if (typeof index === "string" && holdsRows(object.kind) && work.origin.has(object))
        for (const other of steps)
          if (!other.isDrop && other.object.relation === object && other.object.name === index) wait(step, [other]);
      const origin = work.origin.get(object) ?? (work.remade.get(object) ? object : undefined);
      if (origin) wait(step, taking.get(origin) ?? []);
      if (origin && isColumn(origin.kind) && origin.attributes["not null"] && !object.attributes["not null"])
        for (const dependent of work.needs.here.neededBy(origin))
          if (isPrimaryKey(dependent.kind)) wait(step, takes(dependent));
      if (origin && isColumn(origin.kind))
        for (const dependent of work.needs.here.neededBy(origin))
          if (work.remade.has(dependent)) wait(step, takes(dependent));
      if (origin && isColumn(origin.kind))
        for (const same of listInherited(origin, work.here))
          for (const dependent of work.needs.here.neededBy(same))
            if (work.remade.has(dependent)) wait(step, takes(dependent));
    } else {
      for (const dependent of work.needs.here.neededBy(object)) {
        if (!work.remade.has(object) || !isWithin(dependent, work)) wait(step, takes(dependent));
        // what needs it no more when it is like the other side's
        const partner = work.partner.get(dependent);
        if (partner && !work.remade.has(object)) wait(step, making.get(partner) ?? []);
      }
    }
  }
  for (const [old, fresh] of work.makesWay)
    for (const step of making.get(fresh) ?? []) wait(step, taking.get(old) ?? []);
  for (const step of leftOver)
    for (const [column] of work.retyped) wait(step, making.get(work.partner.get(column) ?? column) ?? []);
  const detached = steps.filter(
    ({ object, isDrop }) => isDrop && isPartition(object.kind) && work.origin.size && work.partner.has(object),
  );
  for (const step of steps) if (!step.isDrop && isPartition(step.object.kind)) wait(step, detached);
  return (step) => needs.get(step)!;
}

/** Puts the steps into groups, and the groups in order. */
function assemble(work: Work, steps: Step[], needs: (step: Step) => Set<Step>): Group[] {
  const compareSteps = (a: Step, b: Step) =>
    Number(b.isDrop) - Number(a.isDrop) ||
    (a.isDrop ? rankOf(b.object) - rankOf(a.object) : rankOf(a.object) - rankOf(b.object)) ||
    (describeObject(a.object) < describeObject(b.object) ? -1 : 1);
  const needsOfLeader = (): Map<Change, Set<Change>> => {
    const map = new Map<Change, Set<Change>>();
    for (const step of steps) {
      const own = findLeader(step.change, work);
      if (!map.has(own)) map.set(own, new Set());
      for (const need of needs(step))
        if (findLeader(need.change, work) !== own) map.get(own)!.add(findLeader(need.change, work));
    }
    return map;
  };
  let graph = needsOfLeader();
  for (const circle of findCircles([...graph.keys()], (change) => graph.get(change) ?? []))
    for (const member of circle.slice(1)) join(circle[0], member, work);
  graph = needsOfLeader();
  const members = new Map<Change, Change[]>();
  for (const change of work.changes) {
    const top = findLeader(change, work);
    members.set(top, [...(members.get(top) ?? []), change]);
  }
  const bySteps = new Map<Change, Step[]>();
  for (const step of steps) {
    const top = findLeader(step.change, work);
    bySteps.set(top, [...(bySteps.get(top) ?? []), step]);
  }
  const whole = [...graph.keys()];
  const byHand = new Map<Change, string>();
  const comments = new Set<Change>();
  for (const top of whole) {
    const reasons = (members.get(top) ?? []).flatMap((change) => work.byHand.get(change) ?? []);
    if (reasons.length) byHand.set(top, reasons[0]);
    if (
      (members.get(top) ?? []).some(
        (change) =>
          work.comments.has(change) &&
          bySteps.get(top)!.some((step) => step.change === change || work.remade.has(step.object)),
      )
    )
      comments.add(top);
    for (const { object, isDrop } of bySteps.get(top) ?? []) {
      const awaited = isDrop ? undefined : [...work.needs.there.wants(object)].find((need) => work.awaited.has(need));
      if (awaited) byHand.set(top, `it needs ${describeObject(awaited)}, which a pending migration brings`);
    }
  }
  const order = (a: Change, b: Change) => {
    const [one, other] = [a, b].map((change) => (change.there ?? change.here)!);
    const isDrop = (change: Change) => change.there === undefined;
    if (isDrop(a) && isDrop(b))
      return rankOf(other) - rankOf(one) || (describeObject(one) < describeObject(other) ? -1 : 1);
    return rankOf(one) - rankOf(other) || (describeObject(one) < describeObject(other) ? -1 : 1);
  };
  const sorted = sortByNeed(whole, (change) => graph.get(change) ?? [], order);
  for (const top of sorted) {
    const before = [...(graph.get(top) ?? [])];
    const hand = before.find((need) => byHand.has(need));
    const isOnlyDrop = top.there === undefined && (members.get(top) ?? []).length === 1;
    if (hand && !byHand.has(top) && !isOnlyDrop)
      byHand.set(top, `it waits for ${describeObject((hand.there ?? hand.here)!)}, which is made by hand`);
    if (before.some((need) => comments.has(need))) comments.add(top);
  }
  const groups = sorted.map((top): Group & { weight: number } => {
    const own = bySteps.get(top) ?? [];
    const statements = byHand.has(top)
      ? []
      : sortByNeed(own, (step) => needs(step), compareSteps).flatMap((step) => step.statements);
    const told = (members.get(top) ?? []).filter(
      (change) => !work.covered.has(change) || (change.here !== undefined && change.there !== undefined),
    );
    const changes = told.includes(top) ? [top, ...told.filter((change) => change !== top)] : told;
    return {
      changes,
      statements: [...new Set(statements)],
      isComment: comments.has(top),
      byHand: byHand.get(top),
      weight: byHand.has(top) ? 2 : comments.has(top) ? 1 : 0,
    };
  });
  return groups
    .filter(({ statements, byHand: reason, changes }) => changes.length && (statements.length || reason))
    .sort((a, b) => a.weight - b.weight);
}
