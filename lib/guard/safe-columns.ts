import { readFileSync } from "node:fs";
import { RunbookError } from "../errors";
import type { Catalog } from "./catalog";

/**
 * Which columns hold nothing personal. What is not named is personal; `personal` only says that somebody has looked.
 */
export interface SafeColumns {
  safe: Record<string, string[] | "*">;
  personal?: Record<string, string[] | "*">;
  /** Types that are enums, for whoever judges a statement without the catalog, which knows them. */
  enums?: string[];
}

/** Reads the file that RUNBOOK_COLUMNS names. */
export function loadColumns(file: string): SafeColumns {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new RunbookError(`RUNBOOK_COLUMNS: there is no file ${file} that can be read.`, { cause });
  }
  return readColumns(text, file);
}

/** Reads the text of such a file; complains by the place that is wrong. */
export function readColumns(text: string, file: string): SafeColumns {
  const wrong = (what: string): never => {
    throw new RunbookError(
      `RUNBOOK_COLUMNS: ${file} ${what}: it should look like {"safe": {"licenses": ["id", "state"], "cme_topics": "*"}}.`,
    );
  };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    wrong("is not JSON");
  }
  const { safe, personal, enums } = isRecord(content) ? content : wrong("is not an object");
  if (safe === undefined) wrong(`has no "safe"`);
  for (const [name, tables] of Object.entries({ safe, personal })) {
    if (tables === undefined) continue;
    if (!isRecord(tables)) wrong(`has no tables in "${name}"`);
    for (const [table, columns] of Object.entries(tables as object))
      if (columns !== "*" && !(Array.isArray(columns) && columns.every((column) => typeof column === "string")))
        wrong(`names the columns of ${table} by neither a list nor "*"`);
  }
  if (enums !== undefined && !(Array.isArray(enums) && enums.every((name) => typeof name === "string")))
    wrong(`names its "enums" by no list`);
  // Alembic's own table holds a revision, whatever the database is about
  return { safe: { alembic_version: "*", ...(safe as object) }, personal, enums } as SafeColumns;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What the file says of a table: a list of columns, all of them, or nothing. A bare name means a table of the schema
 * public.
 */
export function getListed(
  columns: SafeColumns,
  part: "safe" | "personal",
  schema: string,
  table: string,
): Set<string> | "*" | undefined {
  const sets = known.get(columns) ?? { safe: buildSets(columns.safe), personal: buildSets(columns.personal ?? {}) };
  known.set(columns, sets);
  return sets[part].get(`${schema}.${table}`) ?? (schema === "public" ? sets[part].get(table) : undefined);
}

type Sets = Map<string, Set<string> | "*">;
const known = new WeakMap<SafeColumns, { safe: Sets; personal: Sets }>();

function buildSets(tables: SafeColumns["safe"]): Sets {
  return new Map(Object.entries(tables).map(([table, names]) => [table, names === "*" ? names : new Set(names)]));
}

/** A column that nobody has looked at yet, and what its name, type and comment would make of it. */
export interface Unlisted {
  schema: string;
  table: string;
  column: string;
  type: string;
  proposed: "safe" | "personal";
  /** The file does not know the table at all. */
  wholeTable: boolean;
}

/** The columns that nobody has looked at yet: they count as personal. */
export function findUnlisted(catalog: Catalog, columns: SafeColumns): Unlisted[] {
  const seen = (schema: string, table: string, column: string) =>
    (["safe", "personal"] as const).some((part) => {
      const names = getListed(columns, part, schema, table);
      return names === "*" || names?.has(column);
    });
  return catalog.relations
    .filter(({ kind }) => "rp".includes(kind))
    .flatMap(({ schema, name, columns: all }) => {
      const wholeTable = all.every((column) => !seen(schema, name, column.name));
      return all
        .filter((column) => !seen(schema, name, column.name))
        .map((column) => ({
          schema,
          table: name,
          column: column.name,
          type: column.type,
          proposed: isHarmless(catalog, column.name, column.type, column.comment ?? "")
            ? ("safe" as const)
            : ("personal" as const),
          wholeTable,
        }));
    });
}

/**
 * A first file for a person to correct, made from names, types and comments. Whatever is not plainly harmless is
 * personal.
 */
export function proposeSafeColumns(catalog: Catalog): SafeColumns {
  const proposal = { safe: {} as Record<string, string[]>, personal: {} as Record<string, string[]> };
  for (const { schema, name, kind, columns } of catalog.relations) {
    if (!"rp".includes(kind)) continue;
    const key = schema === "public" ? name : `${schema}.${name}`;
    const harmless = columns.filter((column) => isHarmless(catalog, column.name, column.type, column.comment ?? ""));
    proposal.safe[key] = harmless.map((column) => column.name);
    proposal.personal[key] = columns.filter((column) => !harmless.includes(column)).map((column) => column.name);
  }
  return proposal;
}

const personalWords =
  /home_|employer|hire|name|mail|phone|fax|mobile|address|street|city|zip|postal|birth|dob|death|ssn|social|tax|passport|citizen|uscis|immigra|race|ethnic|gender|sex|height|weight|religion|npi|dea|licen[sc]e_n|number|password|secret|token|hash|pin\b|_pin|cvv|card|iban|account|salary|wage|private|personal|pii|encrypted|signature|photo|avatar|ip\b|ip_|agent|url|path|note|comment|text|body|message|subject|content|description|title|file|latitude|longitude|geo|device|user_?id_?external|login|credential|reference/i;
/**
 * Words by which a column is about a person's health, body, belonging, means or whereabouts, each as a word of its
 * own in the name: HIPAA's eighteen identifiers (45 CFR 164.514), the special categories of Article 9 of the GDPR,
 * and government and financial numbers in their usual spellings.
 */
const sensitiveWords = new Set(
  `hiv aids std sti hepatitis covid vaccine vaccinated vaccination immunization immunizations pregnant pregnancy pregnancies gravida fertility contraception abortion menstrual
   blood rh allergy allergies allergic diagnosis diagnoses diagnostic dx icd icd9 icd10 cpt hcpcs snomed loinc ndc drg condition conditions symptom symptoms disease diseases disorder disorders
   illness illnesses infection cancer tumor diabetic diabetes asthma depression psychiatric mental therapy therapist treatment treatments medication medications medicine prescription
   prescriptions rx dose dosage surgery surgeries procedure procedures smoker smoking tobacco alcohol drinking drug drugs addiction substance bmi pulse bp pressure glucose cholesterol
   a1c lab labs test tests specimen genetic genetics genome genotype dna rna biopsy disability disabilities disabled handicap handicapped wheelchair health healthcare medical mrn chart
   patient patients hospital admission admitted discharge discharged insurance insurer insured payer medicaid medicare subscriber beneficiary member policy hospice organ donor height
   weight biometric biometrics fingerprint fingerprints retina iris face facial voice voiceprint palm gait
   race races racial ethnic ethnicity ethnicities ethnical hispanic latino tribe tribal caste religion religions religious faith church belief beliefs creed denomination political politics party vote voter union
   unions sexual sexuality orientation lgbt lgbtq gay lesbian transgender trans pronoun pronouns gender genders sex sexes marital married marriage spouse divorced widowed partner child children
   kids dependent dependents maiden nationality nationalities citizen citizenship immigrant immigration visa veteran veterans military refugee asylum birth birthdate birthday birthplace
   born dob dod death deceased died age ages native tongue language_spoken origin origins
   ssn sin nin nino nhs tin itin ein fein vat tax taxes taxpayer passport passports dl driver drivers plate plates vin national identity identification greencard alien uscis
   i9 w2 w4 w9 npi dea pan aadhaar cpf cnpj cnp bsn curp rfc dni nie nif nir pesel siret sssn hkid nric
   iban bic swift account accounts acct acctno routing aba sort_code sortcode card cards cc ccnum cvv cvc cvv2 pan pin pins bank banking bankruptcy credit_score fico salary salaries wage wages income incomes
   earnings compensation bonus payroll pay pays paycheck net_worth worth debt debts loan loans mortgage balance garnishment crypto wallet paypal venmo
   lat lng lon long latitude longitude geo geom geometry geohash gps coordinate coordinates coords location locations whereabouts position_x position_y county counties district parish neighborhood precinct
   ip ips ipv4 ipv6 ipaddr mac macaddr imei imsi iccid msisdn udid uuid_device idfa gaid aaid device devices advertising cookie cookies session sessions useragent ua fcm apns
   fingerprint_id criminal conviction convictions arrest arrests felony misdemeanor offense court lawsuit incarcerated probation background discipline disciplinary complaint complaints
   school grade gpa transcript emergency kin nok relationship mother father parent parents guardian sibling nickname alias aliases surname forename firstname lastname fname lname mname initials
   given family prefix suffix username handle twitter facebook linkedin instagram whatsapp skype telegram website homepage cell cellphone tel telephone mobile pager
   addr street postcode zip zipcode zip4 apartment apt unit_number last4 last_four
   ill sick visit visits appointment appointments encounter encounters pain sober sobriety skin hair eye eyes complexion body diet clinical clinic caregiver
   employment employed unemployed occupation profession demographic demographics demog dem diag med meds hx fhx immun preg ethn relig natl nat sal ph pt`.split(
    /\s+/,
  ),
);

/** The words of a name as they stand: `hivStatus` is hiv and status. */
function splitParts(name: string): string[] {
  const apart = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2");
  return apart
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/**
 * The words of a name, without a number or an s behind them, and two by two: `hivStatus`, `HIV_status` and
 * `hiv-status2` are hiv and status.
 */
function splitWords(name: string): string[] {
  const parts = splitParts(name);
  const pairs = parts.map((part, index) => `${part}_${parts[index + 1] ?? ""}`);
  return [
    ...parts,
    ...parts.map((part) => part.replace(/\d+$/, "")),
    ...parts.map((part) => part.replace(/s$/, "")),
    ...pairs,
  ];
}

/** The same where words are run together, of those that are not part of another. */
const sensitiveStems =
  /hiv_?(status|positive|test)|pregnan|maternity|paternity|natal|diagnos|medicaid|medicare|blood|ethnic|religio|sexual|orientation|disab|handicap|biometr|fingerprint|passport|salar|iban|latitud|longitud|geoloc|immuni[sz]|vaccin|allerg|psych|marital|veteran|citizen|immigra|insur|prescri|medicat|symptom|genetic|genom|phone|birth|creditscore|taxid|ssn|useragent|ipaddr|deviceid|unionmember/i;

function isSensitive(name: string): boolean {
  return sensitiveStems.test(name) || splitWords(name).some((one) => sensitiveWords.has(one));
}

/** Whether a column is personal by its name alone. */
export function soundsPersonal(name: string): boolean {
  return personalWords.test(name) || isSensitive(name);
}

/** A yes or no about the row and not about a person: every word of it is one of these. */
function isFlag(name: string): boolean {
  return splitParts(name).every((one) => flagWords.test(one));
}

const flagWords =
  /^((is|has|was|are|can|should|needs|requires|allows?|uses?|be|been|not|auto|by|for|to|in|on)(_.*)?|(actives?|enabled?|deleted?|archived?|hidden|visible|locked|verified|verify|completed?|processed|processing|sents?|reads?|required?|optional|defaults?|primary|public|system|published|drafts?|failed|success|successful|retry|retried|pending|approved|rejected|valid|invalid|expired|cancell?ed|resolved|acknowledged|notified|scheduled|recurring|manual|automatic|global|internal|external|latest|current|tests?|mfa|imlc|renewable|renewal|override|overridden|synced|imported|exported|indexed|cached|final|open|closed|paid|billable|deprecated|supported|available|mandatory|unique|nullable)(_.*)?)$/;

const harmlessWords =
  /(^|_)(status|state|type|kind|category|role|specialty|subspecialty|topic|priority|severity|level|stage|frequency|unit|currency|country|locale|language|timezone|channel|format|source|version|classification|reason_code|action|event_type)$/i;
const numbers = /^(smallint|integer|bigint|numeric|real|double precision)/;

/** `license_id` is a row of licenses, where there is such a table; `medicaid_id` is somebody's number. */
function isReference({ relations }: Catalog, name: string): boolean {
  const stem = name.replace(/_id$/, "").toLowerCase();
  return (
    !isSensitive(stem) || relations.some((one) => [stem, `${stem}s`, stem.replace(/y$/, "ies")].includes(one.name))
  );
}

function isHarmless(catalog: Catalog, name: string, type: string, comment: string): boolean {
  if (/personal|private|pii|phi\b|secret|password|confidential|encrypted|sensitive|birth/i.test(comment)) return false;
  if (isSensitive(comment)) return false;
  if (type === "boolean") return isFlag(name);
  if (/^(uuid|smallint|integer|bigint)$/.test(type) && /^id$|_id$/.test(name))
    return (
      !/national|tax|external|uscis|government|state_id|patient/i.test(name) &&
      (name === "id" || isReference(catalog, name))
    );
  if (soundsPersonal(name)) return false;
  if (isSensitive(type)) return false;
  if (catalog.enums.some((known) => [known.name, `${known.schema}.${known.name}`].includes(type))) return true;
  if (/^(timestamp|date)/.test(type)) return /(_at|_date|_on|_until|_since)$/.test(name);
  if (numbers.test(type))
    return /(^|_)(count|total|amount|credits|credit|hours|days|years|year|months|score|size|bytes|attempts|order|position|sequence|rate|percent|percentage|pages|limit|duration|ms|seconds|version|priority|retries)(_|$)/i.test(
      name,
    );
  return /^(text|character varying|character|"char")/.test(type) && !type.endsWith("[]") && harmlessWords.test(name);
}
