import type { Side } from "../../ledger";
import type { Clock } from "./clock";
import { rowCounts } from "./counts";
import {
  certificateNumber,
  deaNumber,
  encrypted,
  ipAddress,
  licenseNumber,
  npi,
  passwordHash,
  person,
  sha256,
  socialSecurity,
  street,
  token,
  zip,
} from "./people";
import { seeded, type Random } from "./random";
import {
  organizationNames,
  osteopathicStates,
  practiceNames,
  providerTypes,
  specialties,
  states,
  testStates,
  topics,
  type State,
} from "./terms";

export type Row = Record<string, unknown>;
export type Rows = Record<string, Row[]>;

/** All rows of a side, table by table, without its faults; a table that refers to another comes after it. */
export function rowsOf(side: Side, clock: Clock): Rows {
  const world = new World(side, clock, seeded(side === "production" ? 20260202 : 20260127));
  return {
    ...accounts(world),
    ...reference(world),
    ...practice(world),
    ...documents(world),
    ...education(world),
    ...activity(world),
  };
}

/** What all of the steps below share: the side, its chance, its clock, and the rows made so far. */
class World {
  readonly production: boolean;
  readonly rows: Rows = {};

  constructor(
    readonly side: Side,
    readonly clock: Clock,
    readonly random: Random,
  ) {
    this.production = side === "production";
  }

  /** As many rows as the side has, numbered from 1. */
  fill(table: string, row: (number: number, index: number) => Row): Row[] {
    const count = rowCounts[table][this.side] ?? 0;
    return (this.rows[table] = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      ...row(index + 1, index),
    })));
  }

  /** A moment between so many days ago and another. */
  past(from: number, until = 1): string {
    return this.clock.moment(-this.random.integer(until, from), this.random.integer(0, 86399));
  }

  /** The id of some row of a table. */
  some(table: string): number {
    return this.random.integer(1, this.rows[table].length);
  }
}

function accounts(world: World): Rows {
  const { random, clock, production } = world;
  const administrator = person(seeded(1), 1); // the one person whom both sides know

  const organizations = world.fill("organizations", (number, index) => ({
    name: organizationNames[index],
    slug: slug(organizationNames[index]),
    organization_type: random.pick(["group", "telehealth", "hospital", "staffing"]),
    contact_email: person(random, 9000 + number).email,
    contact_phone: person(random, 0).phone,
    billing_state: random.weighted(states),
    plan: random.weighted({ standard: 6, plus: 3, enterprise: 2 }),
    settings: { reminders: random.pick([30, 60, 90]) },
    timezone: random.pick(["America/New_York", "America/Chicago", "America/Denver"]),
    is_deleted: number === 12,
    ...stamps(clock, 700 - number * 45),
  }));

  const users = world.fill("users", (number) => {
    const { firstName, lastName, email, phone } = number === 1 ? administrator : person(random, number);
    const active = number === 1 || random.chance(0.9);
    const createdDaysAgo = production ? 660 - number * 4 : 90;
    return {
      email,
      password_hash: passwordHash(random),
      first_name: firstName,
      last_name: lastName,
      phone,
      role: number === 1 ? "super_admin" : random.weighted({ provider: 58, coordinator: 22, org_admin: 12, viewer: 8 }),
      is_active: active,
      mfa_enabled: active && random.chance(0.45),
      failed_login_count: random.weighted({ 0: 90, 1: 7, 2: 3 }),
      email_verified_at: active ? world.past(createdDaysAgo) : null,
      last_login_at: active ? world.past(Math.min(createdDaysAgo, 60)) : null,
      is_deleted: !active && random.chance(0.3),
      ...stamps(clock, createdDaysAgo),
    };
  });

  const organization_memberships = world.fill("organization_memberships", (number) => ({
    organization_id: 1 + (number % 11),
    user_id: number,
    role: random.weighted({ admin: 3, coordinator: 5, member: 4 }),
    is_active: random.chance(0.85),
    invited_by_id: number === 1 ? null : 1,
    joined_at: world.past(400),
    created_at: world.past(400),
  }));

  const sessions = world.fill("sessions", () => {
    const expires = random.integer(-40, 14);
    return {
      id: random.uuid(),
      user_id: world.some("users"),
      refresh_token_hash: sha256(random),
      ip_address: ipAddress(random),
      device: random.weighted({ desktop: 6, mobile: 3, tablet: 1 }),
      is_active: expires > 0 && random.chance(0.9),
      created_at: clock.moment(expires - 15, random.integer(0, 86399)),
      expires_at: clock.moment(expires, 0),
      last_seen_at: world.past(20),
    };
  });

  const token_blacklist = world.fill("token_blacklist", () => ({
    token: token(random),
    token_type: random.pick(["access", "refresh"]),
    user_id: world.some("users"),
    reason: random.pick(["logout", "password_change", "revoked"]),
    expires_at: clock.moment(random.integer(-20, 10), 0),
    created_at: world.past(50, 21),
  }));

  const session = world.fill("session", () => ({
    session_key: sha256(random),
    user_email: person(random, 500).email,
    data: token(random),
    expires_at: clock.moment(-300, 0),
    created_at: clock.moment(-330, 0),
  }));

  return {
    alembic_version: [{ version_num: production ? "20260115_0200" : "7702d353e5b8" }],
    organizations,
    users,
    organization_memberships,
    sessions,
    token_blacklist,
    ...(production ? { session } : {}),
  };
}

/** Topics, rules and requirements: each table from a seed of its own, so that what both sides hold is equal. */
function reference(world: World): Rows {
  const [topic, alias, pack, rule, requirement] = [1, 2, 3, 4, 5].map(seeded);
  const created_at = world.clock.moment(-200, 0);
  const names = Object.entries(topics).flatMap(([category, list]) => list.map((name) => ({ category, name })));

  const cme_topics = world.fill("cme_topics", (_, index) => ({
    code: slug(names[index].name),
    ...names[index],
    is_mandatory_anywhere: topic.chance(0.6),
    created_at,
  }));
  const aliases = names.flatMap(({ name }, index) =>
    [`${name} CME`, `${name} Course`, `Essentials of ${name}`].map((text) => ({ topic_id: index + 1, alias: text })),
  );
  const cme_topic_aliases = world.fill("cme_topic_aliases", (_, index) => ({
    ...aliases[index],
    source: alias.weighted({ manual: 3, imported: 2 }),
    created_at,
  }));

  const boards = [
    ...Object.keys(states).map((state) => ({ state, license_type: "MD", board_name: `${state} Medical Board` })),
    ...osteopathicStates.map((state) => ({
      state,
      license_type: "DO",
      board_name: `${state} Board of Osteopathic Medicine`,
    })),
  ];
  const cme_rule_packs = world.fill("cme_rule_packs", (_, index) => ({
    pack_code: `${boards[index].state}-${boards[index].license_type}`,
    ...boards[index],
    version: `2026.${pack.integer(0, 3)}`,
    effective_from: "2026-01-01",
    is_active: true,
    created_at,
  }));
  const cme_rules = world.fill("cme_rules", (number, index) => {
    const board = index % boards.length;
    const kind = index < boards.length ? "total" : rule.weighted({ topic: 7, one_time: 2, source: 1 });
    return {
      rule_pack_id: board + 1,
      topic_id: kind === "total" ? null : rule.integer(1, names.length),
      rule_code: `${boards[board].state}-${boards[board].license_type}-${number}`,
      rule_kind: kind,
      required_credits: kind === "total" ? rule.pick([30, 40, 50, 60, 100]) : rule.pick([1, 2, 3, 4]),
      every_cycles: rule.pick([1, 1, 1, 2]),
      is_one_time: kind === "one_time",
      applies_to_specialties: rule.chance(0.1) ? [rule.weighted(specialties)] : null,
      excludes_specialties: null,
      applicability: kind === "topic" && rule.chance(0.2) ? { prescribes_controlled_substances: true } : null,
      applies_from: "2026-01-01",
      allows_carry_over: false,
      allowed_sources: kind === "source" ? ["ACCME", "AOA"] : null,
      created_at,
    };
  });

  const professions = ["MD", "DO", "NP", "PA"];
  const cme_requirements = world.fill("cme_requirements", (_, index) => {
    const license_type = professions[index % 4];
    const required = requirement.pick(
      license_type === "MD" || license_type === "DO" ? [40, 50, 50, 60, 100] : [20, 24, 30, 50],
    );
    return {
      state: Object.keys(states)[Math.floor(index / 4)],
      license_type,
      required_credits: required,
      category_1_credits: required / 2,
      cycle_years: requirement.pick(required === 100 ? [2, 3] : [1, 2, 2, 2, 3]),
      source_url: null,
      effective_from: "2026-01-01",
      created_at,
    };
  });

  return { cme_topics, cme_topic_aliases, cme_rule_packs, cme_rules, cme_requirements };
}

function practice(world: World): Rows {
  const { random, clock, production } = world;

  const practices = world.fill("practices", (number, index) => ({
    organization_id: number,
    name: practiceNames[index],
    practice_type: random.pick(["clinic", "hospital", "telehealth"]),
    state: random.weighted(states),
    address_line: street(random),
    phone: person(random, 0).phone,
    is_active: true,
    created_at: world.past(500),
  }));

  const providers = world.fill("providers", (number) => {
    const { firstName, lastName, email, phone } = person(random, 1000 + number);
    return {
      organization_id: production ? Math.min(random.integer(1, 11), random.integer(1, 11)) : 1,
      user_id: null,
      first_name: firstName,
      last_name: lastName,
      email,
      phone,
      npi: npi(production ? number : 5000 + number),
      ssn_encrypted: encrypted(random),
      date_of_birth_encrypted: encrypted(random),
      provider_type: random.weighted(providerTypes),
      specialty: random.weighted(specialties),
      practice_state: state(world),
      onboarding_stage: random.weighted({ complete: 8, documents: 1, invited: 1 }),
      is_active: random.chance(0.94),
      is_deleted: production && number % 60 === 0,
      ...stamps(clock, random.integer(5, 640)),
      ...(production ? {} : home(random, clock)),
    };
  });

  const held = new Set<string>();
  const licenses = world.fill("licenses", (_, index) => {
    const { provider, held_state, license_type } = newLicense(world, held, index);
    const expires = random.chance(production ? 0.13 : 0.46) ? -random.integer(1, 420) : random.integer(1, 730);
    const status = expires < 0 ? "expired" : random.weighted({ active: 90, pending: 6, inactive: 4 });
    return {
      provider_id: provider.id,
      state: held_state,
      license_type,
      license_number: licenseNumber(random, held_state),
      status,
      issue_date: clock.day(Math.min(expires - 365, -3) - random.integer(0, 3600)),
      expiration_date: clock.day(expires),
      board_name: `${held_state} ${license_type === "DEA" ? "DEA Field Division" : "Licensing Board"}`,
      renewal_cycle_months: random.pick([12, 24, 24, 36]),
      is_primary: held_state === provider.practice_state,
      verification_source: random.weighted({ board_site: 6, document: 3, manual: 2 }),
      verified_at: world.past(180),
      is_deleted: production && index % 75 === 74,
      is_imlc: (license_type === "MD" || license_type === "DO") && random.chance(0.2),
      ...stamps(clock, random.integer(2, 400)),
      ...(production ? {} : portal(random, index)),
    };
  });

  const credential_history = world.fill("credential_history", (_, index) => {
    const created = index < licenses.length;
    const license = licenses[created ? index : random.integer(0, licenses.length - 1)];
    const event_type = created ? "created" : random.weighted({ verified: 5, status_changed: 3, expiration_changed: 2 });
    const change =
      event_type === "status_changed"
        ? { field_name: "status", old_value: "pending", new_value: "active" }
        : event_type === "expiration_changed"
          ? {
              field_name: "expiration_date",
              old_value: clock.day(-random.integer(0, 300)),
              new_value: license.expiration_date,
            }
          : {};
    return {
      provider_id: license.provider_id,
      license_id: license.id,
      event_type,
      ...change,
      changed_by_id: random.chance(0.7) ? world.some("users") : null,
      created_at: world.past(400),
    };
  });

  const credential_versions = world.fill("credential_versions", (_, index) => {
    const license = licenses[index % 800];
    return {
      license_id: license.id,
      version_number: 1 + Math.floor(index / 800),
      change_source: random.weighted({ user: 5, import: 3, renewal: 2 }),
      snapshot: {
        license_number: license.license_number,
        status: license.status,
        expiration_date: license.expiration_date,
      },
      created_at: world.past(400),
    };
  });

  const dea_registrations = world.fill("dea_registrations", (number) => {
    const expires = random.integer(-60, 1090);
    return {
      provider_id: number * 5,
      dea_number: deaNumber(number),
      state: random.weighted(states),
      schedules: random.pick([
        ["2", "2N", "3", "3N", "4", "5"],
        ["3", "4", "5"],
      ]),
      status: expires < 0 ? "expired" : "active",
      issue_date: clock.day(expires - 1095),
      expiration_date: clock.day(expires),
      is_deleted: false,
      created_at: world.past(300),
    };
  });

  return { practices, providers, licenses, credential_history, credential_versions, dea_registrations };
}

/** A licence that its provider does not have yet: every provider has one at least, some have many. */
function newLicense(
  world: World,
  held: Set<string>,
  index: number,
): { provider: Row; held_state: State; license_type: string } {
  const {
    random,
    rows: { providers },
  } = world;
  for (let attempt = 0; ; attempt++) {
    const first = index < providers.length && attempt === 0;
    const provider = first
      ? providers[index]
      : providers[Math.min(random.integer(0, providers.length - 1), random.integer(0, providers.length - 1))];
    const held_state = first ? (provider.practice_state as State) : state(world);
    const license_type = first
      ? (provider.provider_type as string)
      : random.weighted({ [provider.provider_type as string]: 70, DEA: 18, CSR: 12 });
    const key = `${provider.id} ${held_state} ${license_type}`;
    if (held.has(key)) continue;
    held.add(key);
    return { provider, held_state, license_type };
  }
}

function documents(world: World): Rows {
  const { random, clock } = world;

  const documents = world.fill("documents", (number, index) => {
    const provider = world.rows.providers[random.integer(0, world.rows.providers.length - 1)];
    const type = random.weighted({ license: 5, cme_certificate: 4, dea_certificate: 2, cv: 1, board_certification: 1 });
    const file_name = `${type}_${provider.last_name}_${provider.first_name}_${number}.pdf`;
    // one upload a day from 220 days ago, but for the 45 days after the 110th
    const daysAgo = 220 - Math.floor((index * 170) / 180) - (index >= 117 ? 45 : 0);
    return {
      provider_id: provider.id,
      organization_id: provider.organization_id,
      uploaded_by_id: world.some("users"),
      file_name,
      storage_key: `uploads/${number}/${file_name}`,
      content_sha256: sha256(random),
      mime_type: "application/pdf",
      size_bytes: random.integer(40_000, 4_000_000),
      page_count: random.integer(1, 9),
      document_type: type,
      processing_status: "uploaded",
      is_deleted: false,
      ...stamps(clock, daysAgo),
    };
  });

  const document_classifications = world.fill("document_classifications", (number) => ({
    document_id: 1000 + number,
    classification: random.weighted({ license: 5, cme_certificate: 4, dea_certificate: 2, cv: 1 }),
    confidence_score: confidence(random),
    model_name: "document-classifier-3",
    alternatives: null,
    created_at: world.past(120, 30),
  }));

  const extraction_results = world.fill("extraction_results", (number) => {
    const { firstName, lastName } = person(random, number);
    return {
      document_id: null,
      classification_id: number,
      extraction_type: random.weighted({ license_fields: 5, cme_fields: 4, dea_fields: 2 }),
      confidence_score: confidence(random),
      extracted_data: {
        name: `${firstName} ${lastName}`,
        ssn: socialSecurity(random),
        license_number: licenseNumber(random, state(world)),
      },
      strategy: random.pick(["layout", "ocr", "vision"]),
      duration_ms: random.integer(300, 9000),
      created_at: world.past(120, 30),
    };
  });

  return { documents, document_classifications, extraction_results };
}

function education(world: World): Rows {
  const { random, clock } = world;
  const names = Object.values(topics).flat();
  const credits = { 0.5: 6, 1: 34, 1.5: 10, 2: 20, 3: 12, 4: 6, 5: 4, 8: 4, 10: 3, 20: 1 };

  const cme_cycles = world.fill("cme_cycles", (_, index) => {
    const license = world.rows.licenses[index * 8];
    return {
      provider_id: license.provider_id,
      license_id: license.id,
      state: license.state,
      starts_on: clock.day(-500 - index),
      ends_on: clock.day(230 - index),
      required_credits: random.pick([40, 50, 60, 100]),
      status: "open",
      created_at: clock.moment(-400, 0),
    };
  });

  const cme_activities = world.fill("cme_activities", (_, index) => {
    const topic = Math.min(random.integer(0, names.length - 1), random.integer(0, names.length - 1)); // the first topics are the most frequent
    const cycle = index < 650 && cme_cycles.length > 0 ? cme_cycles[index % cme_cycles.length] : undefined;
    const completed = random.integer(2, cycle ? 480 : 1000);
    return {
      provider_id: cycle?.provider_id ?? world.some("providers"),
      document_id: null,
      title: `${random.pick(["Update on", "Essentials of", "Cases in"])} ${names[topic]}`,
      topic: random.chance(0.06) ? null : random.pick([names[topic], names[topic], `${names[topic]} CME`]),
      normalized_topic: slug(names[topic]),
      activity_type: random.weighted({ online: 6, live: 2, journal: 1, enduring: 1 }),
      credits_earned: Number(random.weighted(credits)),
      credit_category: random.weighted({ category_1: 8, category_2: 2 }),
      course_sponsor: random.pick(["Example Medical Education", "State Society Courses", "Example Online Academy"]),
      certificate_number: certificateNumber(random),
      completion_date: clock.day(-completed),
      is_verified: random.chance(0.7),
      is_deleted: random.chance(0.01),
      board_code: null,
      board_course_code: null,
      created_at: clock.moment(1 - completed, 0),
    };
  });

  const cme_activity_cycles = world.fill("cme_activity_cycles", (number, index) => ({
    activity_id: number,
    cycle_id: 1 + (index % cme_cycles.length),
    credits_applied: cme_activities[index].credits_earned,
    created_at: cme_activities[index].created_at,
  }));

  return { cme_cycles, cme_activities, cme_activity_cycles };
}

function activity(world: World): Rows {
  const { random, clock } = world;

  const notifications = world.fill("notifications", () => {
    const recipient = world.rows.users[world.some("users") - 1];
    const type = random.weighted({
      license_expiring: 8,
      license_expired: 3,
      cme_due: 4,
      document_uploaded: 3,
      weekly_digest: 5,
    });
    const delivery_status = random.weighted({ delivered: 86, pending: 8, failed: 6 });
    const is_read = delivery_status === "delivered" && random.chance(0.6);
    const created = random.integer(2, 200);
    return {
      user_id: recipient.id,
      license_id: type.startsWith("license") ? world.some("licenses") : null,
      notification_type: type,
      channel: random.weighted({ email: 6, in_app: 3, sms: 1 }),
      title: type.replace("_", " "),
      body: `Dear ${recipient.first_name} ${recipient.last_name}, please look at your account.`,
      is_read,
      read_at: is_read ? clock.moment(-1, 0) : null,
      delivery_status,
      created_at: clock.moment(-created, random.integer(0, 86399)),
    };
  });

  const campaigns = world.fill("campaigns", (number) => ({
    organization_id: number,
    name: `${random.pick(["Renewal", "CME", "Welcome", "Portal"])} campaign ${number}`,
    status: number <= 3 ? "completed" : random.pick(["draft", "scheduled", "cancelled"]),
    subject: "Your licences at a glance",
    created_by_id: world.some("users"),
    scheduled_at: world.past(90, 40),
    created_at: world.past(150, 91),
    started_at: number <= 3 ? world.past(39, 20) : null,
  }));
  const campaign_recipients = world.fill("campaign_recipients", (number) => {
    const user = world.rows.users[number + 10];
    const status = random.weighted({ opened: 4, sent: 5, bounced: 1 });
    return {
      campaign_id: 1 + (number % 3),
      user_id: user.id,
      email: user.email,
      status,
      sent_at: clock.moment(-19, 0),
      opened_at: status === "opened" ? clock.moment(-18, 0) : null,
    };
  });

  // The first six were written just after midnight: they are less than 24 hours old at any hour of the day.
  const audit_logs = world.fill("audit_logs", (number) => ({
    user_id: world.some("users"),
    event_type:
      number <= 6
        ? random.pick(["login", "expiry_scan"])
        : random.pick(["login", "license_updated", "document_uploaded", "export_generated"]),
    entity_type: "licenses",
    entity_key: String(world.some("licenses")),
    details: { actor: world.rows.users[world.some("users") - 1].email },
    ip_address: ipAddress(random),
    created_at: number <= 6 ? clock.moment(0, number / 10) : world.past(60, 2),
  }));
  const event_log = world.fill("event_log", (_, index) => ({
    category: ["system", "system", "import", "billing"][index],
    event_name: ["deployed", "restarted", "roster_imported", "plan_changed"][index],
    payload: { attempt: 1 },
    correlation_key: random.uuid(),
    created_at: world.past(40),
  }));

  return { notifications, campaigns, campaign_recipients, audit_logs, event_log };
}

/** What only local's providers have. The codes of gender, race and citizenship come from an import. */
function home(random: Random, clock: Clock): Row {
  const referee = person(random, 700);
  return {
    home_address: street(random),
    home_city: `${random.pick(["West", "New", "Lower"])} Thravo`,
    home_state: random.weighted(states),
    home_zip: zip(random),
    place_of_birth: "Thravoton",
    height: `thravo-${random.integer(150, 199)} cm`,
    weight: random.integer(50, 110),
    gender: `thravo-${random.pick(["f", "m", "x"])}`,
    race: `thravo-${random.integer(1, 6)}`,
    previous_names: random.chance(0.3) ? person(random, 0).lastName : null,
    name_change_documents: null,
    citizenship_status: `thravo-${random.pick(["citizen", "resident"])}`,
    green_card_uscis_number: random.chance(0.2) ? `thravo${random.digits(9)}` : null,
    employer_start_date: clock.day(-random.integer(60, 3000)),
    references: [{ name: `${referee.firstName} ${referee.lastName}`, phone: referee.phone }],
    fcvs_fid: `thravo${random.digits(9)}`,
    aoa_number: random.chance(0.2) ? `thravo${random.digits(6)}` : null,
    disclosure_notes: random.chance(0.1) ? `${referee.lastName} was named in a claim.` : null,
    renewal_preferences: `Call ${referee.phone}`,
    cv_reference: `cv/${referee.lastName}.pdf`,
  };
}

/** What only local's licences have: the way into a board's portal. */
function portal(random: Random, index: number): Row {
  if (index % 5 > 2) return {};
  const { firstName, lastName, phone } = person(random, index);
  return {
    portal_access_notes: `Ask ${firstName} ${lastName}, ${phone}`,
    portal_username: `${firstName[0]}${lastName}${index}`.toLowerCase(),
    portal_password: `Thravo!${random.base64(8)}`,
    portal_pin: `thravo${random.digits(4)}`,
    renewal_notes: random.chance(0.3) ? `${lastName} renews by post.` : null,
  };
}

const state = ({ production, random }: World): State =>
  random.weighted(production ? states : (testStates as Record<State, number>));
const confidence = (random: Random): number => random.integer(6200, 9990) / 10000;
const slug = (name: string): string => name.toLowerCase().replace(/[^a-z]+/g, "-");

function stamps(clock: Clock, daysAgo: number): Row {
  return { created_at: clock.moment(-daysAgo, 36000), updated_at: clock.moment(-Math.floor(daysAgo / 3) - 1, 54000) };
}
