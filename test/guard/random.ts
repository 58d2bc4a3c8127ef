/** A random SELECT over the hostile schema, the same for the same seed. It mixes harmless and personal columns in every way that it can think of. */
export function query(seed: number, { trusting = false } = {}): string {
  const random = mulberry(seed + 1);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const chance = (share: number) => random() < share;

  interface Seen {
    alias: string;
    columns: string[];
  }

  const column = (seen: Seen[]) => {
    const table = pick(seen);
    const named = pick(table.columns);
    return chance(0.7) ? `${table.alias}.${named}` : named;
  };

  const literal = () =>
    pick(["1", "0", "''", "null", "'a'", "'probe'", "'CA'", "true", "now()", "date '2025-06-01'", "'{}'", "1.5"]);

  const scalar = (seen: Seen[], depth: number): string => {
    if (depth <= 0) return chance(0.85) ? column(seen) : literal();
    const inner = () => scalar(seen, depth - 1);
    return pick<() => string>([
      () => column(seen),
      () => column(seen),
      literal,
      () =>
        `${pick(["lower", "upper", "length", "md5", "btrim", "initcap", "reverse", "to_json", "to_jsonb", "quote_literal", "pg_typeof", "ascii"])}(${inner()})`,
      () => `${pick(["left", "right", "repeat"])}(${inner()}, ${pick(["1", "3"])})`,
      () =>
        `${pick(["concat", "format", "coalesce", "greatest", "least", "nullif", "split_part", "strpos", "replace"])}(${inner()}, ${inner()})`,
      () =>
        `(${inner()})::${pick(["text", "int", "date", "jsonb", "varchar", "varchar(3)", "numeric", "regclass", "uuid", "text[]"])}`,
      () => `${inner()} ${pick(["||", "+", "-", "*", "->", "->>", "/"])} ${inner()}`,
      () => `case when ${predicate(seen, depth - 1)} then ${inner()} else ${inner()} end`,
      () =>
        `(${pick(["select", "select"])} ${scalar(seen, depth - 1)} ${chance(0.5) ? `from ${fromTable().text} limit 1` : ""})`,
      () => `array[${inner()}]`,
      () => `(row(${inner()}, ${inner()}))`,
      () => `(${select(depth - 1, 1, seen)} limit 1)`,
      () => `array(${select(depth - 1, 1, seen)})`,
      () => pick(seen).alias,
      () => `(${pick(seen).alias}).${pick(seen[0].columns)}`,
      () =>
        `${pick(seen).alias}.${pick(["row_to_json", "to_jsonb", "quote_literal", "touch_row", "record_out", "name", "text"])}`,
      () => `keyed_hash(${column(seen)})`,
      () => `extract(${pick(["year", "epoch"])} from ${inner()})`,
      () => `encode(convert_to(${inner()}, ${pick(["'UTF8'", inner()])}), ${pick(["'hex'", inner()])})`,
    ])();
  };

  const predicate = (seen: Seen[], depth: number): string => {
    const inner = () => scalar(seen, depth - 1);
    return pick<() => string>(
      [
        () => `${inner()} ${pick(["=", "<>", "<", ">=", "~", "like", "is distinct from", "@>"])} ${inner()}`,
        () => `${inner()} is ${pick(["null", "not null"])}`,
        () => `${inner()} in (${literal()}, ${inner()})`,
        () => `${inner()} between ${literal()} and ${literal()}`,
        () => `${inner()} in (${select(depth - 1, 1, seen)})`,
        () => `exists (${select(depth - 1, 1, seen)})`,
        () => `${inner()} = any(${pick(["'{a}'", `array[${inner()}]`])})`,
        () =>
          `(${predicate(seen, depth - 1)} ${pick(["and", "or"])} ${depth > 0 ? predicate(seen, depth - 1) : "true"})`,
        () => `not (${depth > 0 ? predicate(seen, depth - 1) : "false"})`,
        () => `(${inner()}, ${inner()}) = (${inner()}, ${inner()})`,
      ].slice(0, depth > 0 ? 10 : 4),
    )();
  };

  const aggregate = (seen: Seen[], depth: number): string => {
    const arg = scalar(seen, depth - 1);
    const call = pick([
      "count(*)",
      `count(${arg})`,
      `count(distinct ${arg})`,
      `min(${arg})`,
      `max(${arg})`,
      `sum(${arg})`,
      `string_agg(${arg}::text, ',')`,
      `array_agg(${arg})`,
      `json_agg(${arg})`,
      `mode() within group (order by ${arg})`,
      `array_agg(1 order by ${arg})`,
      `count(${arg})`,
      `count(distinct (${arg}, ${column(seen)}))`,
    ]);
    const filter = chance(0.25) ? ` filter (where ${predicate(seen, depth - 1)})` : "";
    return `${call}${call.includes("within") ? "" : filter}${chance(0.1) ? ` over (${pick(["partition by", "order by"])} ${column(seen)})` : ""}`;
  };

  let aliases = 0;
  const fromTable = (): { text: string; seen: Seen } => {
    const [name, columns] = pick(tables);
    const alias = `t${++aliases}`;
    if (chance(0.08))
      return { text: `${name} as ${alias}(a, b)`, seen: { alias, columns: ["a", "b", ...columns.slice(2)] } };
    return { text: `${name} ${alias}`, seen: { alias, columns } };
  };

  const source = (depth: number, outer: Seen[]): { text: string; seen: Seen[] } => {
    if (depth > 0 && chance(0.3)) {
      const alias = `s${++aliases}`;
      const width = 1 + Math.floor(random() * 2);
      const renamed = chance(0.3);
      return {
        text: `${chance(0.2) ? "lateral " : ""}(${select(depth - 1, width, outer)}) ${alias}${renamed ? `(x1${width > 1 ? ", x2" : ""})` : ""}`,
        seen: [{ alias, columns: renamed ? ["x1", "x2"].slice(0, width) : ["c1", "c2"].slice(0, width) }],
      };
    }
    const one = fromTable();
    if (!chance(0.35)) return { text: one.text, seen: [one.seen] };
    const other = fromTable();
    const both = [one.seen, other.seen];
    const shared = one.seen.columns.find((name) => other.seen.columns.includes(name));
    const how = pick(["join", "left join", "full join", "cross join", "using", "natural"]);
    if (how === "natural") return { text: `${one.text} natural join ${other.text}`, seen: both };
    if (how === "using" && shared) return { text: `${one.text} join ${other.text} using (${shared})`, seen: both };
    if (how === "cross join") return { text: `${one.text} cross join ${other.text}`, seen: both };
    return {
      text: `${one.text} ${how === "using" ? "join" : how} ${other.text} on ${chance(0.5) ? `${column([one.seen])} = ${column([other.seen])}` : predicate(both, 1)}`,
      seen: both,
    };
  };

  const select = (depth: number, width: number, outer: Seen[] = []): string => {
    if (depth > 0 && chance(0.12))
      return `${select(depth - 1, width, outer)} ${pick(["union all", "union", "intersect", "except"])} ${select(depth - 1, width, outer)}`;
    const { text, seen: inner } = source(depth, outer);
    const seen = chance(0.2) ? [...inner, ...outer] : inner;
    const grouped = chance(0.35);
    const key = column(seen);
    const exprs = Array.from({ length: width }, (_, index) =>
      grouped ? (index === 0 && chance(0.6) ? key : aggregate(seen, Math.min(depth, 1))) : scalar(seen, depth),
    );
    const list = exprs.map((expr, index) => `${expr} as c${index + 1}`).join(", ");
    const where = chance(trusting ? 0.2 : 0.45) ? ` where ${predicate(seen, Math.min(depth, 2))}` : "";
    const tail = grouped
      ? ` group by ${key}${chance(0.2) ? ` having ${aggregate(seen, 0)} ${pick(["> 1", "is not null", "> 'a'"])}` : ""}`
      : "";
    return `select ${chance(0.1) ? "distinct " : ""}${list} from ${text}${where}${tail}`;
  };

  const depth = pick([0, 1, 1, 2, 2]);
  const shape = random();
  if (shape < 0.06) {
    const { text, seen } = source(depth, []);
    return `select ${pick(["*", `${seen[0].alias}.*`, seen[0].alias, `(${seen[0].alias}).*`])} from ${text}`;
  }
  const width = 1 + Math.floor(random() * 2);
  const body = select(depth, width);
  if (shape < 0.16)
    return `with w(${["c1", "c2"].slice(0, width).join(", ")}) as (${body}) select ${pick(["*", "c1", "w", "count(c1)", "max(c1)"])} from w`;
  if (shape < 0.22)
    return `with recursive r as (${select(0, 1)} union all select ${pick(["c1", "lower(c1::text)", "(select email from users limit 1)"])} from r where false) select ${pick(["c1", "count(*)", "count(distinct c1)"])} from r`;
  return `${body}${chance(0.25) ? ` order by ${pick(["1", "c1", "email", "id"])}` : ""}${chance(0.2) ? " limit 5" : ""}`;
}

const tables: readonly (readonly [string, string[]])[] = [
  ["users", ["id", "role", "is_active", "created_at", "email", "first_name", "last_name", "phone"]],
  [
    "providers",
    [
      "id",
      "specialty",
      "practice_state",
      "organization_id",
      "user_id",
      "email",
      "npi",
      "first_name",
      "weight",
      "employer_start_date",
      '"references"',
    ],
  ],
  [
    "licenses",
    ["id", "provider_id", "state", "license_type", "status", "expiration_date", "license_number", "portal_pin"],
  ],
  ["organizations", ["id", "name", "organization_type", "slug", "settings"]],
  ["audit_logs", ["id", "user_id", "event_type", "created_at", "details", "ip_address", "entity_key"]],
  [
    "cme_activities",
    ["id", "provider_id", "topic", "credits_earned", "completion_date", "title", "certificate_number"],
  ],
  ["cme_topics", ["id", "code", "name", "category"]],
  ["campaign_recipients", ["id", "user_id", "status", "email"]],
  ["x1", ["c1", "c2", "c4", "c5", "c6", "c7", "c8", "c9", "c10"]],
  ["flags", ["id", "is_ill"]],
  ["attributes", ["entity", "attribute", "value"]],
  ["visits_2025", ["id", "at", "patient_ssn"]],
  ["license_summary", ["state", "license_type", "licenses", "latest"]],
  ["provider_list", ["id", "who", "specialty", "contact"]],
  ["provider_names", ["id", "who"]],
  ["provider_cache", ["id", "label", "specialty"]],
  ["archive.licenses", ["id", "state", "status"]],
];

function mulberry(seed: number): () => number {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
