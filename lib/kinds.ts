/** What is to be known of one kind of schema object. Its SQL stands in `schema/read/object-kinds.ts`. */
export interface Kind {
  /** The catalog that counts its objects. */
  catalog?: string;
  /** The letters that stand for it there, apart by blanks; without them, every row of the catalog is one. */
  letters?: string;
  /** Kinds whose names live in one place: a unique constraint may come back as an index. */
  family?: "table" | "constraint" | "function" | "type";
  /** The server's name spaces that hold its name. */
  names?: readonly NameSpace[];
  /** A relation holds rows of its own, or shows those of others. */
  relation?: "rows" | "view";
  /** Whether an index enforces it, which is compared as this. */
  isOnIndex?: true;
  /** Whether its name is only unique on its table, which stands behind it: `drop trigger x on y`. */
  isNamedOnTable?: true;
  /** Whether it may be told to be the same under another name. */
  isRenamable?: true;
  /** The kind of which it has the usual privileges. */
  privileges?: "table" | "function" | "server" | "type";
  /** Its place in the order in which a schema is made: what it needs has a lower one. */
  rank?: number;
  /** Whether it is the server's own, so that a database on another server has another. */
  isServersOwn?: true;
  /** What DDL calls it, where that is another word. */
  word?: string;
  /** It holds nothing but its definition: it can be dropped and made anew. */
  isRemade?: true;
  /** Why it may have to be made by hand, where that is to be said in its own words. */
  byHand?: string;
  /** What ALTER DEFAULT PRIVILEGES calls such things. */
  defaultPrivileges?: string;
  /**
   * What ALTER COLUMN … TYPE does where it uses the column: the server refuses, or makes it anew, which can fail where
   * the one type does not become the other by itself.
   */
  onRetype?: "refused" | "rebuilt";
  /** Whether definitions of others refer to it by its name alone. */
  isReferredTo?: true;
}

export type NameSpace = "relation" | "type" | "function";

const rows = {
  family: "table",
  relation: "rows",
  names: ["relation", "type"],
  privileges: "table",
  defaultPrivileges: "tables",
} as const;
const view = {
  catalog: "pg_class",
  relation: "view",
  names: ["relation", "type"],
  privileges: "table",
  defaultPrivileges: "tables",
  isRenamable: true,
  isRemade: true,
  onRetype: "refused",
} as const;
const anyType = { catalog: "pg_type", names: ["type"], privileges: "type", rank: 90 } as const;
const type = { ...anyType, family: "type", isRemade: true, defaultPrivileges: "types" } as const;
const routine = {
  catalog: "pg_proc",
  family: "function",
  names: ["function"],
  privileges: "function",
  isRenamable: true,
  isRemade: true,
  defaultPrivileges: "functions",
  rank: 110,
} as const;
const constraint = { catalog: "pg_constraint", family: "constraint", isRemade: true } as const;
const checked = { ...constraint, onRetype: "rebuilt" } as const;
const attached = { isNamedOnTable: true, isRenamable: true, isRemade: true, onRetype: "refused", rank: 260 } as const;
const textSearch = { isRemade: true, isReferredTo: true } as const;

/**
 * The kinds of schema objects, one a row. A new kind is one row; what is read of it, in `schema/read/object-kinds.ts`;
 * and the statements that make it, in `schema/ddl/create.ts` or `uncommon.ts`. `test/kinds.test.ts` says what is
 * missing.
 */
const table = {
  schema: { catalog: "pg_namespace", rank: 0, defaultPrivileges: "schemas" },
  table: { ...rows, catalog: "pg_class", letters: "r p", rank: 150 },
  "foreign table": { ...rows, catalog: "pg_class", letters: "f", rank: 160, isRemade: true },
  partition: { ...rows, catalog: "pg_class", letters: "partition", rank: 170, word: "table" },
  view: { ...view, letters: "v", rank: 220 },
  "materialized view": { ...view, letters: "m", rank: 230 },
  sequence: { catalog: "pg_class", letters: "S", names: ["relation"], rank: 100, defaultPrivileges: "sequences" },
  index: { ...checked, catalog: "pg_class", letters: "i I", rank: 240 },
  column: { rank: 180 },
  "primary key": { ...constraint, letters: "p", isOnIndex: true, rank: 190 },
  "unique constraint": { ...constraint, letters: "u", isOnIndex: true, rank: 190 },
  "exclusion constraint": { ...checked, letters: "x", isOnIndex: true, rank: 190 },
  "check constraint": { ...checked, letters: "c", rank: 200 },
  "foreign key": { ...checked, letters: "f", rank: 210 },
  enum: { ...type, letters: "e", isRenamable: true, word: "type" },
  domain: { ...type, letters: "d", isRenamable: true },
  "composite type": { ...type, letters: "cc", isRenamable: true, word: "type" },
  "range type": { ...type, letters: "r", word: "type" },
  "base type": { ...anyType, letters: "b", byHand: "its functions are in a library that the server has to have" },
  "shell type": {
    ...anyType,
    letters: "p",
    rank: undefined,
    byHand: "it only announces a type that was never made",
  },
  function: {
    ...routine,
    letters: "f w",
    onRetype: "refused",
    byHand: "its code is in a library, or it needs another function that was not read",
  },
  procedure: { ...routine, letters: "p", onRetype: "refused" },
  aggregate: { ...routine, letters: "a" },
  trigger: { ...attached, catalog: "pg_trigger" },
  rule: { ...attached, catalog: "pg_rewrite" },
  policy: { ...attached, catalog: "pg_policy" },
  extension: {
    catalog: "pg_extension",
    rank: 20,
    byHand: "an extension has no way back to an older version, and its version is the server's to have",
  },
  statistics: {
    catalog: "pg_statistic_ext",
    isRenamable: true,
    rank: 250,
    isRemade: true,
    onRetype: "rebuilt",
    isReferredTo: true,
  },
  publication: { catalog: "pg_publication", rank: 270, isRemade: true, onRetype: "refused" },
  subscription: { byHand: "how it connects holds a password, and is not read" },
  collation: { catalog: "pg_collation", names: ["type"], rank: 90, isReferredTo: true },
  cast: { catalog: "pg_cast", rank: 120, isRemade: true },
  operator: { catalog: "pg_operator", rank: 120, isRemade: true },
  "operator class": {
    catalog: "pg_opclass",
    names: ["type"],
    rank: 140,
    isRemade: true,
    isReferredTo: true,
    byHand: "its members are those of a family that it shares",
  },
  "operator family": { catalog: "pg_opfamily", rank: 130, isRemade: true },
  conversion: { catalog: "pg_conversion", rank: 120, isRemade: true },
  "text search configuration": {
    ...textSearch,
    catalog: "pg_ts_config",
    rank: 80,
    byHand: "what its parser calls the kinds of its words is not read",
  },
  "text search dictionary": { ...textSearch, catalog: "pg_ts_dict", rank: 70 },
  "text search parser": { ...textSearch, catalog: "pg_ts_parser", rank: 60 },
  "text search template": { ...textSearch, catalog: "pg_ts_template", rank: 60 },
  "foreign data wrapper": { catalog: "pg_foreign_data_wrapper", privileges: "server", rank: 30, isRemade: true },
  "foreign server": { catalog: "pg_foreign_server", privileges: "server", rank: 40, isRemade: true },
  "user mapping": { rank: 50, byHand: "its options hold passwords, and are not read" },
  language: { catalog: "pg_language", rank: 10, isRemade: true, isReferredTo: true },
  transform: {
    catalog: "pg_transform",
    byHand: "which functions of a language it takes is not for a statement to guess",
  },
  "access method": { catalog: "pg_am", rank: 10, isRemade: true, isReferredTo: true },
  database: { isServersOwn: true, byHand: "it is the whole database's, made when that is" },
  // counted, and not compared
  "large object": { catalog: "pg_largeobject_metadata" },
  // how far the sequences of columns have come, told together
  "sequence position": { isServersOwn: true },
  // who owns what, told together
  owner: { isServersOwn: true },
  // what would act on that which comes after it is made last
  privilege: { rank: 290, isRemade: true },
  comment: { rank: 300, isRemade: true },
  "security label": { rank: 310, isRemade: true },
  "database setting": { rank: 320, isRemade: true },
  "default privilege": { catalog: "pg_default_acl", rank: 330, isRemade: true },
  "event trigger": { catalog: "pg_event_trigger", rank: 340, isRemade: true },
} satisfies Record<string, Kind>;

type KindName = keyof typeof table;

/** What is known of every kind, by its name. */
export const kinds: ReadonlyMap<string, Kind> = new Map(Object.entries(table));

/** The rank of a kind that no row names: after all that others need, before privileges and comments. */
export const usualRank = 280;

/** Letters of catalogs that stand for what is compared as a part of something else. */
const partsOfOthers: Record<string, string> = {
  pg_class: "t c",
  pg_constraint: "t n domain",
  pg_type: "cr cp cv cm cf cS ct array m",
};

/**
 * Which kind a catalog's letter stands for: null where it is compared as a part of something else; where no row of
 * the table names it, the catalog and the letter themselves.
 */
export function findKindOfLetter(catalog: string, letter: string): string | null {
  const rows = [...kinds].filter(([, kind]) => kind.catalog === catalog);
  if (rows.length === 0) return catalog;
  const known = rows.find(([, { letters }]) => letters === undefined || letters.split(" ").includes(letter));
  if (known) return known[0];
  return partsOfOthers[catalog]?.split(" ").includes(letter) ? null : `${catalog} ${letter}`;
}

/** The kinds that a catalog holds. */
export function listKindsOfCatalog(catalog: string): string[] {
  return [...kinds].filter(([, kind]) => kind.catalog === catalog).map(([name]) => name);
}

/**
 * The family of a kind, or the kind itself where it is alone; what a migration calls `type` or `constraint` is one
 * already.
 */
export function getFamily(kind: string): string {
  return kinds.get(kind)?.family ?? kind;
}

type Test = (kind: string | undefined) => boolean;
const named =
  (name: KindName): Test =>
  (kind) =>
    kind === name;
const having =
  (has: (kind: Kind) => boolean): Test =>
  (kind) =>
    has(kinds.get(kind ?? "") ?? {});

/** What a migration says where the file does not tell which constraint, or which object, it is about. */
export const isUntoldConstraint: Test = (kind) => kind === "constraint";
export const isUntoldObject: Test = (kind) => kind === "object";

/** A table, a foreign table or a partition: what has rows of its own. */
export const holdsRows = having(({ relation }) => relation === "rows");
export const isAnyView = having(({ relation }) => relation === "view");
/** A constraint or an index: its name is the server's business. */
export const isConstraintOrIndex = having(({ family }) => family === "constraint");
export const isConstraint = having(({ catalog }) => catalog === constraint.catalog);
export const isOnIndex = having((kind) => kind.isOnIndex === true);
export const isRoutine = having(({ family }) => family === "function");
export const isNamedOnTable = having((kind) => kind.isNamedOnTable === true);
/** A type that is made by its definition alone: no base type, whose functions are in a library. */
export const isDefinedType = having(({ family }) => family === "type");
export const isAnyType = having(({ catalog }) => catalog === anyType.catalog);
/** It holds nothing but its definition. */
export const isRemade = having((kind) => kind.isRemade === true);
export const isReferredTo = having((kind) => kind.isReferredTo === true);
export const isServersOwn = having((kind) => kind.isServersOwn === true);
export const isRenamable = having((kind) => kind.isRenamable === true);

/** Why an object of this kind has to be made by hand, where that is known of the kind. */
export function getReasonByHand(kind: string): string | undefined {
  return kinds.get(kind)?.byHand;
}

export const isTable = named("table");
export const isPartition = named("partition");
export const isView = named("view");
export const isMaterializedView = named("materialized view");
export const isColumn = named("column");
export const isSequence = named("sequence");
export const isIndex = named("index");
export const isPrimaryKey = named("primary key");
export const isForeignKey = named("foreign key");
export const isUniqueConstraint = named("unique constraint");
export const isCheckConstraint = named("check constraint");
export const isEnum = named("enum");
export const isDomain = named("domain");
export const isCompositeType = named("composite type");
export const isFunction = named("function");
export const isAggregate = named("aggregate");
export const isSchema = named("schema");
export const isExtension = named("extension");
export const isOperatorFamily = named("operator family");
export const isComment = named("comment");
export const isPrivilege = named("privilege");
export const isDefaultPrivilege = named("default privilege");
export const isForeignTable = named("foreign table");
export const isForeignServer = named("foreign server");
export const isUserMapping = named("user mapping");
export const isPublication = named("publication");
export const isProcedure = named("procedure");
export const isStatistics = named("statistics");
export const isOperator = named("operator");
export const isOperatorClass = named("operator class");
export const isDatabase = named("database");
export const isTextSearchConfiguration = named("text search configuration");
export const isTextSearchDictionary = named("text search dictionary");
