import { afterAll, beforeAll, expect, test } from "vitest";
import { judge, proposeSafeColumns, findUnlisted } from "../lib/guard/judge";
import { openHostile, type Hostile } from "./guard/hostile";

let hostile: Hostile;
beforeAll(async () => void (hostile = await openHostile()));
afterAll(() => hostile?.close());

const ours = new Set([
  "flags",
  "moods",
  "guarded",
  "visits",
  "visits_2025",
  "scattered",
  "scattered_near",
  "attributes",
  "x1",
  "archive.licenses",
]);

test("somebody has looked at every column of the project's own tables", () => {
  const left = findUnlisted(hostile.catalog, hostile.columns).filter(
    ({ schema, table }) => !ours.has(schema === "public" ? table : `${schema}.${table}`),
  );
  expect(left).toEqual([]);
});

test("a column that nobody has looked at is listed, and personal", () => {
  const columns = {
    safe: { ...hostile.columns.safe, licenses: ["id", "state"] },
    personal: { ...hostile.columns.personal, licenses: ["license_number"] },
  };
  expect(
    findUnlisted(hostile.catalog, columns)
      .filter(({ table, schema }) => table === "licenses" && schema === "public")
      .map(({ column }) => column),
  ).toContain("is_imlc");
  expect(judge("select is_imlc from licenses", { columns, catalog: hostile.catalog }).reason).toContain(
    "licenses.is_imlc is personal",
  );
});

test("a table of another schema is not the one of the same name", () => {
  expect(judge("select state from licenses", { columns: hostile.columns, catalog: hostile.catalog }).allowed).toBe(
    true,
  );
  expect(
    judge("select state from archive.licenses", { columns: hostile.columns, catalog: hostile.catalog }).allowed,
  ).toBe(false);
  expect(
    judge("select state from archive.licenses", {
      columns: { safe: { "archive.licenses": ["state"] } },
      catalog: hostile.catalog,
    }).allowed,
  ).toBe(true);
});

test("a view that somebody has classified is shown as classified, and its query is still judged", () => {
  const columns = { safe: { ...hostile.columns.safe, provider_list: ["who"], v_touch: "*" as const } };
  expect(judge("select who from provider_list", { columns, catalog: hostile.catalog }).allowed).toBe(true);
  expect(judge("select contact from provider_list", { columns, catalog: hostile.catalog }).allowed).toBe(false);
  expect(judge("select id from v_touch", { columns, catalog: hostile.catalog }).allowed).toBe(false);
});

test("a proposal calls nothing safe that the project's own file calls personal", () => {
  const { safe } = proposeSafeColumns(hostile.catalog);
  const wrong = Object.entries(hostile.columns.personal ?? {}).flatMap(([table, names]) =>
    [...names].filter((name) => safe[table]?.includes(name)).map((name) => `${table}.${name}`),
  );
  expect(wrong).toEqual(["channels.topic", "sessions.id"]);
  expect(safe.x1).toEqual([]);
  expect(safe.attributes).toEqual([]);
  expect(safe.licenses).toEqual(
    expect.arrayContaining(["id", "state", "status", "expiration_date", "is_deleted", "created_at"]),
  );
});

/** Columns about health, body, belonging, government, money and whereabouts, as they are spelled. */
const sensitive =
  `hiv_status text;HIVStatus text;hivStatus character varying(20);pregnant boolean;is_pregnant boolean;blood_type text;bloodType text;medicaid_id integer;medicaid_id bigint;medicare_id uuid
race text;race_category text;ethnicity text;ethnicity_type text;ethnicities text[];religion text;religious_category text;iban text;ssn text;ssn_type text;ssnLast4 integer;passport_country text;passport_id integer;lat numeric;lng numeric;
latitude double precision;ip inet;ip_version integer;device_id integer;device_type text;deviceIds text[];salary numeric;salary_amount numeric;base_salary_rate numeric;union_member boolean;union_membership_status text;is_union_member boolean;
sexual_orientation text;sexualOrientationCategory text;sexual_orientation_level integer;disability_status text;has_disability boolean;is_disabled boolean;diagnosis_category text;icd_version integer;icd10_count integer;cpt_category text;cptCodes text[];
gender text;gender_type text;sex text;marital_status text;veteran_status text;is_veteran boolean;immigration_status text;visa_type text;citizenship_country text;country_of_birth text;native_language text;credit_score integer;creditScore integer;
income_level text;income_total numeric;bank_country text;account_type text;routing_version integer;vaccination_status text;is_vaccinated boolean;allergy_severity text;pain_level integer;bmi_score numeric;weight_total numeric;is_smoker boolean;smoker boolean;
mental_health_level text;medication_frequency text;dose_frequency text;insurance_type text;insurer_category text;drug_category text;lab_unit text;criminal_status text;has_convictions boolean;arrest_count integer;political_category text;party_type text;
faith_category text;age_years integer;age_total integer;dob date;birth_date date;date_of_birth date;deceased_at timestamp with time zone;died_on date;visit_date date;admission_date date;discharge_at timestamp with time zone;pregnancy_count integer;
maternity_level text;zip_version text;county_category text;driver_license_state text;dl_state text;tax_id integer;national_id bigint;is_ill boolean;is_left_handed boolean;likes_jazz boolean;hivstatus text;maritalstatus text;sobriety_days integer;hair_type text`
    .split(/[;\n]/)
    .filter(Boolean)
    .map((column) => column.split(/ (.*)/s) as [string, string]);

const harmless =
  `id integer;license_id integer;status text;state character varying(2);license_type text;is_deleted boolean;is_active boolean;mfa_enabled boolean;created_at timestamp with time zone;expiration_date date;retry_count integer;priority text;
category text;credits_earned numeric;sort_order integer;page_size integer;source text;version integer;currency text;channel text;verified boolean;processing_status text;severity text;organization_id uuid;is_required boolean;total_hours numeric`
    .split(/[;\n]/)
    .filter(Boolean)
    .map((column) => column.split(/ (.*)/s) as [string, string]);

const proposedFor = ([name, type]: [string, string], comment: string | null = null) => {
  const column = { name, type, category: "S", comment, own: false, extension: false };
  const table = {
    schema: "public",
    name: "things",
    kind: "r",
    rowSecurity: false,
    columns: [column],
    definition: null,
    runs: null,
  };
  return findUnlisted(
    { ...hostile.catalog, relations: [...hostile.catalog.relations, table] },
    { safe: {}, personal: {} },
  )
    .filter((one) => one.table === "things")
    .map(({ proposed }) => proposed)[0];
};

test("health, body, belonging, government, money and whereabouts are proposed as personal, however they are spelled", () => {
  expect(sensitive.filter((column) => proposedFor(column) !== "personal")).toEqual([]);
  expect(sensitive.length).toBeGreaterThan(90);
});

test("what says nothing of a person is proposed as safe, unless its comment says otherwise", () => {
  expect(harmless.filter((column) => proposedFor(column) !== "safe")).toEqual([]);
  expect(proposedFor(["status", "text"], "HIV status of the patient")).toBe("personal");
});
