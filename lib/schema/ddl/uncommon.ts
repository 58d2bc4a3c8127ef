import { isDomain } from "../../kinds";
import { type View, makeKey } from "../compare/view";
import type { Attributes, SchemaObject } from "../read/snapshot";
import { quoteLiteral, quotePlace, quoteName, writeSettingValue } from "../../sql/quote";

/** Statements for kinds that most applications do not have. Nothing where what was read does not say enough. */
export const CREATE_UNCOMMON: Record<string, (object: SchemaObject, view: View) => string[] | undefined> = {
  aggregate: (object) => {
    const read = object.attributes.aggregate as Record<string, string | number | boolean | null>;
    const given = (name: string, key: string) =>
      read[key] === null || read[key] === undefined || read[key] === "-" ? [] : [`${name} = ${read[key]}`];
    const text = (name: string, key: string) =>
      typeof read[key] === "string" ? [`${name} = ${quoteLiteral(String(read[key]))}`] : [];
    const modify = (name: string, key: string) =>
      read[key] === undefined || read[key] === null ? [] : [`${name} = ${MODIFIES[String(read[key])]}`];
    const parts = [
      ...given("sfunc", "transition"),
      ...given("stype", "state"),
      ...given("sspace", "space"),
      ...given("finalfunc", "final"),
      ...(read["final extra"] ? ["finalfunc_extra"] : []),
      ...modify("finalfunc_modify", "final modifies"),
      ...given("combinefunc", "combine"),
      ...given("serialfunc", "serialize"),
      ...given("deserialfunc", "deserialize"),
      ...text("initcond", "initial"),
      ...given("msfunc", "moving transition"),
      ...given("minvfunc", "moving inverse"),
      ...given("mstype", "moving state"),
      ...given("mfinalfunc", "moving final"),
      ...text("minitcond", "moving initial"),
      ...(typeof read["sort operator"] === "string"
        ? [`sortop = operator(${read["sort operator"].replace(/\(.*/s, "")})`]
        : []),
      ...(object.attributes.parallel ? [`parallel = ${object.attributes.parallel}`] : []),
      ...(read.kind === "h" ? ["hypothetical"] : []),
    ];
    const parameters = String(object.attributes.arguments ?? "") || "*";
    return [
      `create aggregate ` +
        `${nameInSchema(object, quoteName(object.name.slice(0, object.name.indexOf("("))))}(${parameters}) ` +
        `(${parts.join(", ")});`,
    ];
  },
  cast: ({ name, attributes }) => {
    const how = { f: `with function ${attributes.function}`, i: "with inout", b: "without function" }[
      String(attributes.method)
    ];
    return [
      `create cast ${name} ${how}${{ a: " as assignment", i: " as implicit" }[String(attributes.context)] ?? ""};`,
    ];
  },
  operator: (object) => {
    const { function: code, commutator, negator, restrict, join, merges, hashes } = object.attributes;
    const [, symbol, left, right] = /^(.*?)\((.*), (.*?)\)$/s.exec(object.name)!;
    const other = (value: unknown) => `operator(${String(value).replace(/\(.*/s, "")})`;
    const parts = [
      `function = ${String(code).replace(/\(.*/s, "")}`,
      ...(left === "-" ? [] : [`leftarg = ${left}`]),
      `rightarg = ${right}`,
      ...(commutator ? [`commutator = ${other(commutator)}`] : []),
      ...(negator ? [`negator = ${other(negator)}`] : []),
      ...(restrict ? [`restrict = ${restrict}`] : []),
      ...(join ? [`join = ${join}`] : []),
      ...(merges ? ["merges"] : []),
      ...(hashes ? ["hashes"] : []),
    ];
    return [`create operator ${nameInSchema(object, symbol)} (${parts.join(", ")});`];
  },
  "operator family": (object, view) => {
    // a class that names no family brings one of its own name, with its members
    if (view.objects.has(makeKey({ ...object, kind: "operator class" }))) return [];
    const [name, method] = splitNameAndMethod(object);
    const members = writeMembers(object);
    return [
      `create operator family ${name} using ${method};`,
      ...(members.length ? [`alter operator family ${name} using ${method} add ${members.join(", ")};`] : []),
    ];
  },
  "operator class": (object, view) => {
    const { type, default: isDefault, storage, family } = object.attributes;
    const [name, method] = splitNameAndMethod(object);
    const own = view.objects.get(
      makeKey({ kind: "operator family", schema: object.schema, table: null, name: object.name, attributes: {} }),
    );
    if (!own || family !== object.name.replace(/ using .*/, "")) return undefined;
    return [
      `create operator class ${name}${isDefault ? " default" : ""} for type ${type} using ${method} as ` +
        `${[...writeMembers(own), ...(storage ? [`storage ${storage}`] : [])].join(", ")};`,
    ];
  },
  "text search configuration": (object) => {
    const read = (object.attributes.mappings ?? []) as string[];
    // what another parser calls the kinds of its words is not known
    if (object.attributes.parser !== "default" && read.length) return undefined;
    const mappings = new Map<string, string[]>();
    for (const mapping of read) {
      const [, number, dictionary] = /^(\d+): (.*)$/.exec(mapping)!;
      const token = TOKENS[Number(number) - 1];
      mappings.set(token, [...(mappings.get(token) ?? []), dictionary]);
    }
    const add = [...mappings].map(
      ([token, dictionaries]) =>
        `alter text search configuration ${quotePlace(object)} add mapping for ${token} with ` +
        `${dictionaries.join(", ")};`,
    );
    return [
      `create text search configuration ${quotePlace(object)} (parser = ` +
        `${quoteName(String(object.attributes.parser))});`,
      ...add,
    ];
  },
  "text search dictionary": (object) => [
    `create text search dictionary ${quotePlace(object)} (template = ` +
      `${quoteName(String(object.attributes.template))}${object.attributes.options ? `, ${object.attributes.options}` : ""});`,
  ],
  "text search parser": (object) => {
    const [start, token, end, headline, types] = object.attributes.functions as string[];
    return [
      `create text search parser ${quotePlace(object)} (start = ${start}, gettoken = ${token}, end = ` +
        `${end}, ${headline === "-" ? "" : `headline = ${headline}, `}lextypes = ${types});`,
    ];
  },
  "text search template": (object) => {
    const [init, lexize] = object.attributes.functions as string[];
    return [
      `create text search template ${quotePlace(object)} (${init === "-" ? "" : `init = ${init}, `}lexize = ` +
        `${lexize});`,
    ];
  },
  "foreign data wrapper": (object) => {
    const { handler, validator, options } = object.attributes;
    const named = (word: string, value: unknown) => (value ? ` ${word} ${String(value).replace(/\(.*/s, "")}` : "");
    return [
      `create foreign data wrapper ` +
        `${quoteName(object.name)}${named("handler", handler)}${named("validator", validator)}${writeForeignOptions(options)};`,
    ];
  },
  "foreign server": (object) => {
    const { wrapper, type, version, options } = object.attributes;
    const said = (word: string, value: unknown) =>
      value === undefined ? "" : ` ${word} ${quoteLiteral(String(value))}`;
    return [
      `create server ${quoteName(object.name)}${said("type", type)}${said("version", version)} foreign data ` +
        `wrapper ${quoteName(String(wrapper))}${writeForeignOptions(options)};`,
    ];
  },
  // its password was not read: it has to be set by hand
  "user mapping": ({ name, attributes }) => {
    if (((attributes.options ?? []) as string[]).length) return undefined;
    const [role, server] = splitMapping(name);
    return [`create user mapping for ${role} server ${server};`];
  },
  publication: (object) => {
    const settings =
      `with (publish = ` +
      `${quoteLiteral(((object.attributes.publishes ?? []) as string[]).join(", "))}${object.attributes["via root"] ? ", publish_via_partition_root = true" : ""})`;
    const targets = writePublished(object.attributes);
    const what = object.attributes["all tables"]
      ? " for all tables"
      : targets.length
        ? ` for ${targets.join(", ")}`
        : "";
    return [`create publication ${quoteName(object.name)}${what} ${settings};`];
  },
  "event trigger": (object) => {
    const { event, tags, function: code, enabled } = object.attributes;
    const when = Array.isArray(tags) ? ` when tag in (${tags.map((tag) => quoteLiteral(String(tag))).join(", ")})` : "";
    return [
      `create event trigger ${quoteName(object.name)} on ${event}${when} execute function ${code};`,
      ...(enabled ? [writeEventTriggerEnabled(object)] : []),
    ];
  },
  "default privilege": (object) =>
    writeDefaultSteps(object, listUsualDefaults(object), object.attributes.privileges as string[]),
  language: (object) => {
    const { trusted, handler, inline, validator } = object.attributes;
    const named = (word: string, value: unknown) => (value ? ` ${word} ${String(value).replace(/\(.*/s, "")}` : "");
    return [
      `create${trusted ? " trusted" : ""} language ` +
        `${quoteName(object.name)}${named("handler", handler)}${named("inline", inline)}${named("validator", validator)};`,
    ];
  },
  conversion: (object) => {
    const { from, to, function: code, default: isDefault } = object.attributes;
    return [
      `create${isDefault ? " default" : ""} conversion ${quotePlace(object)} for ` +
        `${quoteLiteral(String(from))} to ${quoteLiteral(String(to))} from ${code};`,
    ];
  },
  "access method": ({ name, attributes }) => [
    `create access method ${quoteName(name)} type ${attributes.type === "i" ? "index" : "table"} handler ` +
      `${attributes.handler};`,
  ],
  "database setting": (object) => {
    const [, name, role] = /^(.*?)(?: for (.*))?$/s.exec(object.name)!;
    return [setOfThisDatabase(role, `set ${name} to ${writeSettingValue(name, String(object.attributes.value))}`)];
  },
  "security label": (object) => {
    const [, what, provider] = /^(.*) by (.*?)$/s.exec(object.name)!;
    return [
      `security label for ${quoteName(provider)} on ${what} is ${quoteLiteral(String(object.attributes.label))};`,
    ];
  },
};

/** What takes such a thing away; nothing for the kinds that are dropped like most. */
export function dropUncommon(object: SchemaObject): string | undefined {
  const { kind, name } = object;
  switch (kind) {
    case "cast":
      return `drop cast ${name};`;
    case "operator":
      return `drop operator ${nameInSchema(object, name.replace(/\(-, /, "(none, "))};`;
    // without its slot it needs no connection to the publisher, where the slot is left to be dropped
    case "subscription":
      return (
        `alter subscription ${quoteName(name)} disable; alter subscription ${quoteName(name)} set (slot_name ` +
        `= none); drop subscription ${quoteName(name)};`
      );
    case "base type":
    case "shell type":
      return `drop type ${quotePlace(object)};`;
    case "operator class":
    case "operator family":
      return `drop ${kind} ${splitNameAndMethod(object).join(" using ")};`;
    case "foreign server":
      return `drop server ${quoteName(name)};`;
    case "user mapping":
      return `drop user mapping for ${splitMapping(name).join(" server ")};`;
    case "default privilege":
      return writeDefaultSteps(object, object.attributes.privileges as string[], listUsualDefaults(object)).join(" ");
    case "database setting": {
      const [, setting, role] = /^(.*?)(?: for (.*))?$/s.exec(name)!;
      return setOfThisDatabase(role, `reset ${setting}`);
    }
    case "security label": {
      const [, what, provider] = /^(.*) by (.*?)$/s.exec(name)!;
      return `security label for ${quoteName(provider)} on ${what} is null;`;
    }
    case "transform":
      return `drop transform for ${name};`;
    default:
      return undefined;
  }
}

/** One attribute of such a thing, brought from what it is to what it should be. */
export const ALTER_UNCOMMON: Record<
  string,
  (attribute: string, from: SchemaObject, to: SchemaObject) => string[] | undefined
> = {
  publication: (attribute, _, to) => {
    const name = quoteName(to.name);
    if (attribute === "publishes")
      return [
        `alter publication ${name} set (publish = ${quoteLiteral((to.attributes.publishes as string[]).join(", "))});`,
      ];
    if (attribute === "via root")
      return [`alter publication ${name} set (publish_via_partition_root = ${Boolean(to.attributes[attribute])});`];
    const targets = writePublished(to.attributes);
    return /^(tables|schemas)$/.test(attribute) && targets.length && !to.attributes["all tables"]
      ? [`alter publication ${name} set ${targets.join(", ")};`]
      : undefined;
  },
  "event trigger": (attribute, _, to) => (attribute === "enabled" ? [writeEventTriggerEnabled(to)] : undefined),
  "database setting": (_, __, to) => CREATE_UNCOMMON["database setting"](to, undefined as never),
  "security label": (_, __, to) => CREATE_UNCOMMON["security label"](to, undefined as never),
  "default privilege": (_, from, to) =>
    writeDefaultSteps(to, from.attributes.privileges as string[], to.attributes.privileges as string[]),
  "text search dictionary": (attribute, from, to) => {
    if (attribute !== "options") return undefined;
    const [before, after] = [from, to].map(({ attributes }) => String(attributes.options ?? ""));
    const nameOf = (option: string) => option.split(/\s*=/)[0].trim();
    const list = (options: string) => (options ? options.split(/,\s*(?=\w+\s*=)/) : []);
    const kept = new Set(list(after).map(nameOf));
    const changes = [
      ...list(after),
      ...list(before)
        .map(nameOf)
        .filter((name) => !kept.has(name)),
    ];
    return [`alter text search dictionary ${quotePlace(to)} (${changes.join(", ")});`];
  },
  "foreign data wrapper": (attribute, from, to) => {
    const alter = `alter foreign data wrapper ${quoteName(to.name)}`;
    if (attribute === "options") return writeChangedOptions(alter, from, to);
    if (attribute !== "handler" && attribute !== "validator") return undefined;
    const value = to.attributes[attribute];
    return [`${alter} ${value ? `${attribute} ${String(value).replace(/\(.*/s, "")}` : `no ${attribute}`};`];
  },
  "foreign server": (attribute, from, to) => {
    if (attribute === "version" && to.attributes.version)
      return [`alter server ${quoteName(to.name)} version ${quoteLiteral(String(to.attributes.version))};`];
    return attribute === "options" ? writeChangedOptions(`alter server ${quoteName(to.name)}`, from, to) : undefined;
  },
  operator: (attribute, _, to) => {
    if (attribute !== "restrict" && attribute !== "join") return undefined;
    const target = nameInSchema(to, to.name.replace(/\(-, /, "(none, "));
    return [`alter operator ${target} set (${attribute} = ${to.attributes[attribute] ?? "none"});`];
  },
  "operator family": (attribute, from, to) => {
    const [name, method] = splitNameAndMethod(to);
    const alter = `alter operator family ${name} using ${method}`;
    const [before, after] = [from, to].map(({ attributes }) => (attributes[attribute] ?? []) as string[]);
    const word = { operators: "operator", functions: "function" }[attribute];
    if (!word) return undefined;
    // `1 =(integer,integer)`: a member is dropped by its number and its types
    const gone = before
      .filter((member) => !after.includes(member))
      .map((member) => `${word} ${member.replace(/^(\d+) .*?(\([^()]*\))$/s, "$1 $2")}`);
    const fresh = after.filter((member) => !before.includes(member)).map((member) => `${word} ${member}`);
    return [
      ...(gone.length ? [`${alter} drop ${gone.join(", ")};`] : []),
      ...(fresh.length ? [`${alter} add ${fresh.join(", ")};`] : []),
    ];
  },
  domain: (attribute, from, to) => {
    const value = to.attributes[attribute];
    const alter = (clause: string) => `alter domain ${quotePlace(to)} ${clause};`;
    if (attribute === "default") return [alter(value === undefined ? "drop default" : `set default ${value}`)];
    if (attribute === "not null") return [alter(`${value ? "set" : "drop"} not null`)];
    if (attribute === "comments within") return writeCommentsWithinSteps(from, to);
    if (attribute !== "checks") return undefined;
    const [before, after] = [from, to].map(({ attributes }) => (attributes.checks ?? []) as [string, string][]);
    const has = (list: [string, string][], [name, check]: [string, string]) =>
      list.some(([other, same]) => other === name && same === check);
    return [
      ...before.filter((one) => !has(after, one)).map(([name]) => alter(`drop constraint ${quoteName(name)}`)),
      ...after
        .filter((one) => !has(before, one))
        .map(([name, check]) => alter(`add constraint ${quoteName(name)} ${check}`)),
      ...writeCommentsWithinSteps({ ...from, attributes: {} }, to),
    ];
  },
  "composite type": (attribute, from, to) => {
    if (attribute === "comments within") return writeCommentsWithinSteps(from, to);
    const [before, after] = [from, to].map(
      ({ attributes }) => (attributes.fields ?? []) as [string, string, string | null][],
    );
    const isLonger = attribute === "fields" && JSON.stringify(after.slice(0, before.length)) === JSON.stringify(before);
    return isLonger
      ? after
          .slice(before.length)
          .map(
            ([name, type, collation]) =>
              `alter type ${quotePlace(to)} add attribute ${quoteName(name)} ` +
              `${type}${collation ? ` collate ${quoteName(collation)}` : ""} cascade;`,
          )
      : undefined;
  },
};

/** The comments on a type's fields or a domain's checks; those that are gone are taken away. */
export function writeCommentsWithinSteps(from: SchemaObject, to: SchemaObject): string[] {
  const [before, after] = [from, to].map(({ attributes }) => (attributes["comments within"] ?? []) as string[]);
  const nameOf = (entry: string) => entry.slice(0, entry.indexOf(": "));
  const inside = new Set(((to.attributes.checks ?? to.attributes.fields ?? []) as [string][]).map(([name]) => name));
  const target = (name: string) =>
    isDomain(to.kind)
      ? `constraint ${quoteName(name)} on domain ${quotePlace(to)}`
      : `column ${quotePlace(to)}.${quoteName(name)}`;
  const kept = new Set(after.map(nameOf));
  return [
    ...before
      .map(nameOf)
      .filter((name) => !kept.has(name) && inside.has(name))
      .map((name) => `comment on ${target(name)} is null;`),
    ...after
      .filter((entry) => !before.includes(entry))
      .map((entry) => `comment on ${target(nameOf(entry))} is ${quoteLiteral(entry.slice(entry.indexOf(": ") + 2))};`),
  ];
}

/** Options of something foreign, as they stand in a statement. */
export function writeForeignOptions(options: unknown): string {
  const list = ((options ?? []) as string[])
    .map((option) => splitOption(option))
    .map(([name, value]) => `${quoteName(name)} ${quoteLiteral(value)}`);
  return list.length ? ` options (${list.join(", ")})` : "";
}

/** What the server's own parser calls the kinds of its words, by number: PostgreSQL's documentation, table 12.1. */
const TOKENS = [
  "asciiword",
  "word",
  "numword",
  "email",
  "url",
  "host",
  "sfloat",
  "version",
  "hword_numpart",
  "hword_part",
  "hword_asciipart",
  "blank",
  "tag",
  "protocol",
  "numhword",
  "asciihword",
  "hword",
  "url_path",
  "file",
  "float",
  "int",
  "uint",
  "entity",
];

const MODIFIES: Record<string, string> = { r: "read_only", s: "shareable", w: "read_write" };

export function writeChangedOptions(
  alter: string,
  from: SchemaObject,
  to: SchemaObject,
  attribute = "options",
): string[] {
  const [before, after] = [from, to].map(
    ({ attributes }) => new Map(((attributes[attribute] ?? []) as string[]).map(splitOption)),
  );
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `drop ${quoteName(name)}`);
  const set = [...after]
    .filter(([name, value]) => before.get(name) !== value)
    .map(([name, value]) => `${before.has(name) ? "set" : "add"} ${quoteName(name)} ${quoteLiteral(value)}`);
  return [`${alter} options (${[...gone, ...set].join(", ")});`];
}

function splitOption(option: string): [name: string, value: string] {
  return [option.slice(0, option.indexOf("=")), option.slice(option.indexOf("=") + 1)];
}

function nameInSchema({ schema }: SchemaObject, name: string): string {
  return schema === null ? name : `${quoteName(schema)}.${name}`;
}

/** `int_reverse using btree`: its name in its schema, and the access method. */
function splitNameAndMethod(object: SchemaObject): [name: string, method: string] {
  const at = object.name.lastIndexOf(" using ");
  return [nameInSchema(object, quoteName(object.name.slice(0, at))), object.name.slice(at + " using ".length)];
}

function writeMembers({ attributes }: SchemaObject): string[] {
  const numbered = (word: string, list: unknown) =>
    ((list ?? []) as string[]).map((member) => `${word} ${member}`).sort();
  return [...numbered("operator", attributes.operators), ...numbered("function", attributes.functions)];
}

/** `public on far`: whose it is, and on which server. */
function splitMapping(name: string): [role: string, server: string] {
  const at = name.lastIndexOf(" on ");
  return [quoteRole(name.slice(0, at)), quoteName(name.slice(at + " on ".length))];
}

function writePublished({ tables, schemas }: Attributes): string[] {
  const table = (text: string) =>
    text.replace(/ columns (.*?)(?= where |$)/s, " ($1)").replace(/ where (.*)$/s, " where ($1)");
  return [
    ...((tables ?? []) as string[]).map((text) => `table ${table(text)}`),
    ...((schemas ?? []) as string[]).map((name) => `tables in schema ${quoteName(name)}`),
  ];
}

function writeEventTriggerEnabled({ name, attributes }: SchemaObject): string {
  return (
    `alter event trigger ${quoteName(name)} ` +
    `${{ D: "disable", R: "enable replica", A: "enable always" }[String(attributes.enabled)] ?? "enable"};`
  );
}

const USUAL_DEFAULTS: Record<string, string> = { functions: "EXECUTE", types: "USAGE" };

/** What everyone gets of new functions and types where nothing was said; a schema's own entry only adds to it. */
function listUsualDefaults({ schema, name }: SchemaObject): string[] {
  const usual = USUAL_DEFAULTS[name.slice(name.lastIndexOf(" on ") + " on ".length)];
  return schema === null && usual ? [`public: ${usual}`] : [];
}

/**
 * Brings what new things are granted to whom from one list to another; the owner's own privileges are left as they
 * are.
 */
function writeDefaultSteps({ schema, name }: SchemaObject, before: string[], after: string[]): string[] {
  const at = name.lastIndexOf(" on ");
  const [owner, on] = [name.slice(0, at), name.slice(at + " on ".length)];
  const where =
    `alter default privileges for role ` +
    `${quoteName(owner)}${schema === null ? "" : ` in schema ${quoteName(schema)}`}`;
  const others = (list: string[]) => list.filter((entry) => !entry.startsWith(`${owner}: `));
  const gone = others(before)
    .filter((entry) => !after.includes(entry))
    .map(readGrant);
  const fresh = others(after)
    .filter((entry) => !before.includes(entry))
    .map(readGrant);
  return [
    ...gone.map(({ role, privilege }) => `${where} revoke ${privilege} on ${on} from ${quoteRole(role)};`),
    ...fresh.map(
      ({ role, privilege, option }) => `${where} grant ${privilege} on ${on} to ${quoteRole(role)}${option};`,
    ),
  ];
}

function readGrant(entry: string): { role: string; privilege: string; option: string } {
  const [, role, privilege, option = ""] = /^(.*): (\S+)( with grant option)?$/s.exec(entry)!;
  return { role, privilege: privilege.toLowerCase(), option };
}

function quoteRole(role: string): string {
  return role === "public" ? role : quoteName(role);
}

/** A setting of the database in which it is executed, whatever that is called. */
function setOfThisDatabase(role: string | undefined, clause: string): string {
  const alter =
    role === undefined ? "alter database %I" : `alter role ${quoteName(role).replace(/%/g, "%%")} in database %I`;
  return executeHere(`${alter} ${clause.replace(/%/g, "%%")}`);
}

/** A statement on the database in which it is executed: what was read calls it `database`. */
export function writeDatabaseClause(statement: string): string {
  return executeHere(
    statement
      .replace(/;$/, "")
      .replace(/%/g, "%%")
      .replace(/ database "database"/, " database %I"),
  );
}

function executeHere(format: string): string {
  return `do $$ begin execute format(${quoteLiteral(format)}, current_database()); end $$;`;
}
